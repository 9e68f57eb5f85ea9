/** Computes a short hash that is the same in every process: for shortened names and ETags. */

/** 32-bit FNV-1a over UTF-16 code units, as 7 characters of [0-9a-z]. Not cryptographic. */
export function hashText(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0).toString(36).padStart(7, '0');
}
