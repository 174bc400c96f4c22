import { z } from "zod";
import { defineCondition, met, unmet } from "../kind.ts";
import { checkBounds } from "./bounds.ts";

export const orderCount = defineCondition({
  kind: "order_count",
  summary:
    "How many orders the customer has completed before this one. Bounds are inclusive. With `atMost: 0` it is a `first_order`.",
  params: z.strictObject({ atLeast: z.int().min(0).optional(), atMost: z.int().min(0).optional() }),
  example: { atLeast: 1, atMost: 3 },
  needs: ["completedOrders"],
  isAboutCustomer: true,
  reasons: {
    order_count_out_of_range: {
      en: "This offer is for another order of yours.",
      "zh-CN": "您的历史订单数不在此优惠的范围内。",
    },
  },
  compile({ atLeast, atMost }, compiler, path) {
    checkBounds({ atLeast, atMost }, compiler, path);
    const least = atLeast ?? 0;
    const most = atMost ?? Number.POSITIVE_INFINITY;
    return {
      test({ facts }) {
        const actual = facts.completedOrders;
        if (actual < least) return unmet("order_count_out_of_range", { required: least, actual });
        // Held by a reservation, it counts against who may have no more, not for who must have some.
        const held = Math.max(actual, facts.isFirstOrderTaken === true ? 1 : 0);
        return held > most ? unmet("order_count_out_of_range", { required: most, actual: held }) : met;
      },
    };
  },
  words({ atLeast, atMost }, say) {
    const parts: string[] = [];
    if (atLeast !== undefined)
      parts.push(
        say.pick({ en: `at least ${atLeast} orders before`, "zh-CN": `历史订单不少于${atLeast}单` }),
      );
    if (atMost !== undefined)
      parts.push(say.pick({ en: `at most ${atMost} orders before`, "zh-CN": `历史订单不超过${atMost}单` }));
    return parts.join(say.pick({ en: " and ", "zh-CN": "且" }));
  },
});
