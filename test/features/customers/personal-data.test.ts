/** Personal data is where SECURITY.md says it is, before a customer is erased and after. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Api, startApi } from "../api.ts";
import { type Receiver, startReceiver } from "../webhooks/receiver.ts";

/** What a shop may tell of a person, by the row of the table in SECURITY.md that says where it is kept. */
const canaries = {
  "what the shop says of a customer": ["Zaunkoenig", "1987-03-19", "Nandu", "Kranich"],
  "what rules look at, of that and of what carts say": ["Wiedehopf", "Goldammer"],
  "attributes of what they buy": ["Eisvogel"],
  "what else the ERP says of an order": ["Steinadler", "80999-X"],
  "what they do in the shop": ["Gimpel", "Zeisig"],
  "what a receiver answers to an event of theirs": ["Kuckuck"],
  "reasons that people type": ["Wachtel", "Bussard"],
  "devices, phones, addresses": ["Kormoran", "+4917155501", "203.0.113.77"],
  "what else a cart says": ["Rotkehlchen", "Nachtigall", "Sperling"],
} as const;
const rows = Object.keys(canaries) as (keyof typeof canaries)[];
const customer = "c-1";

let database: TestDatabase;
let api: Api;
let receiver: Receiver;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database, { webhookTargets: "any" });
  receiver = await startReceiver();
  receiver.answer((response, { body }) =>
    response.writeHead(200).end(body.includes(`"${customer}"`) ? "it was Kuckuck" : ""),
  );
}, patience);
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await receiver.close();
  await database.close();
});

async function done(
  method: "POST" | "PUT",
  path: string,
  body: object = {},
  headers: Record<string, string> = {},
) {
  const answer = await api.rest(method, `/v1/${path}`, { body, headers });
  expect([answer.status, answer.text], `${method} ${path}`).toEqual([
    expect.toSatisfy((status: number) => status < 300),
    expect.any(String),
  ]);
  return answer.body;
}

async function activated(document: object): Promise<void> {
  const { id } = await done("POST", "promotions", { trigger: { type: "automatic" }, ...document });
  await done("POST", `promotions/${id}/activate`);
}

/** A customer's life, as a shop tells of it that puts something personal into every field that may have it. */
async function live(): Promise<void> {
  await done("POST", "webhooks", { url: receiver.url });
  const off = (amount: number) => [{ kind: "amount_off", target: "order", amount: { CNY: amount } }];
  // Rules that look without naming what they look for: their own words would be in promotions as well.
  const looks = { kind: "expression", cel: "size(customer.groups) > 0 && has(customer.attributes.nick)" };
  await activated({ key: "five", conditions: looks, benefits: off(500), returns: "reevaluate" });
  await activated({ key: "off", trigger: { type: "code", code: "OFF" }, benefits: off(100) });
  await done(
    "PUT",
    "referral-programmes/birds",
    { friend: { kind: "gift", sku: "SEEDS" }, holdDays: 0 },
    { "if-match": "*" },
  );
  await done("PUT", "check-in-programmes/birds", {}, { "if-match": "*" });
  const tiers = [{ key: "guest", count: 1 }];
  await done("PUT", "tier-programme", { measure: "orders", tiers });

  await done("PUT", `customers/${customer}`, {
    groups: ["Wiedehopf"],
    tags: ["Nandu"],
    attributes: { name: "Zaunkoenig" },
    birthday: "1987-03-19",
    consents: { mail: { granted: true, at: "2026-10-01T09:00:00Z", source: "Kranich" } },
  });
  const identifiers = { device: "Kormoran", phone: "+4917155501", ip: "203.0.113.77" };
  const cart = {
    currency: "CNY",
    customer: { id: customer, tags: ["Sperling"], attributes: { nick: "Goldammer", street: "Rotkehlchen" } },
    identifiers,
    attributes: { note: "Nachtigall" },
    lines: [{ id: "1", sku: "MUG", quantity: 2, unitPrice: 10_000, attributes: { engraving: "Eisvogel" } }],
  };
  await done("POST", "evaluations", { ...cart, save: true });
  const { id: quoteId } = await done("POST", "quotes", cart);
  const priced = await done("POST", "redemptions", { quoteId, mode: "commit", orderRef: "q" });
  expect(priced.quote.total).toBe(19_500);
  const { id: redemption } = await done(
    "POST",
    "redemptions",
    { ...cart, mode: "commit", orderRef: "o" },
    { "idempotency-key": "r" },
  );
  await done("PUT", "orders/o", {
    version: 1,
    status: "paid",
    currency: "CNY",
    placedAt: "2026-11-11T00:00:00Z",
    customer,
    lines: cart.lines,
    total: 19_500,
    redemption,
    shipTo: { region: "DE-BY", postalCode: "80999-X" },
    attributes: { note: "Steinadler" },
  });
  const at = { specversion: "1.0", source: "/web", type: "view", time: "2026-11-10T00:00:00Z" };
  await done("POST", "events/batch", {
    events: [{ ...at, id: "1", data: { visitor: "Gimpel", customer, attributes: { bird: "Zeisig" } } }],
  });
  await done("PUT", `customers/${customer}/tier`, {
    tier: "guest",
    until: "2099-01-01T00:00:00Z",
    reason: "Wachtel",
  });
  await done("POST", `customers/${customer}/points/adjustments`, { points: 5, reason: "Bussard" });
  await done("POST", "check-in-programmes/birds/check-ins", { customer });
  await done("POST", "referral-programmes/birds/members", { customer, identifiers });
  const voucher = { promotion: "off", code: "OFF", currency: "CNY", customer };
  await done("POST", "offline/vouchers", voucher, { "idempotency-key": "v" });
}

