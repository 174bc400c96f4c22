/** Why, and why not: stories of promotions, what forcing them costs, and hints, over both faces. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { documentOf } from "../promotions/promotion-fixture.ts";
import { cartOf, quoteFields, withoutNulls } from "./evaluation-fixture.ts";

let database: TestDatabase;
let api: Api;
let saved: string;

const lines = [{ id: "1", sku: "MUG", quantity: 2, unitPrice: 16000 }];

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database, { rulebookPollMilliseconds: 3_600_000 });
  await live({
    key: "pair",
    benefits: [{ kind: "bundle", components: [{ quantity: 2 }], amount: { CNY: 2500 } }],
    texts: { en: { label: "Any two" }, "zh-CN": { label: "任选两件" } },
  });
  await live({
    key: "300-50",
    conditions: {
      all: [{ kind: "subtotal", atLeast: { CNY: 30000 } }, { not: { kind: "channel", in: ["dealer"] } }],
    },
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 5000 } }],
  });
  await live({
    key: "400-100",
    conditions: { kind: "subtotal", atLeast: { CNY: 40000 } },
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 10000 } }],
  });
  await live({
    key: "staff",
    visibility: "private",
    priority: -1,
    benefits: [{ kind: "percent_off", target: "order", percent: 5 }],
  });
  await live({
    key: "coded",
    trigger: { type: "code", code: "CODED" },
    benefits: [{ kind: "percent_off", percent: 1 }],
  });
  await live({
    key: "coded-pair",
    trigger: { type: "code", code: "PAIR" },
    benefits: [{ kind: "bundle", components: [{ quantity: 2 }], amount: { CNY: 2600 } }],
  });
  await live({ key: "tea", benefits: [{ kind: "percent_off", percent: 5, select: { skus: ["TEA"] } }] });
  const { status, body } = await api.rest("POST", "/v1/evaluations", {
    role: "checkout",
    body: cartOf({ lines, channel: "web", save: true }),
  });
  expect(status).toBe(200);
  saved = body.id;
});
afterAll(async () => {
  await api.close();
  await database.close();
});

async function live(document: object): Promise<void> {
  const { body } = await api.rest("POST", "/v1/promotions", { body: documentOf(document) });
  expect((await api.rest("POST", `/v1/promotions/${body.id}/activate`)).status).toBe(200);
}

const explain = (
  promotion: string | null,
  role: "checkout" | "viewer" | "marketing" = "viewer",
  id = saved,
) =>
  api.rest("POST", `/v1/evaluations/${id}/explain${promotion === null ? "" : `?promotion=${promotion}`}`, {
    role,
  });

describe("the story of a promotion", () => {
  test("that was left out to keep a threshold says for whom, at what cost, and of which units", async () => {
    const { status, body } = await explain("pair");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: saved,
      total: 27000,
      optimality: { proven: true, bound: 0 },
      isComplete: true,
    });
    expect(body.promotions).toEqual([
      {
        promotion: "pair",
        promotionId: expect.stringMatching(/^prm_/),
        isCandidate: true,
        applied: false,
        reason: "threshold_protected",
        required: null,
        actual: null,
        gap: null,
        missingFact: null,
        wouldSave: null,
        conditions: [],
        parts: [],
        displacedBy: [{ promotion: "300-50", by: "threshold", group: null }],
        forcing: { total: 28025, cost: 1025, optimality: { proven: true, bound: 0 } },
        units: [{ line: "1", stage: "item", amount: 2500, runs: [{ units: 2, amount: 1250 }] }],
        words: {
          en: "Any two did not apply. Left out, because with it you would miss a larger discount and pay more. With it, 300-50 would miss a threshold. With it the customer would pay 10.25 CNY more, 280.25 CNY in all.",
          "zh-CN":
            "未享受“任选两件”。未使用：使用后将达不到其他优惠的门槛，实付更高。使用它后，“300-50”将达不到门槛。使用它后多付10.25 CNY，共280.25 CNY。",
        },
      },
    ]);
  });

  test("that applied says what it took, and how each of its conditions held", async () => {
    const { body } = await explain("300-50");
    expect(body.promotions[0]).toMatchObject({
      applied: true,
      reason: null,
      conditions: [
        { path: "/conditions/all/0", kind: "subtotal", isWanted: true, holds: true, gap: null },
        { path: "/conditions/all/1/not", kind: "channel", isWanted: false, holds: false },
      ],
      parts: [{ stage: "order", amount: 5000, times: 1, unappliedAmount: 0, limitedBy: [] }],
      forcing: null,
      units: [{ line: "1", stage: "order", amount: 5000, runs: [{ units: 2, amount: 2500 }] }],
      words: { en: "300-50 applied: 50.00 CNY off.", "zh-CN": "已享受“300-50”：减50.00 CNY。" },
    });
  });

  test("whose condition failed says which, and by how much", async () => {
    const { body } = await explain("400-100");
    expect(body.promotions[0]).toMatchObject({
      reason: "subtotal_too_low",
      required: 40000,
      actual: 32000,
      gap: 8000,
      wouldSave: 10000,
      conditions: [{ path: "/conditions", holds: false, required: 40000, actual: 32000, gap: 8000 }],
      forcing: null,
      units: [],
      words: {
        en: "400-100 did not apply. Spend a little more to get this. It asks for: everything worth at least 400.00 CNY; there is 320.00 CNY, 80.00 CNY is missing.",
      },
    });
  });

  test.each([
    ["coded", "code_not_entered"],
    ["tea", "goods_missing"],
  ])("%s, which nothing in the cart called for, says so", async (key, reason) => {
    const { body } = await explain(key);
    expect(body.promotions[0]).toMatchObject({ promotion: key, isCandidate: false, applied: false, reason });
  });

  test("of another group says in which group it lost, and to whom", async () => {
    const { body } = await explain("staff", "marketing");
    expect(body.promotions[0]).toMatchObject({
      reason: "displaced",
      displacedBy: [{ promotion: "300-50", by: "group", group: "order" }],
      // Without the 50.00 nothing keeps the pair out: 320.00 - 25.00, less 5 %.
      forcing: { total: 28025, cost: 1025 },
    });
  });

  test("is alike over GraphQL", async () => {
    const fields = `
      id rulebook currency total isComplete optimality { proven bound }
      promotions {
        promotion promotionId isCandidate applied reason required actual gap missingFact wouldSave words
        conditions { path kind words isWanted holds reason required actual gap missingFact }
        parts { stage amount times unappliedAmount limitedBy }
        displacedBy { promotion by group }
        forcing { total cost optimality { proven bound } }
        units { line stage amount runs { units amount } }
      }`;
    const query = `query ($id: ID!, $key: String) { explainEvaluation(id: $id, promotion: $key) { ${fields} } }`;
    for (const key of ["pair", null]) {
      const graphql = await api.graphql(query, { id: saved, key }, { role: "viewer" });
      expect(graphql.body.errors).toBeUndefined();
      expect(graphql.body.data.explainEvaluation).toEqual((await explain(key)).body);
    }
  });

  test("stands among those of all that touch the cart, by priority and key", async () => {
    const { body } = await explain(null);
    expect(body.promotions.map(({ promotion }: { promotion: string }) => promotion)).toEqual([
      "300-50",
      "400-100",
      "pair",
      "staff",
    ]);
  });

  test("tells of a private promotion to nobody but marketing, viewer and admin", async () => {
    const { body } = await explain(null, "checkout");
    expect(JSON.stringify(body)).not.toContain("staff");
    const refused = await explain("staff", "checkout");
    const unknown = await explain("no-such", "checkout");
    expect(refused.status).toBe(404);
    expect({ ...refused.body, requestId: "" }).toEqual({ ...unknown.body, requestId: "" });
    expect((await explain("staff", "viewer")).status).toBe(200);
  });

  test("is refused where the evaluation is not there, or another project's", async () => {
    const { status, body } = await explain("pair", "viewer", "evl_none");
    expect([status, body.code]).toEqual([404, "evaluation-not-found"]);
  });
});

test("what forcing costs, and hints, are alike over both faces", async () => {
  const input = cartOf({ lines, channel: "web", explain: "all", hints: true, maxHints: 2 });
  const rest = await api.rest("POST", "/v1/evaluations", { role: "checkout", body: input });
  expect(rest.body.notApplied).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        promotion: "pair",
        reason: "threshold_protected",
        costOfForcing: 1025,
        costOptimality: { proven: true, bound: 0 },
      }),
    ]),
  );
  expect(rest.text).not.toContain("staff");
  expect(rest.body.hints).toEqual([
    {
      kind: "units",
      line: "1",
      sku: "MUG",
      quantity: 1,
      amount: 16000,
      total: 35500,
      saving: 7500,
      promotions: ["400-100", "pair"],
      message: "Add one more MUG: pay only 85.00 CNY for goods worth 160.00 CNY.",
    },
    {
      kind: "amount",
      line: null,
      sku: null,
      quantity: null,
      amount: 8000,
      total: 30000,
      saving: 5000,
      promotions: ["400-100"],
      message: "Spend 80.00 CNY more: pay only 30.00 CNY for goods worth 80.00 CNY.",
    },
  ]);
  const query = `query ($input: EvaluationRequestInput!) { evaluate(input: $input) { ${quoteFields} } }`;
  const graphql = await api.graphql(query, { input }, { role: "checkout" });
  expect(graphql.body.errors).toBeUndefined();
  expect(withoutNulls({ ...graphql.body.data.evaluate, id: "" })).toEqual(
    withoutNulls({ ...rest.body, id: "" }),
  );
});

test("a code that was left out to keep a threshold does not refuse the order", async () => {
  const { status, body } = await api.rest("POST", "/v1/redemptions", {
    role: "checkout",
    body: cartOf({ lines, channel: "web", codes: ["PAIR"], orderRef: "why-1" }),
  });
  expect(status).toBe(201);
  expect(body.quote).toMatchObject({
    total: 27000,
    codes: [{ code: "PAIR", status: "rejected", promotion: "coded-pair", reason: "threshold_protected" }],
  });
});

test("too many hints are refused", async () => {
  const { status, body } = await api.rest("POST", "/v1/evaluations", {
    role: "checkout",
    body: cartOf({ hints: true, maxHints: 11 }),
  });
  expect([status, body.errors[0].path]).toEqual([400, "/maxHints"]);
});
