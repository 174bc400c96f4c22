/** Where planner and evaluator disagree about a plan, the operator hears of it, and of nothing else. */
import { expect, test } from "vitest";
import { noFacts } from "../../../src/engine/facts.ts";
import { promotionSchema } from "../../../src/engine/promotion.ts";
import { buildRulebook } from "../../../src/engine/rulebook.ts";
import { pricingService } from "../../../src/features/evaluations/pricing-service.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { createMetrics } from "../../../src/platform/metrics.ts";
import { cart } from "../../cart-notation.ts";
import { compileAll, now, promotion } from "../../engine/engine-call.ts";

const percent = (key: string, figure: number) =>
  promotion({ key, benefits: [{ kind: "percent_off", percent: figure }] });

async function told(promotions: ReturnType<typeof compileAll>) {
  const metrics = createMetrics();
  const lines: [object, string][] = [];
  const log = { ...silentLog, warn: (details: object, message: string) => lines.push([details, message]) };
  const pricing = pricingService({ log, metrics });
  const request = cart("1x A @ 100.00", { customer: { id: "c-secret" } });
  const quote = pricing.quote(buildRulebook("17", promotions), request, noFacts, now, {});
  const { values } = await metrics.plannerDisagreements.get();
  return { lines, count: values[0]?.value ?? 0, quote };
}

test("they agree: nothing is counted or logged", async () => {
  const { lines, count, quote } = await told(compileAll([percent("ten", 10), percent("twenty", 20)]));
  expect([lines, count, quote.total]).toEqual([[], 0, 8000]);
});

test("they disagree: it is counted and logged with the promotions and the rules, without customer or cart", async () => {
  const [ten, twenty] = compileAll([percent("ten", 10), percent("twenty", 20)]);
  // The planner reads documents, the evaluator what was compiled from them: here they say different things.
  const lying = { ...ten!, document: promotionSchema.parse(percent("ten", 90)) };
  const { lines, count, quote } = await told([lying, twenty!]);
  expect(count).toBe(1);
  expect(lines).toEqual([
    [
      { rulebook: "17", promotions: ["ten", "twenty"] },
      "planner and evaluator disagree about what a plan costs",
    ],
  ]);
  expect(quote).toMatchObject({ total: 8000, optimality: { proven: false } });
});
