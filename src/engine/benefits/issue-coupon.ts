import { z } from "zod";
import { duration } from "../duration.ts";
import { defineBenefit } from "../kind.ts";

export const issueCoupon = defineBenefit({
  kind: "issue_coupon",
  summary: "A coupon of a pool, for the next purchase.",
  params: z.strictObject({
    pool: z.string().min(1).max(100).describe("The key of the coupon pool."),
    to: z.enum(["customer", "referrer"]).default("customer"),
    validFor: duration.optional(),
  }),
  example: { pool: "welcome-back", validFor: "P30D" },
  stages: ["reward"],
  reasons: {},
  compile: ({ pool, to, validFor }) => ({
    stage: "reward",
    selectors: [],
    grant: () => ({
      reward: { kind: "issue_coupon", pool, to, validFor: validFor ?? null, quantity: 1 },
      times: 1,
    }),
  }),
  words({ pool, to, validFor }, say) {
    const until =
      validFor === undefined ? "" : say.pick({ en: ` valid for ${validFor}`, "zh-CN": `,有效期${validFor}` });
    const whom = to === "referrer" ? say.pick({ en: " for the referrer", "zh-CN": "给推荐人" }) : "";
    return say.pick({
      en: `a coupon of ${pool}${whom} for the next purchase${until}`,
      "zh-CN": `赠下次可用的优惠券 ${pool}${whom}${until}`,
    });
  },
});
