import { z } from "zod";
import { defineCondition, met, unmet } from "../kind.ts";
import { checkBounds } from "./bounds.ts";

const score = z.int().min(1).max(5);
const bounds = z.strictObject({ atLeast: score.optional(), atMost: score.optional() });
const names = ["recency", "frequency", "amount"] as const;

export const rfm = defineCondition({
  kind: "rfm",
  summary:
    "How lately, how often and for how much the customer bought, each as a score from 1 to 5 (5 is best) by the project's borders. Bounds are inclusive.",
  params: z.strictObject({
    recency: bounds.optional(),
    frequency: bounds.optional(),
    amount: bounds.optional(),
  }),
  example: { recency: { atLeast: 4 }, amount: { atLeast: 4 } },
  needs: ["rfm"],
  isAboutCustomer: true,
  reasons: {
    rfm_out_of_range: { en: "This offer is for other customers.", "zh-CN": "此优惠仅限指定人群。" },
    rfm_no_order: {
      en: "This offer is for customers who have ordered before.",
      "zh-CN": "此优惠仅限曾经下单的顾客。",
    },
  },
  compile(params, compiler, path) {
    const asked = names.flatMap((name) => {
      const range = params[name];
      if (range === undefined) return [];
      checkBounds(range, compiler, `${path}/${name}`);
      return [{ name, least: range.atLeast ?? 1, most: range.atMost ?? 5 }];
    });
    if (asked.length === 0) compiler.issue(path, "bounds_missing", "Say at least one score.");
    return {
      test({ facts }) {
        const scores = facts.rfm;
        if (scores === null) return unmet("rfm_no_order");
        for (const { name, least, most } of asked) {
          const actual = scores[name];
          if (actual < least) return unmet("rfm_out_of_range", { required: least, actual });
          if (actual > most) return unmet("rfm_out_of_range", { required: most, actual });
        }
        return met;
      },
    };
  },
  words(params, say) {
    const called = {
      recency: say.pick({ en: "recency", "zh-CN": "近度" }),
      frequency: say.pick({ en: "frequency", "zh-CN": "频度" }),
      amount: say.pick({ en: "amount", "zh-CN": "额度" }),
    };
    const parts = names.flatMap((name) => {
      const { atLeast, atMost } = params[name] ?? {};
      return [
        ...(atLeast === undefined
          ? []
          : [
              say.pick({
                en: `${called[name]} score at least ${atLeast}`,
                "zh-CN": `${called[name]}评分不低于${atLeast}`,
              }),
            ]),
        ...(atMost === undefined
          ? []
          : [
              say.pick({
                en: `${called[name]} score at most ${atMost}`,
                "zh-CN": `${called[name]}评分不高于${atMost}`,
              }),
            ]),
      ];
    });
    return parts.join(say.pick({ en: " and ", "zh-CN": "且" }));
  },
});
