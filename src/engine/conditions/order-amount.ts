import { z } from "zod";
import type { OrderFact } from "../facts.ts";
import { defineCondition, met, unmet } from "../kind.ts";
import { limits } from "../limits.ts";
import { moneyMap } from "../money.ts";
import { millisecondsPerDay } from "../zone.ts";
import { checkMoneyBounds } from "./bounds.ts";

export const orderAmount = defineCondition({
  kind: "order_amount",
  summary:
    "What the customer paid for completed orders of the last `withinDays` days (of 24 hours), less what was refunded, in the cart's currency. Bounds are inclusive; this order does not count.",
  params: z.strictObject({
    atLeast: moneyMap.optional(),
    atMost: moneyMap.optional(),
    withinDays: z.int().min(1).max(limits.orderWindowDays),
  }),
  example: { atLeast: { CNY: 100000 }, withinDays: 30 },
  needs: ["orders"],
  isAboutCustomer: true,
  reasons: {
    order_amount_too_low: {
      en: "This offer is for customers who have bought more of late.",
      "zh-CN": "近期累计消费未达到此优惠的要求。",
    },
    order_amount_too_high: {
      en: "This offer is for customers who have bought less of late.",
      "zh-CN": "近期累计消费超出了此优惠的范围。",
    },
  },
  compile({ atLeast, atMost, withinDays }, compiler, path) {
    checkMoneyBounds({ atLeast, atMost }, compiler, path);
    return {
      // No gap: nothing that could be put into this cart makes it larger.
      test({ cart: { currency }, facts, now }) {
        const actual = paidAfter(now - withinDays * millisecondsPerDay, currency, facts.orders);
        const least = atLeast?.[currency];
        if (least !== undefined && actual < least)
          return unmet("order_amount_too_low", { required: least, actual });
        const most = atMost?.[currency];
        if (most !== undefined && actual > most)
          return unmet("order_amount_too_high", { required: most, actual });
        return met;
      },
    };
  },
  words({ atLeast, atMost, withinDays }, say) {
    const parts: string[] = [];
    if (atLeast !== undefined)
      parts.push(say.pick({ en: `at least ${say.money(atLeast)}`, "zh-CN": `不少于${say.money(atLeast)}` }));
    if (atMost !== undefined)
      parts.push(say.pick({ en: `at most ${say.money(atMost)}`, "zh-CN": `不超过${say.money(atMost)}` }));
    const bounds = parts.join(say.pick({ en: " and ", "zh-CN": "且" }));
    return say.pick({
      en: `orders worth ${bounds} in the last ${withinDays} days`,
      "zh-CN": `近${withinDays}天累计消费${bounds}`,
    });
  },
});

/** An order after `now` (a cart priced as of the past) counts as today's. */
function paidAfter(since: number, currency: string, orders: readonly OrderFact[]): number {
  let sum = 0;
  for (const order of orders) if (order.at > since && order.currency === currency) sum += order.total;
  return Math.min(sum, Number.MAX_SAFE_INTEGER);
}
