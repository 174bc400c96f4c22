import { z } from "zod";
import { defineCondition, met, missing, unmet } from "../kind.ts";
import { includesAny, oneOf } from "./names.ts";

export const customerGroup = defineCondition({
  kind: "customer_group",
  summary: "The customer is in one of these groups, as stored or as the request says.",
  params: z.strictObject({ in: oneOf() }),
  example: { in: ["vip"] },
  needs: [],
  isAboutCustomer: true,
  reasons: {
    customer_group_not_included: {
      en: "This offer is for other customers.",
      "zh-CN": "此优惠仅限指定分组的顾客。",
    },
  },
  compile({ in: values }) {
    const allowed = new Set(values);
    const refused = unmet("customer_group_not_included");
    const unknown = missing("customer");
    return {
      reads: ["customer.groups"],
      test(view) {
        if (view.customer === undefined) return unknown;
        // A customer of whom no groups are given has none.
        return includesAny(allowed, view.customer.groups ?? []) ? met : refused;
      },
    };
  },
  words: ({ in: values }, say) =>
    say.pick({
      en: `the customer is in group ${say.list(values)}`,
      "zh-CN": `顾客属于分组${say.list(values)}`,
    }),
});
