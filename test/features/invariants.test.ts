/** Every sentence of test/invariants.sql is seen to fail, and then to hold again. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { expectBooksToBalance, violationsIn } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { addCoupon, holdOf, type Ledger, ledgerOn } from "../ledger-fixture.ts";

let database: TestDatabase;
let ledger: Ledger;

beforeAll(async () => {
  database = await freshDatabase();
  ledger = ledgerOn(database);
  await addCoupon(database, "prj", "ABC");
});
afterAll(async () => {
  await ledger.committer.close();
  await database.close();
});
beforeEach(() => expectBooksToBalance(database));

const uses = holdOf("p", "uses");
const noteOf = (back: { refund: number; refunded: number; units: number; unitsBack: number }) => ({
  refund: back.refund,
  refunded: back.refunded,
  shipping: 0,
  withheld: 0,
  lines: JSON.stringify([{ id: "1", quantity: back.units, refund: back.refund }]),
  gifts: "[]",
  restored: "[]",
  returned: JSON.stringify({ lines: { "1": back.unitsBack }, gifts: {} }),
});
const redeemAll = async () => {
  const coupon = holdOf("pol_1", "coupon", 1, { holder: "code:ABC" });
  const amount = holdOf("p", "amount:CNY", 300);
  const returned = await ledger.redeem("prj", [uses, amount, coupon]);
  await ledger.giveBack("prj", returned, {
    expectedSteps: 3,
    release: [holdOf("p", "amount:CNY", 100)],
    isWhole: false,
    note: noteOf({ refund: 1000, refunded: 1000, units: 1, unitsBack: 1 }),
  });
  await ledger.giveBack("prj", returned, {
    expectedSteps: 4,
    release: [],
    isWhole: true,
    note: noteOf({ refund: 2000, refunded: 3000, units: 2, unitsBack: 3 }),
  });
  const cancelled = await ledger.redeem("prj", [uses], "reserve");
  await ledger.settle("prj", cancelled, "cancel");
  const committed = await ledger.redeem("prj", [uses, amount], "reserve");
  await ledger.settle("prj", committed, "commit");
  await ledger.redeem("prj", [uses], "reserve");
};

test("books that reservations, commits, cancels and returns have gone through balance", async () => {
  await redeemAll();
  await expectBooksToBalance(database);
});

const madeUp = (values: string) =>
  `insert into redemption_returns (project_id, redemption_id, step, refund, refunded, shipping, withheld, lines, gifts, restored, created_at)
   values ('prj', ${values}, '[]', '[]', now())`;

test.each([
  ["counter-is-not-the-sum-of-its-entries", "update counters set used = used + 1 where measure = 'uses'"],
  ["counter-is-not-the-sum-of-its-entries", "delete from counters where measure = 'amount:CNY'"],
  ["coupon-is-not-the-sum-of-its-entries", "update coupons set used = used - 1"],
  ["holds-are-not-the-sum-of-the-entries", "update redemptions set holds = '[]' where state = 'committed'"],
  [
    "holds-are-not-the-sum-of-the-entries",
    `update redemptions set holds = '[["p","uses","","",2]]' where state = 'reserved'`,
  ],
  [
    "over-and-still-holding",
    `update redemptions set holds = '[["p","uses","","",1]]' where state = 'cancelled'`,
  ],
  [
    "entry-of-nothing",
    'insert into ledger_entries select project_id, \'rdm_x\', 0, \'reserve\', code, \'[["p","uses","","",0,0]]\' from ledger_entries limit 1',
  ],
  ["steps-do-not-count-the-entries", "update redemptions set steps = steps + 1 where state = 'committed'"],
  ["steps-do-not-count-the-entries", "update redemptions set steps = steps - 2 where state = 'returned'"],
  [
    "order-redeemed-twice",
    "drop index redemptions_order; update redemptions set order_ref = 'same' where state in ('reserved', 'committed')",
  ],
  [
    "refunded-more-than-paid",
    "alter table redemptions drop constraint redemptions_refund_no_more_than_paid; update redemptions set refunded = 3001 where state = 'returned'",
  ],
  [
    "refunded-is-not-the-sum-of-the-returns",
    "update redemptions set refunded = refunded - 1 where state = 'returned'",
  ],
  [
    "refunded-is-not-the-sum-of-the-returns",
    "drop trigger redemption_returns_append_only on redemption_returns; delete from redemption_returns where step = 4",
  ],
  ["return-does-not-add-up", madeUp('\'rdm_x\', 0, 5, 5, 0, 0, \'[{"id":"1","quantity":1,"refund":4}]\'')],
  ["return-of-nothing", madeUp("'rdm_x', 0, 0, 0, 0, 0, '[]'")],
  [
    "units-back-are-not-the-sum-of-the-returns",
    `update redemptions set returned = '{"lines":{"1":2}}' where state = 'returned'`,
  ],
  ["refunded-without-a-return", "update redemptions set refunded = 1 where state = 'committed'"],
  [
    "returned-more-than-sold",
    `update redemptions set returned = '{"lines":{"1":4}}' where state = 'returned'`,
  ],
  [
    "returned-more-than-sold",
    `update redemptions set returned = '{"lines":{"2":1}}' where state = 'returned'`,
  ],
  [
    "wholly-returned-is-not-said",
    "update redemptions set state = 'partially_returned' where state = 'returned'",
  ],
  [
    "refunded-in-two-books",
    `alter table orders drop constraint orders_project_id_fkey;
     insert into orders (project_id, external_id, version, status, redemption_id, currency, total, placed_at, document, refunded, created_at, updated_at)
     select project_id, 'SO-1', 1, 'paid', id, currency, 5, now(), '{}', 5, now(), now() from redemptions where state = 'returned'`,
  ],
  [
    "refunded-in-two-books",
    `alter table orders drop constraint orders_project_id_fkey;
     insert into orders (project_id, external_id, version, status, customer_id, currency, total, placed_at, document, refunded, created_at, updated_at)
     select project_id, order_ref, 1, 'paid', 'c', currency, 5, now(), '{}', 5, now(), now() from redemptions where state = 'returned';
     update redemptions set customer_id = 'c'`,
  ],
  [
    "code-issued-twice",
    `insert into reward_grants (project_id, redemption_id, position, promotion, kind, state, pool, code)
     select project_id, id, place, 'p', 'issue_coupon', 'granted', 'pool', 'ABC'
       from redemptions, generate_series(1, 2) as place where state = 'committed'`,
  ],
  [
    "reward-forgotten",
    `update outbox_events set position = seq;
     insert into reward_grants (project_id, redemption_id, position, promotion, kind, pool)
     select project_id, id, 0, 'p', 'issue_coupon', 'pool' from redemptions where state = 'committed'`,
  ],
  [
    "points-of-a-reward-are-missing",
    `insert into reward_grants (project_id, redemption_id, position, promotion, kind, state, programme, points)
     select project_id, id, 0, 'p', 'points', 'granted', 'points', 5 from redemptions where state = 'committed'`,
  ],
  ...["points-are-not-the-sum-of-their-entries", "points-are-not-the-sum-of-their-lots"].map((violation) => [
    violation,
    "insert into points_accounts (project_id, holder, programme, customer_id, available) values ('prj', 'h', 'points', 'c', 5)",
  ]),
  [
    "reserved-points-of-nobody",
    "insert into points_accounts (project_id, holder, programme, customer_id, reserved) values ('prj', 'h', 'points', 'c', 5)",
  ],
  [
    "lot-is-not-the-sum-of-its-entries",
    `insert into points_lots (project_id, id, holder, programme, amount, remaining, is_pending, earned_at, available_at)
     values ('prj', 'l', 'h', 'points', 5, 5, false, now(), now())`,
  ],
])("%s is found after: %s", async (violation, corruption) => {
  const client = await database.pool.connect();
  try {
    await client.query("begin");
    await client.query(corruption);
    const found = await violationsIn({ pool: client as unknown as TestDatabase["pool"] });
    expect(found.map((row) => row.violation)).toContain(violation);
  } finally {
    await client.query("rollback");
    client.release();
  }
});
