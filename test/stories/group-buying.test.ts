/** Group buying [拼团]: the price comes with the group or not at all, however many join at once and whatever is killed. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type RunningServer, startServer } from "../faults/running-servers.ts";
import { patience, sized } from "../faults/sizes.ts";
import { openShopFloor, type Said, type ShopFloor } from "./shop-floor.ts";

let database: TestDatabase;
const servers: RunningServer[] = [];
let shop: ShopFloor;
const start = () => startServer({ connectionString: database.connectionString });

beforeAll(async () => {
  database = await freshDatabase();
  servers.push(...(await Promise.all([start(), start()])));
  shop = await openShopFloor(database, () => servers.map((server) => (server.isRunning() ? server.url : "")));
  await shop.promotion({
    key: "trio",
    group: { size: 3, hours: 24, mostGroups: 3 },
    benefits: [{ kind: "fixed_price", select: { skus: ["TEA"] }, price: { CNY: 6_000 } }],
    limits: { stock: [{ sku: "TEA", units: 100 }] },
  });
  await shop.untilKnown("/v1/evaluations", { ...orderOf("nobody"), explain: "all" }, ({ notApplied }) => {
    return notApplied[0]?.reason === "group_required";
  });
}, patience);
afterAll(async () => {
  shop.close();
  await expectBooksToBalance(database);
  await Promise.all(servers.map((server) => server.kill()));
  await database.close();
}, patience);

function orderOf(customer: string) {
  return {
    currency: "CNY",
    customer: { id: customer },
    lines: [{ id: "1", sku: "TEA", quantity: 1, unitPrice: 10_000 }],
  };
}
const numbered = (customer: string, ref = customer) => ({ ...orderOf(customer), orderRef: ref });
const open = (customer: string) =>
  shop.ask("checkout", "POST", "/v1/group-buys", { promotion: "trio", order: numbered(customer) });
const join = (group: string, customer: string, ref = customer) =>
  shop.ask("checkout", "POST", `/v1/group-buys/${group}/join`, { order: numbered(customer, ref) });
const commit = (redemption: string) => shop.ask("checkout", "POST", `/v1/redemptions/${redemption}/commit`);
const outcomeOf = ({ status, body }: Said) =>
  status === 201 ? "201" : `${status} ${body.errors?.[0]?.code ?? body.code}`;

async function told(group: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ type: string }>(
    "select type from outbox_events where project_id = $1 and subject = $2 order by created_at, type",
    [shop.projectId, group],
  );
  return rows.map(({ type }) => type.replace("dealwright.group.", ""));
}

async function taken(): Promise<Record<string, number>> {
  const { rows } = await database.pool.query<{ measure: string; taken: number }>(
    `select measure, sum(used + reserved)::int as taken from counters
      where project_id = $1 and holder = '' and (measure in ('groups') or measure like 'stock:%') group by measure`,
    [shop.projectId],
  );
  return Object.fromEntries(rows.map((row) => [row.measure, row.taken]));
}

describe("a group", { timeout: patience }, () => {
  test("of three is never four, though many join at once and a server is killed; then all pay its price", async () => {
    const opened = await open("opener");
    expect(outcomeOf(opened)).toBe("201");
    const { group, redemption } = opened.body;
    expect([group.members, group.state, redemption.state, redemption.quote.total]).toEqual([
      1,
      "open",
      "reserved",
      6_000,
    ]);
    // The same order again is the same group, another order of the opener no second seat.
    expect((await open("opener")).body.group.id).toBe(group.id);
    expect(outcomeOf(await join(group.id, "opener", "again"))).toBe("409 already_joined");
    expect([await commit(redemption.id)].map(({ status, body }) => `${status} ${body.code}`)).toEqual([
      "409 group-open",
    ]);

    const rush = Array.from({ length: sized(24, 500) }, (_, i) => join(group.id, `member-${i}`));
    await servers[0]!.kill();
    const joined = await Promise.all(rush);
    const restarted = start();
    const members = joined.filter(({ status }) => status === 201);
    expect(members).toHaveLength(2);
    expect(new Set(joined.filter(({ status }) => status !== 201).map(outcomeOf))).toEqual(
      new Set(
        ["409 group_full", "409 group_closed"].filter((outcome) =>
          joined.some((said) => outcomeOf(said) === outcome),
        ),
      ),
    );
    const now = await shop.get("viewer", "GET", `/v1/group-buys/${group.id}`);
    expect([now.state, now.members]).toEqual(["succeeded", 3]);
    for (const { body } of [opened, ...members]) {
      const paid = await commit(body.redemption.id);
      expect([paid.status, paid.body.state, paid.body.quote.total]).toEqual([200, "committed", 6_000]);
    }
    expect(outcomeOf(await join(group.id, "late"))).toMatch(/409 group_(full|closed)/);
    expect(await told(group.id)).toEqual(["opened", "succeeded"]);
    expect(await taken()).toEqual({ groups: 1, 'stock:["TEA"]': 3 });
    servers[0] = await restarted;
  });

  test("that is not complete in time fails, through a kill -9, and everything is released", async () => {
    const opened = await open("hopeful");
    const { group, redemption } = opened.body;
    expect(outcomeOf(await join(group.id, "hoping"))).toBe("201");
    expect(await taken()).toEqual({ groups: 2, 'stock:["TEA"]': 5 });
    await database.pool.query(
      "update group_buys set deadline = now() - interval '1 second', due_at = now() - interval '1 second' where id = $1",
      [group.id],
    );
    await servers[1]!.kill();
    await expect
      .poll(async () => (await shop.get("checkout", "GET", `/v1/redemptions/${redemption.id}`)).state, {
        timeout: 30_000,
      })
      .toBe("cancelled");
    await expect.poll(taken, { timeout: 30_000 }).toEqual({ groups: 1, 'stock:["TEA"]': 3 });
    const now = await shop.get("viewer", "GET", `/v1/group-buys/${group.id}`);
    expect([now.state, now.members]).toEqual(["failed", 0]);
    expect((await commit(redemption.id)).status).toBe(409);
    expect(outcomeOf(await join(group.id, "too-late"))).toBe("409 group_closed");
    expect(await told(group.id)).toEqual(["opened", "failed"]);
  });

  test("is the only way to its price, and there are no more groups than the promotion allows", async () => {
    const alone = await shop.get("checkout", "POST", "/v1/redemptions", orderOf("alone"));
    expect(alone.quote.total).toBe(10_000);
    const groups = await Promise.all(["o-1", "o-2", "o-3", "o-4"].map(open));
    expect(groups.map(outcomeOf).sort()).toEqual([
      "201",
      "201",
      "409 too_many_groups",
      "409 too_many_groups",
    ]);
    // The opener leaves; the group stands without them, and counts.
    const [standing] = groups.filter(({ status }) => status === 201);
    await shop.get("checkout", "POST", `/v1/redemptions/${standing!.body.redemption.id}/cancel`);
    expect(outcomeOf(await open("o-6"))).toBe("409 too_many_groups");
    const nobody = { ...numbered("x"), customer: undefined };
    const unnamed = await shop.ask("checkout", "POST", "/v1/group-buys", {
      promotion: "trio",
      order: nobody,
    });
    expect(outcomeOf(unnamed)).toBe("409 customer_required");
    const other = { ...numbered("o-5"), lines: [{ id: "1", sku: "MUG", quantity: 1, unitPrice: 10_000 }] };
    const missing = await shop.ask("checkout", "POST", "/v1/group-buys", { promotion: "trio", order: other });
    expect(outcomeOf(missing)).toBe("409 price_not_given");
  });
});
