/** Compares versions of the form `major.minor.patch`. */

/** Whether `version` is lower than `limit`. */
export function isBefore(version: string, limit: string): boolean {
  const [left, right] = [version.split('.').map(Number), limit.split('.').map(Number)];
  for (const [index, number] of left.entries()) {
    const other = right[index] ?? 0;
    if (number !== other) return number < other;
  }
  return false;
}
