import { z } from "zod";
import { defineCondition, met, unmet } from "../kind.ts";
import { millisecondsPerDay } from "../zone.ts";
import { checkBounds } from "./bounds.ts";

export const daysSinceOrder = defineCondition({
  kind: "days_since_order",
  summary: "Whole days (of 24 hours) since the customer's last completed order. Bounds are inclusive.",
  params: z.strictObject({ atLeast: z.int().min(0).optional(), atMost: z.int().min(0).optional() }),
  example: { atLeast: 90 },
  needs: ["lastOrderAt"],
  isAboutCustomer: true,
  reasons: {
    no_order_yet: {
      en: "This offer is for customers who have ordered before.",
      "zh-CN": "此优惠仅限曾经下单的顾客。",
    },
    days_since_order_out_of_range: {
      en: "Your last order is too recent or too long ago for this offer.",
      "zh-CN": "距上次下单的天数不在此优惠的范围内。",
    },
  },
  compile({ atLeast, atMost }, compiler, path) {
    checkBounds({ atLeast, atMost }, compiler, path);
    const least = atLeast ?? 0;
    const most = atMost ?? Number.POSITIVE_INFINITY;
    return {
      test({ facts, now }) {
        if (facts.lastOrderAt === null) return unmet("no_order_yet");
        // An order after `now` (a cart priced as of the past) counts as today's.
        const actual = Math.max(0, Math.floor((now - facts.lastOrderAt) / millisecondsPerDay));
        if (actual < least) return unmet("days_since_order_out_of_range", { required: least, actual });
        if (actual > most) return unmet("days_since_order_out_of_range", { required: most, actual });
        return met;
      },
    };
  },
  words({ atLeast, atMost }, say) {
    const parts: string[] = [];
    if (atLeast !== undefined)
      parts.push(
        say.pick({ en: `last order at least ${atLeast} days ago`, "zh-CN": `距上次下单不少于${atLeast}天` }),
      );
    if (atMost !== undefined)
      parts.push(
        say.pick({ en: `last order at most ${atMost} days ago`, "zh-CN": `距上次下单不超过${atMost}天` }),
      );
    return parts.join(say.pick({ en: " and ", "zh-CN": "且" }));
  },
});
