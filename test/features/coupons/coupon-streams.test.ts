import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { exported, generate, linesOf, makePool, someCodes } from "./coupon-fixture.ts";

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

async function importInto(key: string, text: string, type = "text/csv") {
  const response = await api.app.inject({
    method: "POST",
    url: `/v1/coupon-pools/${key}/import`,
    headers: { authorization: `Bearer ${api.project.keys.marketing}`, "content-type": type },
    payload: text,
  });
  expect(response.statusCode, response.body).toBe(200);
  const lines = linesOf(response.body);
  return { refusals: lines.slice(0, -1), ...lines.at(-1).summary };
}

const codesOf = async (key: string) => (await exported(api, key)).map(({ code }) => code);

test("an import takes every row that can be taken and reports every one that cannot", async () => {
  const key = await makePool(api, { usesPerCode: 2 });
  const taken = await makePool(api);
  await importInto(taken, "code\nTAKEN 1\n");
  const rows = [
    "Code,Expires_At,uses,customer",
    "SUMMER-1,2027-01-01T00:00:00+08:00,5,c-9",
    "summer 2,,,",
    "SUMMER-1,,,",
    "taken-1,,,",
    ",,,",
    " - ,,,",
    "A/B,,,",
    "\u200bGUT\u200bÄ1,,,",
    `${"X".repeat(101)},,,`,
    "OLD,2026-11-11T00:00:00Z,,",
    "WHEN,tomorrow,,",
    "MANY,,1000001,",
    "NONE,,0,",
    `WHO,,,${"x".repeat(201)}`,
    "LAST",
  ];
  const report = await importInto(key, rows.join("\r\n"));
  expect(report).toMatchObject({ accepted: 4, refused: 11 });
  expect(report.refusals.map(({ line, reason }: { line: number; reason: string }) => [line, reason])).toEqual(
    expect.arrayContaining([
      [4, "code_repeated"],
      [5, "code_exists"],
      [6, "code_missing"],
      [7, "code_missing"],
      [8, "code_characters"],
      [10, "code_too_long"],
      [11, "expiry_past"],
      [12, "expiry_invalid"],
      [13, "uses_invalid"],
      [14, "uses_invalid"],
      [15, "customer_invalid"],
    ]),
  );
  const coupons = await exported(api, key);
  expect(coupons.map(({ code }) => code).sort()).toEqual(["GUTÄ1", "LAST", "SUMMER1", "SUMMER2"]);
  expect(coupons.find(({ code }) => code === "SUMMER1")).toMatchObject({
    expiresAt: "2026-12-31T16:00:00.000Z",
    uses: 5,
    customer: "c-9",
    claimedAt: "2026-11-11T00:00:00.000Z",
  });
  expect(coupons.find(({ code }) => code === "LAST")).toMatchObject({
    uses: 2,
    expiresAt: null,
    customer: null,
  });
  expect((await api.rest("GET", `/v1/coupon-pools/${key}`)).body.codes).toBe(4);
});

test("NDJSON is taken as CSV is", async () => {
  const key = await makePool(api, { validFor: "P1D" });
  const rows = [
    '{"code":"N1","expiresAt":"2027-01-01T00:00:00Z","uses":3,"customer":null}',
    "{broken",
    "[]",
    '{"code":7}',
    '{"code":"N2","colour":"red"}',
    '{"code":"N3"}',
  ];
  const { refusals, accepted } = await importInto(key, rows.join("\n"), "application/x-ndjson");
  expect(accepted).toBe(2);
  expect(refusals.map(({ line, reason }: { line: number; reason: string }) => [line, reason])).toEqual([
    [2, "malformed_json"],
    [3, "invalid_row"],
    [4, "invalid_row"],
    [5, "invalid_row"],
  ]);
  expect((await exported(api, key)).map(({ code, expiresAt }) => [code, expiresAt])).toEqual([
    ["N1", "2027-01-01T00:00:00.000Z"],
    ["N3", "2026-11-12T00:00:00.000Z"],
  ]);
});

