import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/engine/evaluate.ts";
import { quoteSchema } from "../../src/engine/quote.ts";
import { buildRulebook } from "../../src/engine/rulebook.ts";
import { engineCall, loadScenarios, traceOf } from "../scenarios/scenario.ts";

const scenarios = loadScenarios();

describe("every scenario comes out as worked out by hand", () => {
  test.each(scenarios.map((scenario) => [scenario.name, scenario.title, scenario] as const))(
    "%s: %s",
    (_name, _title, scenario) => {
      const { promotions, cart, facts, now, settings } = engineCall(scenario);
      const quote = evaluate(buildRulebook("1", promotions), cart, facts, now, { settings });
      expect(traceOf(quote, scenario), scenario.why).toEqual(scenario.expect);
      expect(quoteSchema.safeParse({ id: "evl_1", ...quote }).error).toBeUndefined();
    },
  );

  test("as drafts without a rulebook they come out the same", () => {
    for (const scenario of scenarios) {
      const { promotions, cart, facts: known, now, settings } = engineCall(scenario);
      // A draft has no uses, whatever was used of the promotion with its key.
      const { usage: _, ...facts } = known;
      const live = evaluate(buildRulebook("1", promotions), cart, facts, now, { settings });
      const drafts = evaluate(buildRulebook("1", []), cart, facts, now, {
        settings,
        drafts: { promotions, only: true },
      });
      expect(drafts, scenario.name).toEqual(live);
    }
  });
});
