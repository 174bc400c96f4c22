/** G01: what is limited to N is given N times, by any face, any number of processes, under any rush. */
import { ruleOfCampaign } from "../../src/features/ledger/campaign-counters.ts";
import type { Database } from "../../src/platform/database.ts";
import type { TestDatabase } from "../database.ts";
import { falseRefusals, History } from "../faults/history.ts";
import { type Face, inParallel } from "../faults/http-client.ts";
import { booksOf, openShop, orderOf, type Shop, untilKnown } from "../faults/shop.ts";
import { couponsOf } from "../features/redemptions/redemption-fixture.ts";

export interface Supply {
  /** What the promotion adds to its document. */
  readonly document: (limit: number) => object;
  /** What guards the campaign that the promotion then is part of. */
  readonly guards?: (limit: number) => object;
  /** Whose counter it is: of the promotion, unless it is a pool's or its campaign's. */
  readonly measure: string;
  readonly holder?: string;
  /** Of which counter by period; that of all time, unless it says so. */
  readonly period?: string;
  /** One of them takes so much of the counter. */
  readonly unit?: number;
  readonly isCoupon?: boolean;
}

export const supplies = {
  "promotion limit": { document: (total) => ({ limits: { total } }), measure: "uses" },
  "limit per customer": {
    document: (perCustomer) => ({ limits: { perCustomer } }),
    measure: "uses",
    holder: "customer:%",
  },
  "limit per month": {
    document: (count) => ({ limits: { perPeriod: { count, period: "month" } } }),
    measure: "uses",
    period: "_%",
  },
  budget: {
    document: (limit) => ({ budget: { amount: { CNY: limit * 1_000 } } }),
    measure: "amount:CNY",
    unit: 1_000,
  },
  "campaign budget": {
    document: () => ({}),
    guards: (limit) => ({ discounts: { amount: { CNY: limit * 1_000 } } }),
    measure: "amount:CNY",
    unit: 1_000,
  },
  "orders per customer of a campaign": {
    document: () => ({}),
    guards: (orders) => ({ perCustomer: { orders } }),
    measure: "uses",
    holder: "customer:%",
  },
  "gift stock": {
    document: (stock) => ({ benefits: [{ kind: "gift", sku: "BAG", stock }] }),
    measure: "stock:0",
  },
  "units of its own stock": {
    document: (units) => ({ limits: { stock: [{ sku: "MUG", units }] } }),
    measure: 'stock:["MUG"]',
  },
  "single-use code": {
    document: () => ({ trigger: { type: "coupon", pool: "rush" } }),
    measure: "coupon",
    holder: "code:%",
    isCoupon: true,
  },
} satisfies Record<string, Supply>;
export type SupplyName = keyof typeof supplies;

export interface Rush {
  readonly history: History;
  readonly shop: Shop;
  readonly rule: string;
}

export async function rushFor(
  name: SupplyName,
  options: {
    database: TestDatabase;
    servers: readonly string[];
    face: Face;
    attempts: number;
    limit: number;
  },
): Promise<Rush> {
  const { database, servers, face, attempts, limit } = options;
  const supply: Supply = supplies[name];
  const shop = await openShop(servers[0]!, database);
  const codes = Array.from({ length: limit }, (_, i) => `R${String(i).padStart(7, "0")}`);
  const pool = supply.isCoupon ? await couponsOf(database, shop.project.id, "rush", codes) : null;
  const { guards } = supply;
  if (guards !== undefined) await shop.campaign("rush", guards(limit));
  const promotion = await shop.promotion("rush", {
    trigger: { type: "code", code: "RUSH" },
    ...(guards !== undefined && { campaign: "rush" }),
    ...supply.document(limit),
  });
  const codeOf = (index: number) => (pool === null ? "RUSH" : codes[index % limit]!);
  const customer = { id: "rush" };
  await untilKnown(servers, shop, { codes: [codeOf(0)], customer });
  const history = new History();
  await inParallel(attempts, 128, (index) =>
    shop.client.redeem(
      servers[index % servers.length]!,
      face,
      orderOf({ codes: [codeOf(index)], customer, explain: "none" }),
      { history },
    ),
  );
  return { history, shop, rule: guards === undefined ? (pool ?? promotion) : ruleOfCampaign("rush") };
}

/** Every way in which the rush did not go as promised; none if it did. */
export async function violationsOf(
  name: SupplyName,
  limit: number,
  { history, shop, rule }: Rush,
  database: Pick<Database, "pool">,
): Promise<string[]> {
  const { measure, holder, period, unit = 1, isCoupon = false }: Supply = supplies[name];
  const granted = history.granted();
  const found: string[] = [];
  if (granted.length !== limit) found.push(`granted ${granted.length} times instead of ${limit}`);
  const odd = history.refused().filter(({ status, code }) => status !== 409 || code !== "code-not-applied");
  if (odd.length > 0)
    found.push(`${odd.length} answers were neither, such as ${odd[0]!.status} ${odd[0]!.code}`);
  const ids = new Set(granted.map(({ redemption }) => redemption));
  if (ids.size !== granted.length) found.push(`${granted.length} grants are ${ids.size} redemptions`);
  // Of single-use codes each has its own supply.
  const hasty = isCoupon
    ? [...byCode(history)].flatMap((part) => falseRefusals(part, 1))
    : falseRefusals(history, limit);
  if (hasty.length > 0) found.push(`${hasty.length} were refused while there was supply`);
  const books = await booksOf(database, shop.project.id, rule, measure, { holder, period });
  const counted = isCoupon ? await usesOfCoupons(database, shop.project.id) : books.counter;
  const expected = { standing: limit, counter: limit * unit, ledger: limit * unit };
  for (const [place, amount] of Object.entries({ ...books, counter: counted }))
    if (amount !== expected[place as keyof typeof expected])
      found.push(`${place}: ${amount} instead of ${expected[place as keyof typeof expected]}`);
  return found;
}

function byCode({ attempts }: History): Iterable<History> {
  const parts = new Map<string, History>();
  for (const attempt of attempts) {
    const [code] = attempt.request.codes as string[];
    const part = parts.get(code!) ?? new History();
    part.add(attempt);
    parts.set(code!, part);
  }
  return parts.values();
}

async function usesOfCoupons({ pool }: Pick<Database, "pool">, projectId: string): Promise<number> {
  const { rows } = await pool.query<{ uses: number }>(
    "select coalesce(sum(used + reserved), 0)::bigint as uses from coupons where project_id = $1",
    [projectId],
  );
  return rows[0]!.uses;
}
