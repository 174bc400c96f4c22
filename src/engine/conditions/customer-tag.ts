import { z } from "zod";
import { defineCondition, met, missing, unmet } from "../kind.ts";
import { includesAny, oneOf } from "./names.ts";

export const customerTag = defineCondition({
  kind: "customer_tag",
  summary: "The customer has one of these tags, as stored or as the request says.",
  params: z.strictObject({ in: oneOf() }),
  example: { in: ["fan"] },
  needs: [],
  isAboutCustomer: true,
  reasons: {
    customer_tag_not_included: {
      en: "This offer is for other customers.",
      "zh-CN": "此优惠仅限指定标签的顾客。",
    },
  },
  compile({ in: values }) {
    const allowed = new Set(values);
    const refused = unmet("customer_tag_not_included");
    const unknown = missing("customer");
    return {
      reads: ["customer.tags"],
      test(view) {
        if (view.customer === undefined) return unknown;
        // A customer of whom no tags are given has none.
        return includesAny(allowed, view.customer.tags ?? []) ? met : refused;
      },
    };
  },
  words: ({ in: values }, say) =>
    say.pick({ en: `the customer has tag ${say.list(values)}`, "zh-CN": `顾客带有标签${say.list(values)}` }),
});
