/** Selects the cases of long tests: a sample in `npm test`, all of them in `npm run test:long` (in CI). */

/** Whether all cases run. */
export const IS_LONG = process.env['LONG_TESTS'] === '1';

/** Returns all items in a long run; otherwise every `nth` one, starting at index `first % nth`. */
export function takeSample<T>(items: Iterable<T>, nth: number, first = 0): readonly T[] {
  const all = [...items];
  return IS_LONG ? all : all.filter((_, at) => at % nth === first % nth);
}
