import { z } from "zod";
import { partOf, type Range, takeUnits, unitsIn } from "../goods.ts";
import { defineBenefit, type UnitShare } from "../kind.ts";
import { limits } from "../limits.ts";
import { selectorSchema } from "../selectors/selector.ts";
import { inOrder, tooFew } from "./target.ts";

export const nthUnit = defineBenefit({
  kind: "nth_unit",
  summary:
    "Every n-th unit at percent off: counted dearest first across the selector, whole groups of n, the last of each.",
  params: z.strictObject({
    select: selectorSchema.optional(),
    n: z.int().min(2).max(1000),
    percent: z.number(),
    maxTimes: z.int().min(1).optional(),
  }),
  example: { select: { categories: ["skincare"] }, n: 2, percent: 50 },
  stages: ["item"],
  reasons: { quantity_too_low: { en: "Add more of the goods to get this.", "zh-CN": "再加几件即可享受。" } },
  compile({ select, n, percent, maxTimes = Number.MAX_SAFE_INTEGER }, compiler, path) {
    const goods = compiler.selector(select, `${path}/select`);
    const rate = compiler.percent(percent, `${path}/percent`);
    return {
      stage: "item",
      selectors: [goods],
      propose(view) {
        const ranges = inOrder(view.free(goods, "paid"), "dearest");
        const units = unitsIn(ranges);
        const times = Math.min(Math.floor(units / n), maxTimes);
        if (times === 0) return { wishes: null, ...(units > 0 && { unmet: tooFew(n, units, goods) }) };
        const shares: UnitShare[] = [];
        let counted = 0;
        let given = 0;
        for (const range of ranges) {
          const here = Math.min(
            Math.floor((counted + range.count) / n) - Math.floor(counted / n),
            times - given,
          );
          const hits = lastOfEach(n, counted, here, range);
          view.spend(hits.length);
          for (const hit of hits) shares.push({ range: hit, base: range.price, percent: rate });
          counted += range.count;
          given += here;
        }
        return { wishes: [{ type: "each", shares }], times, counted: takeUnits(ranges, times * n) };
      },
    };
  },
  words({ select, n, percent }, say) {
    const ordinal = n === 2 ? "2nd" : n === 3 ? "3rd" : `${n}th`;
    return say.pick({
      en: `every ${ordinal} unit of ${say.select(select)} at ${say.percent(percent)} off`,
      "zh-CN": `${say.select(select)}每第${n}件减${say.percent(percent)}`,
    });
  },
});

/** The `hits` units of the range that are the last of a group of n, `counted` units standing before the range. */
function lastOfEach(n: number, counted: number, hits: number, range: Range): Range[] {
  // Equal neighbours cost the same whichever is reduced; for very many of them it is not worth telling them apart.
  if (hits > limits.placedUnits) return [partOf(range, range.count - hits, hits)];
  const first = n - 1 - (counted % n);
  const places: Range[] = [];
  for (let i = 0; i < hits; i++) places.push(partOf(range, first + i * n, 1));
  return places;
}
