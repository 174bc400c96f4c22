import { z } from "zod";
import { defineBenefit, unmet } from "../kind.ts";
import { moneyMap } from "../money.ts";

export const service = defineBenefit({
  kind: "service",
  summary: "A bookable service, such as a skin test, with a quota.",
  params: z.strictObject({
    name: z.string().min(1).max(200),
    quota: z.int().min(1).optional(),
    value: moneyMap.optional(),
    unitCost: moneyMap
      .optional()
      .describe("What it costs you each time: a cost of the campaign from then on, and in no quote."),
  }),
  example: { name: "skin-test", quota: 200, value: { CNY: 9900 } },
  stages: ["reward"],
  reasons: { service_fully_booked: { en: "The service is fully booked.", "zh-CN": "服务名额已满。" } },
  compile({ name, quota, value }, compiler, path) {
    if (value !== undefined) compiler.currencies(value, `${path}/value`);
    return {
      stage: "reward",
      selectors: [],
      grant: (view) =>
        quota !== undefined && view.stockTaken >= quota
          ? unmet("service_fully_booked", { required: 1, actual: 0 })
          : {
              reward: { kind: "service", name, quantity: 1, value: value?.[view.currency] ?? null },
              times: 1,
            },
    };
  },
  words: ({ name }, say) => say.pick({ en: `the service ${name} for nothing`, "zh-CN": `赠服务 ${name}` }),
});
