import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { millisecondsPerDay } from "../../../src/engine/zone.ts";
import { drawFaults } from "../../../src/features/play/draw-odds.ts";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Answer, type Api, startApi } from "../api.ts";
import { faultOf } from "../orders-fixture.ts";
import { couponsOf } from "../redemptions/redemption-fixture.ts";

let database: TestDatabase;
let api: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  await couponsOf(database, api.project.id, "lucky", ["LUCKY0001", "LUCKY0002"]);
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await database.close();
});

const at = (days: number) => new Date(api.clock.now() + days * millisecondsPerDay).toISOString();

function declare(document: object): Promise<Answer> {
  const prizes = [
    { key: "bag", odds: 3, stock: 2, prize: { kind: "gift", sku: "BAG" } },
    { key: "coupon", odds: 2, prize: { kind: "coupon", pool: "lucky" } },
    { key: "nothing", odds: 5 },
  ];
  const body = { startsAt: at(0), endsAt: at(1), total: 10, prizes, consolation: "nothing", ...document };
  return api.rest("POST", "/v1/draws", { role: "marketing", body });
}

function draw(key: string, ticket: string, customer = "anna", more: object = {}): Promise<Answer> {
  const body = { ticket, customer, ...more };
  return api.rest("POST", `/v1/draws/${key}/tickets`, { role: "checkout", body });
}

const drawOf = async (key: string) => (await api.rest("GET", `/v1/draws/${key}`, { role: "viewer" })).body;

test("forty tickets sent twice at once are forty draws, stock is exact, and the end shows that nobody cheated", async () => {
  const declared = await declare({ key: "wheel" });
  expect(declared.status, declared.text).toBe(201);
  expect([declared.body.commitment, declared.body.seed]).toEqual([
    expect.stringMatching(/^[0-9a-f]{64}$/),
    null,
  ]);
  const tickets = Array.from({ length: 40 }, (_, index) => `t-${index}`);
  const sent = [...tickets, ...tickets];
  const answers = await Promise.all(
    sent.map((ticket, index) => draw("wheel", ticket, `c-${index % 40}`, { nonce: `n_${index % 40}` })),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(answers.map(({ body }) => `${body.ticket} ${body.number} ${body.prize}`)).size).toBe(40);
  expect(faultOf(await draw("wheel", "t-0", "somebody"))).toBe(
    "409 draw-ticket-refused /ticket ticket_taken",
  );

  const records = await api.rest("GET", "/v1/draws/wheel/tickets?limit=200", { role: "viewer" });
  const items = records.body.items as {
    number: number;
    ticket: string;
    nonce: string;
    value: number;
    drawn: string;
    prize: string;
  }[];
  expect(items.map(({ number }) => number)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  const bags = items.filter(({ prize }) => prize === "bag");
  expect(items.filter(({ drawn }) => drawn === "bag").length).toBeGreaterThan(2);
  expect(bags).toHaveLength(2);
  const prizes = await api.rest("GET", "/v1/prizes?source=draw&programme=wheel&limit=200");
  const kinds = (prizes.body.items as { prize: { kind: string }; state: string }[]).map(
    ({ prize, state }) => `${prize.kind} ${state}`,
  );
  const coupons = items.filter(({ prize }) => prize === "coupon").length;
  expect(kinds.filter((kind) => kind === "gift granted")).toHaveLength(2);
  expect(kinds.filter((kind) => kind === "coupon granted")).toHaveLength(Math.min(2, coupons));
  expect(kinds.filter((kind) => kind === "coupon owed")).toHaveLength(Math.max(0, coupons - 2));

  // The seed is told a minute after the end, and not before.
  api.clock.advance(millisecondsPerDay);
  expect(faultOf(await draw("wheel", "late"))).toBe("409 draw-ticket-refused  not_open");
  expect((await draw("wheel", "t-0", "c-0")).status).toBe(200);
  expect((await drawOf("wheel")).seed).toBeNull();
  api.clock.advance(60_000);
  const { seed, commitment, declaration, drawn, given } = await drawOf("wheel");
  expect(commitment).toBe(declared.body.commitment);
  expect([drawn, given[0]]).toEqual([40, { prize: "bag", count: 2 }]);
  // Told is told: a process whose clock is a day behind draws nothing more.
  api.clock.advance(-millisecondsPerDay);
  expect((await drawOf("wheel")).seed).toBe(seed);
  expect(faultOf(await draw("wheel", "behind"))).toBe("409 draw-ticket-refused  not_open");
  api.clock.advance(millisecondsPerDay);
  await expect(database.pool.query("update draws set drawn = drawn + 1 where key = 'wheel'")).rejects.toThrow(
    "stays as it was declared",
  );
  expect(JSON.parse(declaration)).toMatchObject({
    total: 10,
    consolation: "nothing",
    endsAt: declared.body.endsAt,
  });
  expect(drawFaults({ seed: Buffer.from(seed, "hex"), declaration, commitment }, items)).toEqual([]);
  const url = await api.app.listen({ host: "127.0.0.1", port: 0 });
  const environment = { ...process.env, DEALWRIGHT_KEY: api.project.keys.viewer };
  const script = ["--import", "tsx", "scripts/verify-draw.ts", url, "wheel", commitment];
  const { stdout } = await promisify(execFile)(process.execPath, script, { env: environment });
  expect(stdout).toBe(`commitment ${commitment}: 40 draws, 0 faults\n`);
  const dump = await database.pool.query(
    "select entry::text from audit_entries entry union all select e::text from outbox_events e",
  );
  expect(JSON.stringify(dump.rows)).not.toContain(seed);
});

test("a customer draws as often as declared, on a day and in all, however many at once", async () => {
  const limits = { perCustomer: 5, perCustomerDay: 3, endsAt: at(3) };
  expect((await declare({ key: "few", ...limits })).status).toBe(201);
  const attempt = (day: number) =>
    Promise.all(Array.from({ length: 9 }, (_, index) => draw("few", `d-${day}-${index}`)));
  for (const [day, most] of [
    [1, 3],
    [2, 2],
  ] as const) {
    const answers = await attempt(day);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(most);
    for (const answer of answers.filter(({ status }) => status !== 200))
      expect(faultOf(answer)).toBe("409 draw-ticket-refused /customer limit_reached");
    api.clock.advance(millisecondsPerDay);
  }
  expect((await drawOf("few")).drawn).toBe(5);
});

test("tickets that cost points are drawn as far as the points go, and a repetition costs nothing", async () => {
  const ticketPoints = { points: 20 };
  expect((await declare({ key: "paid", ticketPoints })).status).toBe(201);
  await api.rest("POST", "/v1/customers/rich/points/adjustments", {
    body: { points: 110, reason: "a start" },
  });
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, index) => draw("paid", `p-${index % 8}`, "rich")),
  );
  const drawn = new Set(answers.filter(({ status }) => status === 200).map(({ body }) => body.ticket));
  expect(drawn.size).toBe(5);
  expect(faultOf(await draw("paid", "p-x", "rich"))).toBe(
    "409 draw-ticket-refused /customer not_enough_points",
  );
  // Ticket and prize stay, and so does what they cost.
  const { rows } = await database.pool.query<{ id: string }>(
    `select s.id from draw_tickets t join points_spends s on s.project_id = t.project_id and s.id = t.spend_id
      where t.draw = 'paid' and s.points = 20`,
  );
  expect(rows).toHaveLength(5);
  const spend = `/v1/points-spends/${rows[0]!.id}`;
  const kept = "409 points-refused  spend_is_final";
  expect(faultOf(await api.rest("POST", `${spend}/refunds`, { body: { points: 20 } }))).toBe(kept);
  expect(faultOf(await api.rest("POST", `${spend}/cancel`))).toBe(kept);
  expect((await api.rest("GET", "/v1/customers/rich/points")).body.available).toBe(10);
  expect((await drawOf("paid")).drawn).toBe(5);
});

