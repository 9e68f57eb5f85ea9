/** A map that evicts its oldest entries, for names that come from outside in unlimited number. */

/** Adds an entry at the end of `map`, and evicts the oldest one if there are more than `most`. */
export function remember<Value>(map: Map<string, Value>, name: string, value: Value, most: number): void {
  map.delete(name);
  map.set(name, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
