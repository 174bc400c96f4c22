import { z } from "zod";
import { defineCondition, met, unmet } from "../kind.ts";
import { limits } from "../limits.ts";

export const consent = defineCondition({
  kind: "consent",
  summary:
    "The customer has consented to this purpose or channel, as it is stored of them (`consents`), and has not taken it back. Whoever never said anything has not.",
  params: z.strictObject({
    purpose: z.string().min(1).max(limits.nameLength).describe("A key of the customer's `consents`."),
  }),
  example: { purpose: "newsletter" },
  needs: ["consents"],
  isAboutCustomer: true,
  reasons: {
    consent_not_given: {
      en: "This offer is for customers who agreed to hear from us.",
      "zh-CN": "此优惠仅限已授权接收相关信息的顾客。",
    },
  },
  compile({ purpose }) {
    const refused = unmet("consent_not_given");
    return {
      reads: [`consents.${purpose}`],
      // Own properties only: nobody consented to `constructor`.
      test: ({ facts: { consents } }) =>
        Object.hasOwn(consents, purpose) && consents[purpose] === true ? met : refused,
    };
  },
  words: ({ purpose }, say) =>
    say.pick({ en: `the customer has consented to ${purpose}`, "zh-CN": `顾客已同意“${purpose}”` }),
});
