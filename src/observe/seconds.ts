/** Times as people read them in a log line. */

/** @returns `0.84 s`, `12.3 s` */
export function renderSeconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(milliseconds < 9_995 ? 2 : 1)} s`;
}
