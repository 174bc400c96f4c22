/**
 * The GoRules engine: one decision table, compiled before, that collects every promotion that applies. It decides and
 * allocates nothing; what the promotions take off is computed here, outside of what is measured. It evaluates on threads of
 * its own, hence also eight at once. Once with a row as its documents write one, which searches the goods of the cart in a
 * list, and once as fast as we could make it, with a map to look them up in.
 */
import { ZenDecisionContent, ZenEngine } from "@gorules/zen-engine";
import { attend } from "../contender.ts";
import { cartLines, discountOf, type Rule, subtotal } from "../shop.ts";

const skus = cartLines.map(({ sku }) => sku);
const request = { skus, held: Object.fromEntries(skus.map((sku) => [sku, true])), subtotal };

const forms = {
  list: ({ names }: { names: readonly string[] }) => `some(skus, # in ${JSON.stringify(names)})`,
  map: ({ names }: { names: readonly string[] }) => names.map((sku) => `held["${sku}"] == true`).join(" or "),
};

attend(async (rules) => {
  const engine = new ZenEngine();
  const subjects = Object.entries(forms).map(async ([form, holds]) => {
    const decision = engine.createDecision(new ZenDecisionContent(graphOf(rules, holds)));
    const evaluate = () => decision.evaluate(request);
    const { result } = (await evaluate()) as { result: { rule: number }[] };
    const discount = result.reduce((sum, { rule }) => sum + discountOf(rules[rule]!), 0);
    const name = `@gorules/zen-engine, goods in a ${form}`;
    return [
      { name, discount, evaluate },
      { name: `${name}, 8 at once`, discount, evaluate, lanes: 8 },
    ];
  });
  return (await Promise.all(subjects)).flat();
});

function graphOf(rules: readonly Rule[], holds: (typeof forms)["list"]): object {
  const node = (id: string, type: string, content?: object) => ({
    id,
    name: id,
    type,
    ...(content && { content }),
  });
  const edge = (sourceId: string, targetId: string) => ({
    id: `${sourceId}-${targetId}`,
    sourceId,
    targetId,
  });
  const table = {
    hitPolicy: "collect",
    inputs: [{ id: "when", name: "when" }],
    outputs: [{ id: "rule", name: "rule", field: "rule" }],
    rules: rules.map((rule, index) => ({
      _id: rule.key,
      when: rule.kind === "amount_off_order" ? `subtotal >= ${rule.atLeast}` : holds(rule),
      rule: String(index),
    })),
  };
  return {
    nodes: [
      node("request", "inputNode"),
      node("table", "decisionTableNode", table),
      node("answer", "outputNode"),
    ],
    edges: [edge("request", "table"), edge("table", "answer")],
  };
}
