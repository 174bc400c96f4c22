/**
 * Sorts in place, stable like `Array.prototype.sort`. Carts are short, and for a few dozen items insertion beats a general sort,
 * which copies them first.
 */
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

const few = 40;
