/** Like `map.set`; where that makes more than `most` entries the one that came first goes. */
export function setAmong<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, most: number): void {
  map.set(key, value);
  if (map.size <= most) return;
  const [first] = map.keys();
  map.delete(first!);
}
