/**
 * A private sale is told to nobody outside: to every question an outsider can ask, a shop that has one answers as its twin
 * does that has none.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Answer, type Api, startApi } from "../api.ts";
import { type ProjectWithKeys, projectWithKeys } from "../project-fixture.ts";

const secret = "hush-hush";
let database: TestDatabase;
let api: Api;
let shop: ProjectWithKeys;
let twin: ProjectWithKeys;
const lines = [
  { id: "1", sku: "SLOW", quantity: 2, unitPrice: 10_000, categories: ["care"] },
  { id: "2", sku: "BEST", quantity: 1, unitPrice: 20_000 },
];

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  [shop, twin] = [
    await projectWithKeys(database, api.clock.now()),
    await projectWithKeys(database, api.clock.now()),
  ];
  for (const project of [shop, twin]) {
    await make(project, { key: "open", benefits: [{ kind: "percent_off", percent: 5 }] });
    await call(project, "PUT", "/v1/customers/inside", { groups: ["chosen"] }, "erp");
  }
  const audience = { conditions: { kind: "customer_group", in: ["chosen"] }, visibility: "private" };
  const most = { all: [audience.conditions, { kind: "subtotal", atLeast: { CNY: 45_000 } }] };
  const slow = { select: { skus: ["SLOW"] } };
  await make(shop, {
    key: `${secret}-sale`,
    name: secret,
    priority: 9,
    ...audience,
    benefits: [{ kind: "percent_off", percent: 40, ...slow }],
  });
  await make(shop, {
    key: `${secret}-near`,
    ...audience,
    conditions: most,
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 9_000 } }],
  });
  await make(shop, {
    key: `${secret}-code`,
    ...audience,
    trigger: { type: "code", code: "HUSH-1" },
    benefits: [{ kind: "percent_off", percent: 50 }],
  });
  await make(shop, {
    key: `${secret}-group`,
    ...audience,
    group: { size: 2, hours: 1 },
    benefits: [{ kind: "percent_off", percent: 60 }],
  });
  await make(shop, {
    key: `${secret}-gift`,
    ...audience,
    benefits: [{ kind: "gift", sku: `${secret}-bag`, stock: 5 }],
  });
  await make(shop, {
    key: `${secret}-stock`,
    ...audience,
    benefits: [{ kind: "percent_off", percent: 10, ...slow }],
    limits: { total: 3, stock: [{ sku: "SLOW", units: 1 }] },
    safetyStock: { units: 3 },
    budget: { amount: { CNY: 1 } },
  });
  await make(shop, {
    key: `${secret}-deposit`,
    ...audience,
    benefits: [{ kind: "deposit", paid: { CNY: 100 }, worth: { CNY: 200 } }],
  });
});
afterAll(async () => {
  await api.close();
  await database.close();
});

async function call(
  project: ProjectWithKeys,
  method: "GET" | "POST" | "PUT",
  url: string,
  body: unknown,
  role: keyof ProjectWithKeys["keys"],
): Promise<Answer> {
  return api.rest(method, url, { key: project.keys[role], body });
}

async function make(project: ProjectWithKeys, document: object): Promise<void> {
  const made = await call(
    project,
    "POST",
    "/v1/promotions",
    { trigger: { type: "automatic" }, ...document },
    "marketing",
  );
  expect([made.status, made.text]).toEqual([201, expect.any(String)]);
  const active = await call(
    project,
    "POST",
    `/v1/promotions/${made.body.id}/activate`,
    undefined,
    "marketing",
  );
  expect(active.status).toBe(200);
}

/** Ids, times and versions differ between any two shops. */
function plain({ status, text }: Answer): string {
  const ids = text
    .replaceAll(/"[a-z]{3}_[0-9a-z]{26}"/g, '"id"')
    .replaceAll(/"(rulebook|requestId|instance|createdAt|asOf)":"[^"]*"/g, '"$1":""');
  return `${status} ${ids}`;
}

/** A group at the secret price, which somebody inside opened; its twin's is one that there is not. */
const groups = new Map<ProjectWithKeys, string>();
beforeAll(async () => {
  const opened = await call(
    shop,
    "POST",
    "/v1/group-buys",
    { promotion: `${secret}-group`, order: cart({ customer: { id: "inside" } }) },
    "checkout",
  );
  expect([opened.status, opened.text]).toEqual([201, expect.any(String)]);
  groups.set(shop, opened.body.group.id).set(twin, "grp_none");
});
const outsiders = [undefined, { id: "outside" }, { id: "inside-not", groups: ["other"] }];
const asking = (customer: { id?: string } | undefined) =>
  new URLSearchParams(customer?.id === undefined ? {} : { customer: customer.id }).toString();
