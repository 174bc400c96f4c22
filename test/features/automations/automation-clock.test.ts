/** Automations that time triggers, whom they would reach, and what they came to. */
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type ClockTrigger,
  firstLook,
  nextLook,
} from "../../../src/features/automations/automation-clock.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Api, startApi, testClock } from "../api.ts";
import { putOrder } from "../orders-fixture.ts";
import { automationsOf } from "./automation-fixture.ts";

let database: TestDatabase;
let api: Api;
let shop: ReturnType<typeof automationsOf>;

beforeAll(async () => {
  database = await freshDatabase();
  // 07:00 in Shanghai, of a year without a 29 February.
  api = await startApi(database, { clock: testClock(Date.parse("2027-02-26T23:00:00Z")) });
  shop = automationsOf(api, database);
  await shop.succeed("PATCH", "/v1/project/settings", { timezone: "Asia/Shanghai" }, { "if-match": "*" });
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const hours = (count: number) => count * 3_600_000;
const notify = { actions: [{ kind: "notify", template: "hello" }], caps: { perCustomer: [] } };
/** How many of its looks have ended or are still to come, as the clock of the database row has it. */
const nextLookOf = async (id: string) => {
  const { rows } = await database.pool.query<{ of_at: Date }>(
    "select of_at from automation_clocks where automation_id = $1",
    [id],
  );
  return rows[0]?.of_at.toISOString() ?? null;
};
const looksNextAt = (id: string, at: string | null) =>
  expect.poll(() => nextLookOf(id), { timeout: patience, interval: 50 }).toBe(at);
const dryRun = async (id: string, outcome = "reached") => {
  const answer = await shop.succeed("POST", `/v1/automations/${id}/dry-run?sample=200&outcome=${outcome}`);
  return { ...answer, customers: answer.items.map(({ customer }: { customer: string }) => customer) };
};

test("a birthday is met once a year at its hour in the project's zone, 29 February on the 28th of other years", async () => {
  await shop.tell("b-27", { birthday: "--02-27" });
  await shop.tell("b-28", { birthday: "1990-02-28" });
  await shop.tell("b-29", { birthday: "1992-02-29" });
  await shop.tell("b-01", { birthday: "1990-03-01" });
  const id = await shop.active({ trigger: { kind: "birthday", at: "08:30" }, ...notify });
  const ahead = await shop.active({ trigger: { kind: "birthday", offsetDays: -2, at: "06:00" }, ...notify });
  await looksNextAt(id, "2027-02-27T00:30:00.000Z");
  // Its hour has passed today: looked for at once.
  await shop.becomes(ahead, ["b-01 done"]);
  expect((await dryRun(id)).customers).toEqual(["b-27"]);
  expect(await shop.outcomes(id)).toEqual([]);
  api.clock.advance(hours(1.5));
  await shop.becomes(id, ["b-27 done"]);
  await looksNextAt(id, "2027-02-28T00:30:00.000Z");
  // The next day's look is late by more than a day: both days are made up for.
  api.clock.advance(hours(48));
  await shop.becomes(id, ["b-27 done", "b-28 done", "b-29 done", "b-01 done"]);
  await looksNextAt(id, "2027-03-02T00:30:00.000Z");
  expect(await dryRun(id, "skipped")).toMatchObject({
    reached: 0,
    skipped: [{ reason: "before", count: 1 }],
    customers: ["b-01"],
  });
  await shop.succeed("POST", `/v1/automations/${id}/pause`);
  await looksNextAt(id, null);
  await shop.succeed("POST", `/v1/automations/${id}/activate`);
  await looksNextAt(id, "2027-03-02T00:30:00.000Z");
  expect(await shop.outcomes(id)).toHaveLength(4);
});

test("a date that an attribute has is met at its offset, once, or every year on that day", async () => {
  const today = new Date(api.clock.now() + hours(8)).toISOString().slice(0, 10);
  const inDays = (count: number) =>
    new Date(Date.parse(today) + hours(24 * count)).toISOString().slice(0, 10);
  await shop.tell("d-1", { attributes: { contractEnd: inDays(180) } });
  await shop.tell("d-2", { attributes: { contractEnd: inDays(181) } });
  await shop.tell("d-3", { attributes: { contractEnd: "soon", joined: `2019-${today.slice(5)}` } });
  const renewal = await shop.active({
    trigger: { kind: "date", attribute: "contractEnd", offsetDays: -180, at: "00:00" },
    ...notify,
  });
  const joined = await shop.active({
    trigger: { kind: "date", attribute: "joined", yearly: true, at: "00:00" },
    ...notify,
  });
  await shop.becomes(renewal, ["d-1 done"]);
  await shop.becomes(joined, ["d-3 done"]);
  api.clock.advance(hours(24));
  await shop.becomes(renewal, ["d-1 done", "d-2 done"]);
  expect((await shop.runs(renewal))[0].trigger).toEqual({ attribute: "contractEnd", date: inDays(181) });
});

test(
  "who has not bought for so many days is reached once for each last order, and not if they bought meanwhile",
  async () => {
    const ago = (days: number) => new Date(api.clock.now() - hours(24 * days)).toISOString();
    await putOrder(api, "I-1", { customer: "i-asleep", placedAt: ago(91) });
    await putOrder(api, "I-2", { customer: "i-awake", placedAt: ago(30) });
    await putOrder(api, "I-3", { customer: "i-nearly", placedAt: ago(89) });
    const document = {
      key: "win-back",
      trigger: { kind: "inactivity", days: 90, at: "00:00" },
      ...notify,
    };
    // Nothing is added up yet: from the orders themselves.
    const drafted = await shop.succeed("POST", "/v1/automations/dry-run", document);
    expect(drafted.items).toEqual([{ customer: "i-asleep", reason: null }]);
    const id = await shop.active(document);
    // A look waits seconds, by a clock that stands still otherwise, while what everybody bought is added up anew.
    const becomesInTime = (outcomes: string[]) =>
      expect
        .poll(
          () => {
            api.clock.advance(2_000);
            return shop.outcomes(id);
          },
          { timeout: patience, interval: 200 },
        )
        .toEqual(outcomes.sort());
    // It waits until what everybody bought is added up.
    const swept = "select from customer_upkeep where sweep_due_at > 'epoch' and sweep_after is null";
    await expect.poll(async () => (await database.pool.query(swept)).rowCount, { timeout: patience }).toBe(1);
    await becomesInTime(["i-asleep done"]);
    api.clock.advance(hours(48));
    await becomesInTime(["i-asleep done", "i-nearly done"]);
    await putOrder(api, "I-4", { customer: "i-asleep", placedAt: ago(0) });
    // Added up before the 92 days are over: here they are over at once.
    const added = "select from customer_activity where customer_id = 'i-asleep' and last_order_at >= $1";
    await expect
      .poll(async () => (await database.pool.query(added, [ago(0)])).rowCount, { timeout: patience })
      .toBe(1);
    api.clock.advance(hours(24 * 92));
    await becomesInTime(["i-asleep done", "i-asleep done", "i-nearly done", "i-awake done"]);
  },
  patience,
);

test("a schedule comes again and again for whoever is in its segment then", async () => {
  await shop.succeed("POST", "/v1/segments", { key: "weekly" });
  await shop.succeed("POST", "/v1/segments/weekly/members", { add: ["w-1", "w-2"] });
  const id = await shop.active({
    trigger: { kind: "schedule", segment: "weekly", weekdays: ["mon"], at: "10:00" },
    ...notify,
  });
  const first = Date.parse((await nextLookOf(id))!);
  expect([new Date(first).getUTCDay(), new Date(first).getUTCHours()]).toEqual([1, 2]);
  api.clock.advance(first - api.clock.now());
  await shop.becomes(id, ["w-1 done", "w-2 done"]);
  await looksNextAt(id, new Date(first + hours(168)).toISOString());
  await shop.succeed("POST", "/v1/segments/weekly/members", { add: ["w-3"], remove: ["w-1"] });
  api.clock.advance(hours(168));
  await shop.becomes(id, ["w-1 done", "w-2 done", "w-2 done", "w-3 done"]);
  const refused = await shop.rest("POST", "/v1/automations", {
    key: "refused",
    trigger: { kind: "schedule", rrule: "FREQ=HOURLY" },
    ...notify,
  });
  expect([refused.status, refused.body.errors[0].path]).toEqual([400, "/trigger/rrule"]);
});

test("looks follow the clock on the wall when it is changed", () => {
  const daily = { kind: "birthday", at: "02:30" } as const;
  const at = (text: string) => Date.parse(text);
  // Berlin jumps from 02:00 to 03:00, and on another day has 02:30 twice.
  expect(nextLook(daily, "Europe/Berlin", at("2027-03-27T12:00:00Z"))).toBe(at("2027-03-28T01:30:00Z"));
  expect(nextLook(daily, "Europe/Berlin", at("2027-10-30T12:00:00Z"))).toBe(at("2027-10-31T00:30:00Z"));
  expect(nextLook(daily, "Europe/Berlin", at("2027-10-31T00:30:00Z"))).toBe(at("2027-11-01T01:30:00Z"));
  expect(firstLook(daily, "Europe/Berlin", at("2027-06-01T00:00:00Z"))).toBe(at("2027-06-01T00:30:00Z"));
  expect(firstLook(daily, "Europe/Berlin", at("2027-06-01T08:00:00Z"))).toBe(at("2027-06-01T08:00:00Z"));
  const once: ClockTrigger = { kind: "schedule", dates: ["2027-06-01"], at: "10:00" };
  expect(nextLook(once, "UTC", at("2027-05-01T00:00:00Z"))).toBe(at("2027-06-01T10:00:00Z"));
  expect(nextLook(once, "UTC", at("2027-06-01T10:00:00Z"))).toBeNull();
});

test("a dry run says whom it would reach and why others not, and that is what then happens", async () => {
  await shop.succeed("POST", "/v1/segments", { key: "tried" });
  const customers = Array.from({ length: 12 }, (_, n) => `t-${String(n).padStart(2, "0")}`);
  for (const [n, customer] of customers.entries())
    await shop.tell(customer, { tags: n % 3 === 0 ? [] : ["wanted"], birthday: "--12-24" });
  await shop.succeed("POST", "/v1/segments/tried/members", { add: customers });
  await shop.pool("tried", ["TRIED-1"]);
  const document = {
    key: "tried",
    trigger: { kind: "schedule", segment: "tried", at: "12:00" },
    conditions: { kind: "customer_tag", in: ["wanted"] },
    actions: [{ kind: "issue_coupon", pool: "tried" }],
    caps: { perCustomer: [{ count: 1, per: "ever" }], runs: 5 },
  };
  const draft = await shop.succeed("POST", "/v1/automations/dry-run?sample=2", document);
  const skipped = [
    { reason: "cap_runs", count: 3 },
    { reason: "conditions", count: 4 },
  ];
  expect(draft).toMatchObject({ candidates: 12, isExact: true, reached: 5, skipped, missing: [] });
  expect(draft.items).toHaveLength(2);
  const id = await shop.active(document);
  const { customers: wouldReach } = await dryRun(id);
  const next = Date.parse((await nextLookOf(id))!);
  api.clock.advance(next - api.clock.now());
  await expect.poll(async () => (await shop.outcomes(id)).length, { timeout: patience }).toBe(12);
  const results = () => shop.succeed("GET", `/v1/automations/${id}/results`);
  await expect.poll(async () => (await results()).waiting, { timeout: patience }).toBe(0);
  expect(await results()).toEqual({
    entered: 12,
    waiting: 0,
    done: 1,
    owed: 4,
    skipped,
    issued: 1,
    redeemed: 0,
    amounts: [],
    points: [],
  });
  const runs = await shop.runs(id);
  const reached = runs.flatMap(({ customer, state }) => (state === "skipped" ? [] : [customer]));
  expect(reached.sort()).toEqual(wouldReach);
  expect(await dryRun(id)).toMatchObject({ reached: 0, missing: [{ pool: "tried", reason: "pool_empty" }] });
});