/** The tables, partitions as what they are part of, in which there is one of these words. */
async function tablesWith(words: readonly string[]): Promise<string[]> {
  const { rows } = await database.pool.query<{ name: string; whole: string }>(
    `select c.relname as name, coalesce(p.relname, c.relname) as whole from pg_class c
       left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'`,
  );
  const found = new Set<string>();
  for (const { name, whole } of rows)
    for (const word of words) {
      const seen = await database.pool.query(`select from ${name} t where t::text ilike $1 limit 1`, [
        `%${word}%`,
      ]);
      if (seen.rowCount !== 0) found.add(whole);
    }
  return [...found].sort();
}

async function whereItIs(): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const row of rows) found[row] = await tablesWith(canaries[row]);
  return found;
}

/** By row of the table in SECURITY.md: the tables in which it is before an erasure, and after. */
function promised(): Map<string, { before: string[]; after: string[] }> {
  const tablesIn = (cell = "") => [...cell.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name!).sort();
  const lines = readFileSync("SECURITY.md", "utf8").matchAll(/^\| (.+?) \| (.+?) \| .+? \| (.+?) \|$/gm);
  return new Map(
    [...lines].map(([, what, where, erasure]) => {
      const gone = tablesIn(erasure);
      const before = tablesIn(where);
      const after = erasure!.startsWith("stay") ? before.filter((table) => !gone.includes(table)) : [];
      return [what!, { before, after }];
    }),
  );
}

const isTold = async () =>
  (
    await database.pool.query(
      "select 1 from outbox_events where position is null union all select 1 from webhook_deliveries where status = 'pending' limit 1",
    )
  ).rowCount;

test(
  "each kind of it is in the tables that the page names, and in no other; erased, it is in none",
  async () => {
    await live();
    await expect.poll(isTold, { timeout: patience, interval: 200 }).toBe(0);
    const page = promised();
    const told = (of: "before" | "after") =>
      Object.fromEntries(rows.map((row) => [row, page.get(row)?.[of] ?? "not in SECURITY.md"]));
    expect(await whereItIs()).toEqual(told("before"));
    await done("POST", `customers/${customer}/erase`);
    expect(await whereItIs()).toEqual(told("after"));
  },
  patience,
);

test("what a page does not know is found", async () => {
  await api.rest("PUT", "/v1/customers/c-2", { body: { attributes: { name: "Pirol" } } });
  expect(await tablesWith(["pirol"])).toEqual(["customers"]);
});
