/** A guest who is merged sits in a group as the customer, and once. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { faultOf } from "../orders-fixture.ts";
import { activePromotion, orderOf } from "../redemptions/redemption-fixture.ts";

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

const open = (customer: string) =>
  api.rest("POST", "/v1/group-buys", {
    body: { promotion: "pair", order: orderOf({ customer: { id: customer } }) },
  });
const join = (group: string, customer: string) =>
  api.rest("POST", `/v1/group-buys/${group}/join`, {
    body: { order: orderOf({ customer: { id: customer } }) },
  });

test("neither name takes a second seat, whichever took the first", async () => {
  await activePromotion(api, "pair", { group: { size: 3, hours: 24 } });
  const asGuest = await open("guest");
  expect(asGuest.status, asGuest.text).toBe(201);
  const merged = await api.rest("POST", "/v1/customers/c-member/merge", { body: { guest: "guest" } });
  expect(merged.status, merged.text).toBe(200);
  const asCustomer = await open("c-member");
  expect(asCustomer.status, asCustomer.text).toBe(201);
  for (const { body } of [asGuest, asCustomer])
    for (const name of ["guest", "c-member"])
      expect(faultOf(await join(body.group.id, name)), name).toContain("already_joined");
  expect((await join(asGuest.body.group.id, "c-other")).status).toBe(201);
});