const cart = (more: object) => ({ currency: "CNY", lines, ...more });
const codes = ["HUSH-1", "NO-SUCH-CODE"];

describe.each(outsiders)("to customer %j", (customer) => {
  const asked: [string, "GET" | "POST", string, object | undefined, ("checkout" | "pos")?][] = [
    ["a quote", "POST", "/v1/evaluations", cart({ customer })],
    ["all reasons", "POST", "/v1/evaluations", cart({ customer, explain: "all", codes })],
    ["hints", "POST", "/v1/evaluations", cart({ customer, hints: true, explain: "near" })],
    [
      "strategy priority",
      "POST",
      "/v1/evaluations",
      cart({ customer, strategy: "priority", explain: "all" }),
    ],
    [
      "a near miss",
      "POST",
      "/v1/evaluations",
      cart({ customer, lines: [{ ...lines[0]!, quantity: 4 }], explain: "near" }),
    ],
    ["several carts", "POST", "/v1/evaluations/batch", { evaluations: [cart({ customer, explain: "all" })] }],
    [
      "prices for lists",
      "POST",
      "/v1/catalog-prices",
      { currency: "CNY", customer, items: [{ sku: "SLOW", unitPrice: 10_000 }] },
    ],
    [
      "a code without a cart",
      "POST",
      "/v1/coupons/validate",
      { codes, ...(customer?.id !== undefined && { customer: customer.id }) },
    ],
    ["a code with a cart", "POST", "/v1/coupons/validate", { codes, cart: cart({ customer }) }],
    ["an order", "POST", "/v1/redemptions", cart({ customer })],
    ["an order with the code", "POST", "/v1/redemptions", cart({ customer, codes })],
    [
      "an order that pays its deposit",
      "POST",
      "/v1/redemptions",
      cart({ customer, deposit: { promotion: `${secret}-deposit`, units: 1 } }),
    ],
    [
      "an order that pays too little for it",
      "POST",
      "/v1/redemptions",
      cart({ customer, deposit: { promotion: `${secret}-deposit`, units: 1_000 } }),
    ],
    [
      "an order at another price",
      "POST",
      "/v1/redemptions",
      cart({ customer, expectedTotal: 1, explain: "all" }),
    ],
    [
      "a voucher by the code",
      "POST",
      "/v1/offline/vouchers",
      { code: "HUSH-1", currency: "CNY", ...(customer?.id !== undefined && { customer: customer.id }) },
    ],
    ["a group", "POST", "/v1/group-buys", { promotion: `${secret}-group`, order: cart({ customer }) }],
    [
      "a group with codes",
      "POST",
      "/v1/group-buys",
      { promotion: `${secret}-group`, order: cart({ customer, codes }) },
    ],
    [
      "a voucher by the key",
      "POST",
      "/v1/offline/vouchers",
      { promotion: `${secret}-sale`, currency: "CNY" },
    ],
    ["groups", "GET", `/v1/group-buys?${asking(customer)}`, undefined],
    [
      "groups of the promotion",
      "GET",
      `/v1/group-buys?promotion=${secret}-group&${asking(customer)}`,
      undefined,
      "pos",
    ],
    ["the group", "GET", `/v1/group-buys/{group}?${asking(customer)}`, undefined],
    ["the group at a till", "GET", `/v1/group-buys/{group}?${asking(customer)}`, undefined, "pos"],
    ["a seat in the group", "POST", "/v1/group-buys/{group}/join", { order: cart({ customer, codes }) }],
    [
      "a price that holds",
      "POST",
      "/v1/quotes",
      { ...cart({ customer, codes }), validUntil: "2099-01-01T00:00:00Z" },
    ],
    ["redemptions by the code", "GET", "/v1/redemptions?code=HUSH-1", undefined],
    ["overlaps", "GET", "/v1/promotions/overlaps", undefined],
    ["the document", "GET", `/v1/promotions/by-key/${secret}-sale`, undefined],
  ];

  test.each(asked)("%s", async (_title, method, url, body, role = "checkout") => {
    const [here, there] = await Promise.all(
      [shop, twin].map((project) =>
        call(project, method, url.replace("{group}", groups.get(project)!), body, role),
      ),
    );
    expect(plain(here!)).toBe(plain(there!));
    expect(here!.text).not.toContain(secret);
  });

  test("the story of a saved evaluation, also by the key", async () => {
    const told = await Promise.all(
      [shop, twin].map(async (project) => {
        const saved = await call(
          project,
          "POST",
          "/v1/evaluations",
          cart({ customer, codes, save: true }),
          "checkout",
        );
        const ask = (query: string) =>
          call(project, "POST", `/v1/evaluations/${saved.body.id}/explain${query}`, undefined, "checkout");
        const replay = await call(
          project,
          "POST",
          `/v1/evaluations/${saved.body.id}/replay`,
          undefined,
          "checkout",
        );
        return [
          saved,
          await ask(""),
          await ask(`?promotion=${secret}-sale`),
          await ask("?promotion=no-such"),
          replay,
        ].map(plain);
      }),
    );
    expect(told[0]).toEqual(told[1]);
  });

  test("GraphQL, its errors included", async () => {
    const redeem =
      "mutation ($input: RedemptionRequestInput!) { createRedemption(input: $input) { quote { total notApplied { promotion reason } codes { code status reason promotion } } } }";
    const evaluate =
      "query ($input: EvaluationRequestInput!) { evaluate(input: $input) { total notApplied { promotion reason } codes { code status reason promotion } rewards { sku } } }";
    const [ofShop, ofTwin] = await Promise.all(
      [shop, twin].map(async (project) => {
        const ask = async (query: string, input: object) =>
          plain(await api.graphql(query, { input }, { key: project.keys.checkout }));
        return [
          await ask(redeem, cart({ customer, codes })),
          await ask(evaluate, cart({ customer, codes, explain: "all" })),
          await ask(redeem, cart({ customer, deposit: { promotion: `${secret}-deposit`, units: 1_000 } })),
        ];
      }),
    );
    expect(ofShop).toEqual(ofTwin);
    expect(JSON.stringify(ofShop)).not.toContain(secret);
  });
});

