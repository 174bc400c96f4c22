import { z } from "zod";
import { defineCondition, met, missing, unmet } from "../kind.ts";
import { oneOf } from "./names.ts";

export const customer = defineCondition({
  kind: "customer",
  summary: "The customer is one of these, by id.",
  params: z.strictObject({ in: oneOf() }),
  example: { in: ["c-42"] },
  needs: [],
  isAboutCustomer: true,
  reasons: {
    customer_not_included: { en: "This offer is for other customers.", "zh-CN": "此优惠仅限指定顾客。" },
  },
  compile({ in: values }) {
    const allowed = new Set(values);
    const refused = unmet("customer_not_included");
    const unknown = missing("customer.id");
    return {
      test(view) {
        const id = view.customer?.id;
        if (id === undefined) return unknown;
        return allowed.has(id) ? met : refused;
      },
    };
  },
  words: ({ in: values }, say) =>
    say.pick({ en: `the customer is ${say.list(values)}`, "zh-CN": `顾客为${say.list(values)}` }),
});
