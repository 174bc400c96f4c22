import { z } from "zod";
import { defineCondition, met, unmet } from "../kind.ts";
import { oneOf } from "./names.ts";

export const tier = defineCondition({
  kind: "tier",
  summary: "The customer's membership tier is one of these.",
  params: z.strictObject({ in: oneOf() }),
  example: { in: ["gold", "platinum"] },
  needs: ["tier"],
  isAboutCustomer: true,
  reasons: {
    tier_not_included: {
      en: "This offer is for another membership tier.",
      "zh-CN": "此优惠仅限指定等级的会员。",
    },
  },
  compile({ in: values }) {
    const allowed = new Set(values);
    const refused = unmet("tier_not_included");
    return { test: ({ facts }) => (facts.tier !== null && allowed.has(facts.tier) ? met : refused) };
  },
  words: ({ in: values }, say) =>
    say.pick({ en: `the customer's tier is ${say.list(values)}`, "zh-CN": `会员等级为${say.list(values)}` }),
});
