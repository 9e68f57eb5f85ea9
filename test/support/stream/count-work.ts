/** Counts the characters that string functions read: a measure of work that is the same on every machine. */

const METHODS = [
  'slice', 'substring', 'indexOf', 'lastIndexOf', 'includes', 'startsWith', 'endsWith', 'split', 'trim', 'trimStart',
  'trimEnd', 'replace', 'replaceAll', 'match', 'matchAll', 'search', 'at', 'charAt', 'charCodeAt', 'codePointAt',
] as const;

/**
 * Runs `work` and returns how many characters it read. Every call counts its complete string, because V8 copies a
 * concatenated string when it is first read (it flattens ropes).
 */
export function countCharacters(work: () => void): number {
  let count = 0;
  const undo: (() => void)[] = [];
  const wrap = (owner: object, name: string, sizeOf: (self: unknown, first: unknown) => number): void => {
    const original = Object.getOwnPropertyDescriptor(owner, name);
    if (typeof original?.value !== 'function') throw new Error(`there is no ${name} to count`);
    const { value } = original as { readonly value: (...values: readonly unknown[]) => unknown };
    const counted = function (this: unknown, ...values: readonly unknown[]): unknown {
      count += sizeOf(this, values[0]);
      return value.apply(this, [...values]);
    };
    Object.defineProperty(owner, name, { ...original, value: counted });
    undo.push(() => Object.defineProperty(owner, name, original));
  };
  const lengthOf = (text: unknown): number => (typeof text === 'string' ? text.length : 0);
  // A primitive `this` is the string itself only in strict code, which modules are.
  for (const method of METHODS) wrap(String.prototype, method, (self) => lengthOf(self));
  for (const method of ['exec', 'test']) wrap(RegExp.prototype, method, (_self, text) => lengthOf(text));
  wrap(JSON, 'parse', (_self, text) => lengthOf(text));
  try {
    work();
  } finally {
    for (const restore of undo) restore();
  }
  return count;
}