test("draws that take and give points crosswise all come to an end", async () => {
  for (const [key, pays, gives] of [
    ["cross-a", "first", "second"],
    ["cross-b", "second", "first"],
  ]) {
    const prizes = [{ key: "points", odds: 10, prize: { kind: "points", points: 1, programme: gives } }];
    const ticketPoints = { points: 1, programme: pays };
    expect((await declare({ key, prizes, consolation: "points", ticketPoints })).status).toBe(201);
    const body = { points: 20, reason: "a start", programme: pays };
    await api.rest("POST", "/v1/customers/crosser/points/adjustments", { body });
  }
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => draw(`cross-${"ab"[index % 2]}`, `x-${index}`, "crosser")),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
});

test("what cannot be declared is refused, and what was declared stays", async () => {
  expect(faultOf(await declare({ key: "x", total: 11 }))).toBe(
    "400 invalid-request /total odds_do_not_add_up",
  );
  expect(faultOf(await declare({ key: "x", consolation: "bag" }))).toBe(
    "400 invalid-request /consolation has_stock",
  );
  expect(faultOf(await declare({ key: "x", consolation: "car" }))).toBe(
    "400 invalid-request /consolation prize_unknown",
  );
  expect(faultOf(await declare({ key: "x", startsAt: at(-1) }))).toBe(
    "400 invalid-request /startsAt time_in_past",
  );
  expect(faultOf(await declare({ key: "x", endsAt: at(0) }))).toBe(
    "400 invalid-request /endsAt period_empty",
  );
  expect(faultOf(await declare({ key: "x", endsAt: "9999-12-31T23:59:59-01:00" }))).toBe(
    "400 invalid-request /endsAt out_of_range",
  );
  expect(faultOf(await declare({ key: "x", campaign: "nobody-knows" }))).toBe(
    "400 invalid-request /campaign campaign_unknown",
  );
  expect((await declare({ key: "soon", startsAt: at(1), endsAt: at(2) })).status).toBe(201);
  expect(faultOf(await declare({ key: "soon" }))).toBe("409 draw-key-taken");
  expect(faultOf(await draw("soon", "early"))).toBe("409 draw-ticket-refused  not_open");
  expect(faultOf(await draw("none", "early"))).toBe("404 draw-not-found");
  for (const [change, refusal] of [
    ["update draws set seed = '\\x00'", "stays as it was declared"],
    ["update draws set declaration = '{}', commitment = ''", "stays as it was declared"],
    ["update draws set drawn = drawn + 2", "stays as it was declared"],
    ["update draws set drawn = drawn - 1", "stays as it was declared"],
    ["update draw_prizes set given = given - 1", "counted one by one"],
    ["update draw_tickets set nonce = 'other'", "stays as it was drawn"],
    ["update draw_tickets set holder = 'other'", "stays as it was drawn"],
    ["delete from draw_tickets", "are never changed"],
    ["delete from draw_prizes", "are never changed"],
    ["delete from draws", "are never changed"],
    ["truncate draw_tickets", "are never changed"],
  ] as const)
    await expect(database.pool.query(change), change).rejects.toThrow(refusal);
  const stop = await api.rest("POST", "/v1/project/stop", { body: { reason: "a test" } });
  expect(stop.status).toBe(200);
  expect(faultOf(await draw("soon", "early"))).toBe("409 project-stopped");
  expect((await api.rest("POST", "/v1/project/resume")).status).toBe(200);
});
