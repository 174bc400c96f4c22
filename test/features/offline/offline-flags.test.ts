import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { issued, publishedKeys, readByTill, report, reportOf, somePromotion } from "./offline-fixture.ts";

let database: TestDatabase;
let api: Api;
let other: Api;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  other = await startApi(database);
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await other.close();
  await database.close();
});

/** A voucher that two tills took, the second for more than was promised. */
async function spentTwice() {
  const { key } = await somePromotion(api, { limits: { total: 1 }, budget: { amount: { CNY: 1_000 } } });
  const { id, token } = await issued(api, { promotion: key });
  const [, second] = await report(
    api,
    reportOf(api, token, { till: "A" }),
    reportOf(api, token, { till: "B", discount: 1_300, total: 8_700 }),
  );
  return { key, voucher: id, redemption: second!.redemption!, flags: second!.flags };
}

const list = async (query: string) => {
  const { status, body } = await api.rest("GET", `/v1/offline/flags?${query}`, { role: "viewer" });
  expect(status).toBe(200);
  return body;
};

test("finance sees what was given away that was not there, and by how much", async () => {
  const { key, voucher, redemption, flags } = await spentTwice();
  expect(flags).toEqual(["over_amount", "double_spend", "limit_exceeded", "budget_exceeded"]);
  const { items } = await list(`voucher=${voucher}`);
  expect(items.map(({ kind, amount }: { kind: string; amount: number }) => [kind, amount]).reverse()).toEqual(
    [
      ["over_amount", 300],
      ["double_spend", null],
      ["limit_exceeded", null],
      ["budget_exceeded", 1_300],
    ],
  );
  for (const item of items)
    expect(item).toMatchObject({
      state: "open",
      redemption,
      promotion: key,
      till: "B",
      currency: "CNY",
      discount: 1_300,
      acceptedAt: "2026-11-11T00:00:00.000Z",
      resolvedAt: null,
    });
  const ledger = await api.rest("GET", `/v1/redemptions/${redemption}/ledger`, { role: "viewer" });
  const booked = ledger.body.items.map(({ measure, used }: { measure: string; used: number }) => [
    measure,
    used,
  ]);
  expect(booked).toContainEqual(["overspent:uses", 1]);
  expect(booked).toContainEqual(["overspent:amount:CNY", 1_300]);
});

test("flags are listed page by page, by kind, till, redemption and state", async () => {
  const { voucher, redemption } = await spentTwice();
  const first = await list(`voucher=${voucher}&limit=3`);
  const rest = await list(`voucher=${voucher}&limit=3&after=${first.nextCursor}`);
  expect([first.items.length, rest.items.length, rest.nextCursor]).toEqual([3, 1, null]);
  for (const query of [
    "kind=double_spend",
    `redemption=${redemption}&kind=double_spend`,
    "till=B&kind=double_spend",
  ])
    expect((await list(`voucher=${voucher}&${query}`)).items).toHaveLength(1);
  expect((await list(`voucher=${voucher}&till=A`)).items).toEqual([]);
  expect((await list(`voucher=${voucher}&state=resolved`)).items).toEqual([]);
  const tampered = await api.rest("GET", "/v1/offline/flags?after=abc");
  expect(tampered.body.code).toBe("invalid-cursor");
});

test("a flag is resolved once, with a note", async () => {
  const { voucher } = await spentTwice();
  const [flag] = (await list(`voucher=${voucher}&kind=double_spend`)).items;
  const path = `/v1/offline/flags/${flag.id}/resolve`;
  const resolve = (note: string) => api.rest("POST", path, { role: "erp", body: { note } });
  const resolved = await resolve("charged to the store");
  expect([resolved.status, resolved.body]).toMatchObject([
    200,
    { state: "resolved", note: "charged to the store", resolvedAt: "2026-11-11T00:00:00.000Z" },
  ]);
  expect((await resolve("charged to the store")).body).toEqual(resolved.body);
  const another = await resolve("forgiven");
  expect([another.status, another.body.code]).toEqual([409, "offline-flag-resolved"]);
  expect((await list(`voucher=${voucher}&state=open`)).items).toHaveLength(3);
  expect((await list(`voucher=${voucher}&state=resolved`)).items).toEqual([resolved.body]);
});

test("projects are walls: neither flags nor vouchers nor keys of another are seen or touched", async () => {
  const { voucher } = await spentTwice();
  const [flag] = (await list(`voucher=${voucher}`)).items;
  const theirs = await other.rest("GET", "/v1/offline/flags");
  expect(theirs.body.items).toEqual([]);
  const resolve = (id: string) =>
    other.rest("POST", `/v1/offline/flags/${id}/resolve`, { body: { note: "mine now" } });
  const [foreign, unknown] = [await resolve(flag.id), await resolve("flg_nobodys")];
  expect([foreign.status, foreign.body.code]).toEqual([404, "offline-flag-not-found"]);
  expect([unknown.status, unknown.body.code]).toEqual([foreign.status, foreign.body.code]);
  const kids = (keys: { kid: string }[]) => keys.map(({ kid }) => kid);
  expect(kids(await publishedKeys(api))).not.toEqual(kids(await publishedKeys(other)));
});