test("codes are told apart over many batches, and the same file again adds nothing", async () => {
  const key = await makePool(api);
  const codes = Array.from({ length: 12_000 }, (_, index) => `MANY${index}`);
  const file = ["code", ...codes, ...codes.slice(0, 3)].join("\n");
  const first = await importInto(key, file);
  expect(first).toMatchObject({ accepted: 12_000, refused: 3 });
  expect(first.refusals.map(({ reason }: { reason: string }) => reason)).toEqual(
    Array(3).fill("code_repeated"),
  );
  api.clock.advance(1);
  const again = await importInto(key, file);
  expect(again).toMatchObject({ accepted: 0, refused: 12_003 });
  expect(again.refusals[0]).toMatchObject({ line: 2, code: "MANY0", reason: "code_exists" });
  expect((await codesOf(key)).length).toBe(12_000);
});

test("two imports of the same codes at once take each code once", async () => {
  const keys = [await makePool(api), await makePool(api)];
  const codes = Array.from({ length: 6_000 }, (_, index) => `RACE${index}`);
  const reports = await Promise.all(
    keys.map((key, at) => importInto(key, ["code", ...(at === 0 ? codes : codes.toReversed())].join("\n"))),
  );
  expect(reports[0].accepted + reports[1].accepted).toBe(6_000);
  expect(reports[0].refused + reports[1].refused).toBe(6_000);
});

