import { z } from "zod";
import { defineCondition, met, unmet } from "../kind.ts";

export const firstOrder = defineCondition({
  kind: "first_order",
  summary:
    "The customer has completed no order yet, and no other order of theirs holds an offer for a first one.",
  params: z.strictObject({}),
  example: {},
  needs: ["completedOrders"],
  isAboutCustomer: true,
  reasons: {
    not_first_order: { en: "This offer is for a first order.", "zh-CN": "此优惠仅限首单。" },
  },
  compile: () => ({
    test: ({ facts }) =>
      facts.completedOrders === 0 && facts.isFirstOrderTaken !== true
        ? met
        : unmet("not_first_order", { required: 0, actual: Math.max(1, facts.completedOrders) }),
  }),
  words: (_, say) => say.pick({ en: "it is the customer's first order", "zh-CN": "首单" }),
});
