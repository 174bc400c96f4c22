/** Every scenario through all three faces: the engine as a function, `POST /v1/evaluations`, and the GraphQL field. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evaluate } from "../../src/engine/evaluate.ts";
import { quoteSchema } from "../../src/engine/quote.ts";
import { buildRulebook } from "../../src/engine/rulebook.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { engineCall, loadScenarios, type Scenario, traceOf } from "../scenarios/scenario.ts";
import { type Api, startApi } from "./api.ts";

let database: TestDatabase;
let api: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const funding = "funding { funder percent amount }";
const adjustments = `adjustments { promotion stage amount code runs { units amount } ${funding} }`;
const evaluation = `query ($input: EvaluationRequestInput!) { evaluate(input: $input) {
  id rulebook at currency strategy degraded asOf missing subtotal discount shipping shippingDiscount total due
  lines { id subtotal discount total ${adjustments}
    priceList { list from unitPrice requestedUnitPrice nextBreak { from unitPrice } } }
  brokenOrderRules { list rule sku required actual gap }
  shippingLines { id amount discount total ${adjustments} }
  promotions { promotion promotionId stage amount times label funder unappliedAmount ${funding} stock { sku units missing reason } }
  rewards { promotion benefit kind sku choices name quantity value points programme multiplier pool to validFor }
  codes { code status promotion reason }
  notApplied { promotion reason message required actual gap wouldSave path displacedBy
    costOfForcing costOptimality { proven bound } }
  optimality { proven bound }
  hints { kind line sku quantity amount saving total promotions message }
} }`;

/** What a project's use of promotions and its coupons would have to be cannot be said in a request. */
const scenarios = loadScenarios().filter(({ facts }) => facts === undefined);

describe("every scenario comes out the same through REST, GraphQL and the engine", () => {
  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    "%s",
    async (_name, scenario) => {
      const input = requestOf(scenario);
      const rest = await api.rest("POST", "/v1/evaluations", { role: "marketing", body: input });
      expect([rest.status, rest.body.errors]).toEqual([200, undefined]);
      expect(traceOf(quoteSchema.parse(rest.body), scenario), scenario.why).toEqual(scenario.expect);

      const graphql = await api.graphql(evaluation, { input }, { role: "marketing" });
      expect(graphql.body.errors).toBeUndefined();
      expect(comparable(graphql.body.data.evaluate)).toEqual(comparable(rest.body));

      const { promotions, cart, facts, now, settings } = engineCall(scenario);
      const drafts = { promotions, only: true };
      expect(comparable(evaluate(buildRulebook("0", []), cart, facts, now, { settings, drafts }))).toEqual(
        comparable(rest.body),
      );
    },
  );

  test("the query asks for every field of a quote", () => {
    const asked = new Set(evaluation.match(/\w+/g));
    expect(fieldsOf(quoteSchema).filter((field) => !asked.has(field))).toEqual([]);
  });
});

function requestOf({ cart, settings, promotions, now }: Scenario): object {
  return { ...settings, ...cart, at: now, promotions, only: true };
}

/** Without what differs by nature, and without nulls: GraphQL says null where REST leaves a field out. */
function comparable(quote: object): unknown {
  const { id: _id, rulebook: _rulebook, ...rest } = quote as Record<string, unknown>;
  return withoutNulls(rest);
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null && field !== undefined)
      .map(([name, field]) => [name, withoutNulls(field)]),
  );
}

function fieldsOf(schema: unknown): string[] {
  const { shape, element, unwrap } = schema as { shape?: object; element?: unknown; unwrap?: () => unknown };
  if (shape !== undefined)
    return Object.entries(shape).flatMap(([name, field]) => [name, ...fieldsOf(field)]);
  if (element !== undefined) return fieldsOf(element);
  return unwrap === undefined ? [] : fieldsOf(unwrap.call(schema));
}