test("an imported code is found with its look-alikes, and printed in the pool's form or as it was spelled", async () => {
  const made = await someCodes(api, 30);
  const target = await makePool(api);
  const moved = made.codes.find((code) => code.includes("0"))!;
  await database.pool.query("delete from coupons where code = $1", [moved]);
  await importInto(target, `code\n${moved.replaceAll("0", "O")}\nHELLO\n`);
  const find = async (code: string) => (await api.rest("GET", `/v1/coupons/${code}`)).body.code;
  expect(await find(moved.replaceAll("0", "o"))).toBe(moved);
  expect(await find("hello")).toBe("HELLO");
  expect(await find("HE110")).toBe("HELLO");
  const spelled = await makePool(api, { alphabet: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" });
  await importInto(spelled, "code\nOTHER\n");
  expect(await find("other")).toBe("OTHER");
  expect(await find("0THER")).toBe("coupon-not-found");
  const { body } = await api.rest("POST", `/v1/coupon-pools/${spelled}/claim`, { body: { customer: "c-1" } });
  expect(body.code).toBe("OTHER");
  const claimed = [];
  for (const customer of ["c-1", "c-2"])
    claimed.push(
      (await api.rest("POST", `/v1/coupon-pools/${target}/claim`, { body: { customer } })).body.code,
    );
  expect(claimed.sort()).toEqual([moved, "HELLO"].sort());
});

test("one printed code is one coupon, however it is spelled and whatever pool it is imported into", async () => {
  const made = await someCodes(api, 2, { prefix: "GOLD-" });
  const longer = await makePool(api, { length: 14 });
  const apart = await makePool(api, { alphabet: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" });
  const file = `code\n${made.codes.join("\n")}\n`;
  for (const key of [longer, apart])
    expect(await importInto(key, file)).toMatchObject({
      accepted: 0,
      refusals: [{ reason: "code_exists" }, { reason: "code_exists" }],
    });
  const [code] = made.codes;
  for (const typed of [code!, code!.replace("GOLD", "G01D")])
    expect((await api.rest("GET", `/v1/coupons/${typed}`)).body).toMatchObject({ code, pool: made.key });

  expect(await importInto(longer, "code\nPAPER-O001\nPAPER-0001\n")).toMatchObject({
    accepted: 1,
    refusals: [{ line: 3, reason: "code_repeated" }],
  });
  expect(await importInto(apart, "code\npaper o001\n")).toMatchObject({ accepted: 0 });
  expect(await importInto(apart, "code\nB0B\nBOB\n")).toMatchObject({ accepted: 2 });
  expect(await importInto(longer, "code\nBOB\n")).toMatchObject({ accepted: 0 });

  // From when imports were stored as they were spelled.
  await database.pool.query(
    "update coupons set code = 'PAPERO001', spelling = null where code = 'PAPER0001'",
  );
  expect(await importInto(longer, "code\nPAPER-O001\n")).toMatchObject({ accepted: 0, refused: 1 });
  expect((await api.rest("GET", "/v1/coupons/PAPER-O001")).body.code).toBe("PAPERO001");
});

test("a coupon imported for a guest who was merged is the customer's", async () => {
  const key = await makePool(api);
  for (const id of ["guest-2", "real-2"]) await api.rest("PUT", `/v1/customers/${id}`, { body: {} });
  const merged = await api.rest("POST", "/v1/customers/real-2/merge", { body: { guest: "guest-2" } });
  expect(merged.status, merged.text).toBeLessThan(300);
  await importInto(key, "code,customer\nAMA1,guest-2\n");
  expect((await api.rest("GET", "/v1/coupons/AMA1")).body.customer).toBe("real-2");
});

test("what an export writes can be imported, and what is used or void stays away", async () => {
  const key = await makePool(api);
  await importInto(
    key,
    "code,customer,uses,expiresAt\nEXP1,+86 138,3,2099-01-01T00:00:00Z\nEXP2,,,\nEXP3,,,\n",
  );
  await api.rest("POST", "/v1/coupons/EXP3/void");
  await database.pool.query("update coupons set used = 1 where code = 'EXP1'");
  for (const [format, type] of [
    ["csv", "text/csv"],
    ["ndjson", "application/x-ndjson"],
  ] as const) {
    const { text } = await api.rest("GET", `/v1/coupon-pools/${key}/codes?format=${format}`);
    const target = await makePool(api);
    const moved = text.replaceAll("EXP", `${format.toUpperCase()}X`);
    const report = await importInto(target, moved, type);
    expect(report).toMatchObject({ accepted: 2, refused: 1, refusals: [{ reason: "not_usable" }] });
    expect((await api.rest("GET", `/v1/coupons/${format}x1`)).body).toMatchObject({
      customer: "+86 138",
      uses: 2,
      usesLeft: 2,
      expiresAt: "2099-01-01T00:00:00.000Z",
    });
  }
});

test("a line that is too long ends a CSV and says so, and two columns of one name are refused", async () => {
  const key = await makePool(api);
  const long = await importInto(key, `code\nBEFOREHUGE\n${"X".repeat(3_000_000)}\nAFTERHUGE\n`);
  expect(long).toMatchObject({ accepted: 1, refusals: [{ line: 3, reason: "line_too_long" }] });
  expect(long.refusals[0].message).toContain("nothing was read from here on");
  expect(await importInto(key, "code,Code\nA1,A2\n")).toMatchObject({
    accepted: 0,
    refusals: [{ line: 1, reason: "duplicate_column" }],
  });
});

test("a body that is neither CSV nor NDJSON, and a pool that is not there, are refused before anything is read", async () => {
  const send = (key: string, type: string) =>
    api.app.inject({
      method: "POST",
      url: `/v1/coupon-pools/${key}/import`,
      headers: { authorization: `Bearer ${api.project.keys.marketing}`, "content-type": type },
      payload: "code\nA\n",
    });
  expect((await send(await makePool(api), "text/plain")).json().code).toBe("unsupported-media-type");
  expect((await send("nothing", "text/csv")).json().code).toBe("coupon-pool-not-found");
});

test("an export has every coupon of the pool once, by state and owner, as NDJSON or CSV", async () => {
  const { key, codes } = await someCodes(api, 5_001, { usesPerCode: 1 });
  await someCodes(api, 10);
  expect(new Set(codes).size).toBe(5_001);
  const [a, b, c] = codes as [string, string, string];
  await api.rest("POST", `/v1/coupons/${a}/void`);
  await api.rest("POST", `/v1/coupons/${b}/transfer`, { body: { customer: "c-1" } });
  await database.pool.query("update coupons set used = 1 where code = $1", [c]);
  const counts = async (query: string) => (await exported(api, key, query)).length;
  expect(await counts("?status=void")).toBe(1);
  expect(await counts("?status=used")).toBe(1);
  expect(await counts("?status=expired")).toBe(0);
  expect(await counts("?status=usable")).toBe(4_999);
  expect(await counts("?claimed=true")).toBe(1);
  expect(await counts("?claimed=false&status=usable")).toBe(4_998);
  expect((await api.rest("GET", `/v1/coupon-pools/${key}/codes?status=new`)).status).toBe(400);

  const csv = await api.rest("GET", `/v1/coupon-pools/${key}/codes`, { headers: { accept: "text/csv" } });
  expect(csv.headers["content-type"]).toBe("text/csv; charset=utf-8");
  const rows: Record<string, string>[] = parse(csv.text, { columns: true });
  expect(rows).toHaveLength(5_001);
  expect(rows.find(({ code }) => code === b)).toMatchObject({ customer: "c-1", status: "usable", uses: "1" });
  const asked = await api.rest("GET", `/v1/coupon-pools/${key}/codes?format=csv`);
  expect(asked.text).toBe(csv.text);
});

test("an export shows one moment, whatever is claimed while it is read", async () => {
  const { key } = await someCodes(api, 6_000);
  const { exportCoupons } = await import("../../../src/features/coupons/coupon-store.ts");
  const { rows } = await database.pool.query(
    "select id from coupon_pools where project_id = $1 and key = $2",
    [api.project.id, key],
  );
  const source = { projectId: api.project.id, poolId: rows[0].id, now: new Date(api.clock.now()) };
  const seen: string[] = [];
  for await (const batch of exportCoupons(database, source, {})) {
    seen.push(...batch.map(({ code }) => code));
    await database.pool.query(
      `update coupons set customer_id = 'c', claimed_at = now() where pool_id = $1 and customer_id is null
          and code in (select code from coupons where pool_id = $1 and customer_id is null limit 500)`,
      [rows[0].id],
    );
  }
  expect([seen.length, new Set(seen).size]).toEqual([6_000, 6_000]);
});

const payloads = [
  "=1+1",
  "+1+1",
  "-1+1",
  "@SUM(A1)",
  "\t=1",
  "\r=1",
  "\n=1",
  "＝1+1",
  "＋1",
  "－1",
  "＠A1",
  '=HYPERLINK("http://x","y")',
  "=cmd|' /C calc'!A0",
  "-2+3+cmd|' /C calc'!A0",
  '","=1+1',
  "'=x",
  "''=x",
];

test("no cell of a CSV export begins with what a spreadsheet would run", async () => {
  const { key, codes } = await someCodes(api, payloads.length);
  for (const [index, customer] of payloads.entries())
    await api.rest("POST", `/v1/coupons/${codes[index]}/transfer`, { body: { customer } });
  const { text } = await api.rest("GET", `/v1/coupon-pools/${key}/codes?format=csv`);
  const rows: string[][] = parse(text);
  expect(rows).toHaveLength(payloads.length + 1);
  for (const cell of rows.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
  const customers = rows.slice(1).map((row) => row[6]!.replace(/^'/, ""));
  expect(customers.sort()).toEqual([...payloads].sort());
  // Each is read back as it was.
  const next = await makePool(api);
  await database.pool.query("delete from coupons where code = any ($1)", [codes]);
  expect(await importInto(next, text)).toEqual({ accepted: payloads.length, refused: 0, refusals: [] });
  const owners = (await exported(api, next)).map(({ customer }) => customer);
  expect(owners.sort()).toEqual([...payloads].sort());
});

test("what the exports hold is given back when a client goes away, and not more than three run at once", async () => {
  const key = await makePool(api);
  await generate(api, key, 50_000);
  const { couponExportService } = await import("../../../src/features/coupons/coupon-export-service.ts");
  const service = couponExportService({ database, clock: api.clock });
  const start = async () => {
    const { body } = await service.codes(api.project.id, key, {}, "ndjson");
    const reader = (body as AsyncIterable<string>)[Symbol.asyncIterator]();
    await reader.next();
    return reader;
  };
  const readers = [await start(), await start(), await start()];
  await expect(start()).rejects.toMatchObject({ code: "unavailable" });
  await readers[0]!.return?.();
  const next = await start();
  for (const reader of [...readers, next]) await reader.return?.();
  // Asked until it holds: the process also works in the background, with a connection now and then.
  await expect
    .poll(() => database.appPool.totalCount - database.appPool.idleCount + database.appPool.waitingCount)
    .toBe(0);
});
