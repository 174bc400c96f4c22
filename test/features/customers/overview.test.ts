import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { putOrder } from "../orders-fixture.ts";
import { activePromotion, couponsOf, orderOf } from "../redemptions/redemption-fixture.ts";

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

const overview = (id: string) => api.rest("GET", `/v1/customers/${id}/overview`, { role: "viewer" });

test("an overview adds up to the cent what a customer bought, saved and holds", async () => {
  expect((await overview("o-1")).body.code).toBe("customer-not-found");
  const borders = { recency: [1, 2, 3, 4], frequency: [1, 2, 3, 4], amount: [1_000, 9_000, 20_000, 30_000] };
  await api.rest("PUT", "/v1/rfm", { body: { currency: "CNY", method: "fixed", borders } });
  await api.rest("POST", "/v1/segments", { body: { key: "friends" } });
  await api.rest("POST", "/v1/segments/friends/members", { body: { add: ["o-1"] } });
  await activePromotion(api, "ten-off");
  await couponsOf(database, api.project.id, "own", ["OWN-1", "OWN-2"], { customerId: "o-1" });
  await couponsOf(database, api.project.id, "old", ["OLD-1"], {
    customerId: "o-1",
    expiresAt: "2026-01-01T00:00:00Z",
  });
  await couponsOf(database, api.project.id, "others", ["OTHER-1"], { customerId: "o-2" });

  const redeem = async () => {
    const { status, body } = await api.rest("POST", "/v1/redemptions", {
      role: "checkout",
      body: orderOf({ customer: { id: "o-1" }, mode: "commit" }),
    });
    expect(status).toBe(201);
    return body.id as string;
  };
  // 100.00 each, ten off. One of them comes back as a whole.
  const kept = await redeem();
  await api.rest("POST", `/v1/redemptions/${await redeem()}/returns`, {
    role: "pos",
    body: { lines: [{ id: "1", quantity: 1 }] },
  });
  // The order of the redemption is not a second one; neither is a cancelled one any.
  const placedAt = "2026-11-07T00:00:00Z";
  await putOrder(api, "O-1", { customer: "o-1", redemption: kept, total: 9_000, placedAt });
  await putOrder(api, "O-2", { customer: "o-1", total: 12_345, placedAt: "2026-11-09T00:00:00Z" });
  await putOrder(api, "O-3", {
    customer: "o-1",
    total: 700,
    currency: "USD",
    placedAt: "2026-11-08T00:00:00Z",
  });
  await putOrder(api, "O-4", { customer: "o-1", total: 5_000, status: "cancelled" });

  expect((await overview("o-1")).body).toEqual({
    customer: "o-1",
    orders: {
      completed: 3,
      firstAt: "2026-11-07T00:00:00.000Z",
      lastAt: "2026-11-09T00:00:00.000Z",
      amounts: [
        { currency: "CNY", amount: 21_345 },
        { currency: "USD", amount: 700 },
      ],
    },
    redemptions: [{ currency: "CNY", count: 2, saved: 1_000 }],
    coupons: { held: 2, used: 0 },
    points: [],
    segments: ["friends"],
    tier: null,
    scores: { recency: 4, frequency: 3, amount: 4 },
  });
});

test("it tells the points of every programme, also of somebody who has nothing else", async () => {
  for (const [programme, points] of [
    ["stars", 40],
    ["points", 250],
  ]) {
    const given = await api.rest("POST", "/v1/customers/o-points/points/adjustments", {
      body: { programme, points, reason: "Sorry" },
    });
    expect([given.status, given.text]).toEqual([201, expect.any(String)]);
  }
  const held = await api.rest("POST", "/v1/customers/o-points/points/spends", {
    body: { points: 50, orderRef: "o-points-1", mode: "reserve", ttlSeconds: 600 },
  });
  expect([held.status, held.text]).toEqual([201, expect.any(String)]);
  const { status, body } = await overview("o-points");
  expect([status, body.points]).toEqual([
    200,
    [
      { programme: "points", available: 200, pending: 0, reserved: 50, debt: 0 },
      { programme: "stars", available: 40, pending: 0, reserved: 0, debt: 0 },
    ],
  ]);
});