test("to whoever is inside it is there", async () => {
  const quote = await call(
    shop,
    "POST",
    "/v1/evaluations",
    cart({ customer: { id: "inside" }, codes, explain: "all" }),
    "checkout",
  );
  expect(quote.body.codes[0].status).toBe("applied");
  expect(quote.text).toContain(secret);
});

test("whoever is inside, a member, and the shop itself see its groups", async () => {
  const group = groups.get(shop)!;
  const read = async (query: string, role: "checkout" | "pos" | "marketing") => {
    const one = await call(shop, "GET", `/v1/group-buys/${group}${query}`, undefined, role);
    const all = await call(shop, "GET", `/v1/group-buys${query}`, undefined, role);
    return [one.status, all.body.items.map(({ id }: { id: string }) => id)];
  };
  const [seen, unseen] = [
    [200, [group]],
    [404, []],
  ];
  expect(await read("", "marketing")).toEqual(seen);
  expect(await read("", "checkout")).toEqual(unseen);
  expect(await read("?customer=inside", "checkout")).toEqual(seen);
  expect(await read("?customer=outside", "pos")).toEqual(unseen);
  // Once the promotion is over nobody can tell its audience: the group is its members'.
  await call(shop, "PUT", "/v1/customers/inside-too", { groups: ["chosen"] }, "erp");
  expect(await read("?customer=inside-too", "pos")).toEqual(seen);
  const { body } = await call(shop, "GET", `/v1/promotions/by-key/${secret}-group`, undefined, "marketing");
  const over = await call(shop, "POST", `/v1/promotions/${body.id}/end`, undefined, "marketing");
  expect(over.status).toBe(200);
  expect(await read("?customer=inside", "pos")).toEqual(seen);
  expect(await read("?customer=inside-too", "pos")).toEqual(unseen);
  const order = cart({ customer: { id: "inside-too" } });
  const joined = await call(shop, "POST", `/v1/group-buys/${group}/join`, { order }, "checkout");
  expect([joined.status, joined.body.code]).toEqual([404, "group-buy-not-found"]);
});
