/** What competitors offer, and what our own campaigns of that time earned. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "./api.ts";
import { activePromotion, orderOf, redeem } from "./redemptions/redemption-fixture.ts";

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

const offer = {
  competitor: "Lakeside",
  form: "Spend 300, save 50",
  depthPercent: 16.7,
  startsAt: "2026-11-01T00:00:00+08:00",
  endsAt: "2026-11-12T00:00:00+08:00",
};
const put = (key: string, body: object) =>
  api.rest("PUT", `/v1/competitor-offers/${key}`, { role: "marketing", body });
const market = async (from: string, to: string) =>
  (await api.rest("GET", `/v1/market?from=${from}&to=${to}&currency=CNY`, { role: "viewer" })).body;

test("an offer is recorded, completed once its effect is known, listed by its beginning, and forgotten", async () => {
  expect((await put("nov", offer)).status).toBe(200);
  expect(
    (await put("oct", { ...offer, competitor: "Riverside", startsAt: "2026-10-01T00:00:00Z" })).status,
  ).toBe(200);
  const completed = await put("nov", { ...offer, effect: "Our serums sold a tenth less." });
  expect(completed.body).toMatchObject({
    key: "nov",
    startsAt: "2026-10-31T16:00:00.000Z",
    effect: "Our serums sold a tenth less.",
  });
  const page = async (query: string) =>
    (await api.rest("GET", `/v1/competitor-offers?${query}`, { role: "viewer" })).body;
  const keysOf = ({ items }: { items: { key: string }[] }) => items.map(({ key }) => key);
  const first = await page("limit=1");
  expect(keysOf(first)).toEqual(["oct"]);
  expect(keysOf(await page(`limit=1&after=${first.nextCursor}`))).toEqual(["nov"]);
  expect(keysOf(await page("competitor=Lakeside"))).toEqual(["nov"]);
  const wrong = await put("late", { ...offer, endsAt: offer.startsAt });
  expect([wrong.status, wrong.body.errors]).toMatchObject([
    400,
    [{ path: "/endsAt", code: "ends_before_start" }],
  ]);
  expect((await put("late", { ...offer, depthPercent: 101 })).status).toBe(400);
  expect((await api.rest("DELETE", "/v1/competitor-offers/oct", { role: "marketing" })).status).toBe(200);
  expect((await api.rest("DELETE", "/v1/competitor-offers/oct", { role: "marketing" })).body.code).toBe(
    "competitor-offer-not-found",
  );
  expect(keysOf(await page(""))).toEqual(["nov"]);
});

test("beside theirs stand our campaigns of that time with what each promotion earned", async () => {
  const campaign = {
    key: "ours",
    name: "Ours",
    startsAt: "2026-11-10T00:00:00Z",
    endsAt: "2026-11-20T00:00:00Z",
    budget: { amount: 100_000, currency: "CNY" },
  };
  expect((await api.rest("POST", "/v1/campaigns", { role: "marketing", body: campaign })).status).toBe(201);
  await activePromotion(api, "ten-off", { campaign: "ours" });
  const cost = {
    id: "ads",
    element: "advertising",
    amount: 2_000,
    currency: "CNY",
    at: "2026-11-10T00:00:00Z",
  };
  const entered = await api.rest("POST", "/v1/campaigns/ours/costs", { role: "marketing", body: cost });
  expect([entered.status, entered.text]).toEqual([201, expect.any(String)]);
  for (let order = 0; order < 2; order += 1) expect((await redeem(api, orderOf())).status).toBe(201);
  await vi.waitFor(
    async () => {
      const answer = await market("2026-11-11T00:00:00Z", "2026-11-12T00:00:00Z");
      expect(answer).toMatchObject({ theirs: [{ key: "nov" }], isCut: false });
      // Twice 100.00 less 10.00: 180.00, for 20.00 of discounts and 20.00 of advertising: (180 − 40) ÷ 40, and (180 − 20) ÷ 20.
      expect(answer.ours).toEqual([
        {
          campaign: "ours",
          name: "Ours",
          startsAt: "2026-11-10T00:00:00.000Z",
          endsAt: "2026-11-20T00:00:00.000Z",
          orders: 2,
          revenue: 18_000,
          discount: 2_000,
          giftCost: 0,
          cost: 4_000,
          roi: 3.5,
          promotions: [
            { promotion: "ten-off", orders: 2, revenue: 18_000, discount: 2_000, giftCost: 0, roi: 8 },
          ],
        },
      ]);
    },
    { timeout: 50_000, interval: 100 },
  );
  // The end of a time is not part of it, and neither is that of an offer.
  expect(await market("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z")).toMatchObject({
    theirs: [],
    ours: [],
  });
});
