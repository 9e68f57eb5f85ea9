/** Tests with thousands of cases take a share of them in `npm test`, and all in `npm run test:long`, a step of CI. */

/** Whether this is such a long run. */
export const IS_LONG = process.env['LONG_TESTS'] === '1';

/** All items in a long run, otherwise each `nth`, beginning with the one at `first`, which may be beyond the end. */
export function shareOf<T>(items: Iterable<T>, nth: number, first = 0): readonly T[] {
  const all = [...items];
  return IS_LONG ? all : all.filter((_, at) => at % nth === first % nth);
}
