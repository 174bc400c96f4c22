import { z } from "zod";
import { defineCondition, met, unmet } from "../kind.ts";
import { includesAny, oneOf } from "./names.ts";

export const segment = defineCondition({
  kind: "segment",
  summary: "The customer is in one of these segments.",
  params: z.strictObject({ in: oneOf() }),
  example: { in: ["sleeping-90-days"] },
  needs: ["segments"],
  isAboutCustomer: true,
  reasons: {
    segment_not_included: { en: "This offer is for other customers.", "zh-CN": "此优惠仅限指定人群。" },
  },
  compile({ in: values }) {
    const allowed = new Set(values);
    const refused = unmet("segment_not_included");
    return { test: (view) => (includesAny(allowed, view.facts.segments) ? met : refused) };
  },
  words: ({ in: values }, say) =>
    say.pick({
      en: `the customer is in segment ${say.list(values)}`,
      "zh-CN": `顾客属于人群${say.list(values)}`,
    }),
});
