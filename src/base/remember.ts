/** Limits the size of maps whose keys come from requests or responses. */

/** Adds an entry at the end of `map`, and evicts the oldest entry if there are more than `limit`. */
export function remember<Value>(map: Map<string, Value>, key: string, value: Value, limit: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > limit && oldest !== undefined) map.delete(oldest);
}