test.each([
  ["GET", "/v1/offline/flags", "checkout"],
  ["POST", "/v1/offline/flags/flg_1/resolve", "pos"],
  ["POST", "/v1/offline/vouchers", "viewer"],
  ["POST", "/v1/redemptions/offline", "checkout"],
  ["POST", "/v1/redemptions/offline", "marketing"],
  ["POST", "/v1/offline/keys/rotate", "pos"],
] as const)("%s %s is not for %s", async (method, path, role) => {
  const body = method === "POST" ? { body: {} } : {};
  expect((await api.rest(method, path, { role, ...body })).status).toBe(403);
});

test("a batch has at most 500 redemptions, and every one of them has its answer in its place", async () => {
  const { key } = await somePromotion(api);
  const { token } = await issued(api, { promotion: key });
  const order = reportOf(api, token);
  const bad = reportOf(api, "nonsense");
  const full = Array.from({ length: 500 }, (_, index) =>
    index === 250 ? order : { ...bad, orderRef: `no-${index}` },
  );
  const results = await report(api, ...full);
  expect(results.map(({ status }) => status)).toEqual(
    full.map((_, i) => (i === 250 ? "accepted" : "refused")),
  );
  const body = { redemptions: [...full, order] };
  const tooMany = await api.rest("POST", "/v1/redemptions/offline", { role: "pos", body });
  expect([tooMany.status, tooMany.body.code]).toEqual([400, "invalid-request"]);
});

test("GraphQL does the same from the first key to the last flag", async () => {
  const { key } = await somePromotion(api, { limits: { total: 1 } });
  const keys = await api.graphql("{ offlineKeys { keys { kid kty crv x alg use } } }", {}, { role: "pos" });
  expect(keys.body.data.offlineKeys.keys).toEqual(await publishedKeys(api));
  const issue = await api.graphql(
    `mutation ($input: OfflineVoucherRequestInput!) { issueOfflineVoucher(input: $input) { id token maxAmount percent } }`,
    { input: { promotion: key, currency: "CNY" } },
    { role: "marketing" },
  );
  const { id, token, ...rest } = issue.body.data.issueOfflineVoucher;
  expect(rest).toEqual({ maxAmount: 1_000, percent: null });
  expect(await readByTill(token, keys.body.data.offlineKeys.keys, api.clock.now())).toMatchObject({
    jti: id,
  });

  const mutation = `mutation ($input: OfflineRedemptionBatchInput!) {
    redeemOffline(input: $input) { results { status orderRef source voucher redemption flags } }
  }`;
  const redemptions = [reportOf(api, token), reportOf(api, token), reportOf(api, `${token}A`)];
  const first = await api.graphql(mutation, { input: { redemptions } }, { role: "pos" });
  expect(first.body.data.redeemOffline.results).toMatchObject([
    { status: "accepted", flags: [] },
    { status: "accepted", flags: ["double_spend", "limit_exceeded"] },
    { status: "refused", voucher: null },
  ]);
  // What one face recorded the other repeats.
  const again = await report(api, ...redemptions);
  expect(again.map(({ redemption }) => redemption)).toEqual(
    first.body.data.redeemOffline.results.map(({ redemption }: { redemption: string }) => redemption),
  );
  expect(again.map(({ status }) => status)).toEqual(["duplicate", "duplicate", "refused"]);

  const flags = await api.graphql(
    `query ($voucher: String) { offlineFlags(voucher: $voucher, state: open) { nodes { id kind amount } } }`,
    { voucher: id },
    { role: "viewer" },
  );
  const { nodes } = flags.body.data.offlineFlags;
  expect(nodes.map(({ kind }: { kind: string }) => kind)).toEqual(["limit_exceeded", "double_spend"]);
  const resolved = await api.graphql(
    `mutation ($id: ID!, $input: OfflineFlagResolutionInput!) { resolveOfflineFlag(id: $id, input: $input) { state note } }`,
    { id: nodes[0].id, input: { note: "seen" } },
    { role: "erp" },
  );
  expect(resolved.body.data.resolveOfflineFlag).toEqual({ state: "resolved", note: "seen" });
  const rotated = await api.graphql("mutation { rotateOfflineKey { keys { kid } } }");
  expect(rotated.body.data.rotateOfflineKey.keys).toHaveLength(2);
});
