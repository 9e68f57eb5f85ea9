/** Tests with thousands of cases run a sample of them in `npm test`, and all of them in `npm run test:long` (in CI). */

/** Whether all cases run. */
export const IS_LONG = process.env['LONG_TESTS'] === '1';

/** All items in a long run, otherwise every `nth`, starting at index `first % nth`. */
export function shareOf<T>(items: Iterable<T>, nth: number, first = 0): readonly T[] {
  const all = [...items];
  return IS_LONG ? all : all.filter((_, at) => at % nth === first % nth);
}
