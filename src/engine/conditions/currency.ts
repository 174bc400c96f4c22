import { z } from "zod";
import { defineCondition, met, unmet } from "../kind.ts";
import { currencyCode } from "../money.ts";

export const currency = defineCondition({
  kind: "currency",
  summary: "The cart is in one of these currencies.",
  params: z.strictObject({ in: z.array(currencyCode).min(1).max(200) }),
  example: { in: ["CNY"] },
  needs: [],
  reasons: {
    currency_not_included: {
      en: "This offer is not available in this currency.",
      "zh-CN": "此优惠不适用于当前币种。",
    },
  },
  compile({ in: values }) {
    const allowed = new Set(values);
    const refused = unmet("currency_not_included");
    return { currencies: values, test: (view) => (allowed.has(view.cart.currency) ? met : refused) };
  },
  words: ({ in: values }, say) =>
    say.pick({ en: `the currency is ${say.list(values)}`, "zh-CN": `币种为${say.list(values)}` }),
});
