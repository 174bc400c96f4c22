/**
 * Carts are short, and most of the lists made while one is priced have one or two items. At several dozen lists a cart it pays
 * to make them no larger, and to sort them without the copy that a general sort takes.
 */

/** Like `push`, which would make room for sixteen more. The list may be a new one. */
export function withOneMore<Item>(items: Item[] | undefined, item: Item): Item[] {
  if (items === undefined) return [item];
  if (items.length === 1) return [items[0]!, item];
  items.push(item);
  return items;
}

/** `size` times the same. `Array.prototype.fill` does it outside of compiled code, and getting there costs more than a short list. */
export function filled<Item>(size: number, item: Item): Item[] {
  const items = new Array<Item>(size);
  for (let i = 0; i < size; i++) items[i] = item;
  return items;
}

/** Sorts in place, stable like `Array.prototype.sort`. */
export function sortFew<Item>(items: Item[], compare: (a: Item, b: Item) => number): Item[] {
  if (items.length > few) return items.sort(compare);
  for (let i = 1; i < items.length; i++) {
    const item = items[i]!;
    let at = i;
    for (; at > 0 && compare(items[at - 1]!, item) > 0; at--) items[at] = items[at - 1]!;
    items[at] = item;
  }
  return items;
}

/** Rising. Where there are many, without asking a function which of two is the larger. */
export function sortNumbers(numbers: number[]): number[] {
  if (numbers.length <= few) return sortFew(numbers, (a, b) => a - b);
  const sorted = Float64Array.from(numbers).sort();
  for (let i = 0; i < numbers.length; i++) numbers[i] = sorted[i]!;
  return numbers;
}

/** Up to so many an insertion sort is faster. */
const few = 40;
