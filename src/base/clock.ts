/** Defines types for injected time and ids: pure code (test/house/purity.test.ts) reads no clock or random source. */

/** Milliseconds since the epoch. */
export type Clock = () => number;

/** Makes an id that is unique in the process: `makeId('msg')` gives `msg_…`. */
export type MakeId = (prefix: string) => string;

/** Creates a source of predictable ids for tests: `msg_1`, `rs_2`, … */
export function createCountingIds(): MakeId {
  let count = 0;
  return (prefix) => `${prefix}_${(count += 1)}`;
}
