import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { someCodes } from "./coupon-fixture.ts";

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

const path = (code: string, action = "") => `/v1/coupons/${encodeURIComponent(code)}${action}`;
const get = (code: string) => api.rest("GET", path(code));
const post = (code: string, action: string, body?: object) =>
  api.rest("POST", path(code, action), { ...(body && { body }) });
const validate = (body: object) => api.rest("POST", "/v1/coupons/validate", { body, role: "pos" });

async function promote(pool: string) {
  const { body } = await api.rest("POST", "/v1/promotions", {
    body: {
      key: `with-${pool}`,
      trigger: { type: "coupon", pool },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 500 } }],
    },
  });
  expect((await api.rest("POST", `/v1/promotions/${body.id}/activate`)).status).toBe(200);
}

const cart = {
  currency: "CNY",
  customer: { id: "c-1" },
  lines: [{ id: "1", sku: "MUG", quantity: 1, unitPrice: 2_000 }],
};

test("a code is found however it is typed", async () => {
  const { codes } = await someCodes(api, 60, { pattern: "Mai-######-#######" });
  const confusing = codes.filter((code) => /[01]/.test(code.slice(4)));
  expect(confusing.length).toBeGreaterThan(5);
  for (const code of codes) {
    const spellings = [
      code,
      code.toLowerCase(),
      code.replaceAll("-", ""),
      ` ${code.replaceAll("-", " – ")} `,
      code.replaceAll("0", "O").replaceAll("1", "l"),
      code.replaceAll("0", "o").replaceAll("1", "I"),
      code.replace(/[A-Z0-9]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)),
    ];
    for (const typed of spellings) expect((await get(typed)).body.code, typed).toBe(code);
  }
});

test("where the alphabet tells look-alikes apart, they are apart", async () => {
  const { codes } = await someCodes(api, 40, { alphabet: "01OIL", length: 40 });
  for (const code of codes) {
    expect((await get(code)).body.code).toBe(code);
    if (code.includes("O")) expect((await get(code.replaceAll("O", "0"))).status).toBe(404);
    expect((await get(code.replaceAll("0", "O").replaceAll("1", "I"))).status).toBe(404);
  }
});

test("an unknown code, a code of another project and no code at all look the same", async () => {
  const other = await startApi(database);
  const { codes } = await someCodes(other, 1);
  const wrong = `${codes[0]!.slice(0, -1)}U`;
  for (const [method, action, body] of [
    ["GET", "", undefined],
    ["GET", "/qr", undefined],
    ["POST", "/void", undefined],
    ["POST", "/transfer", { customer: "c-1" }],
  ] as const) {
    const answers = [];
    for (const code of [codes[0]!, wrong, "---"]) {
      const answer = await api.rest(method, path(code, action), {
        ...(body && { body }),
        headers: { "x-request-id": "same" },
      });
      const { date: _, ratelimit: _left, ...headers } = answer.headers;
      answers.push({ ...answer, headers });
    }
    expect(answers[0]).toMatchObject({ status: 404, body: { code: "coupon-not-found" } });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  }
  const asked = await validate({ codes: [codes[0], wrong, "---"] });
  const rows = asked.body.codes.map(({ code: _, ...row }: { code: string }) => row);
  expect(rows).toEqual(Array(3).fill(rows[0]));
  expect(rows[0]).toMatchObject({ status: "rejected", reason: "code_unknown" });
  expect((await other.rest("GET", path(codes[0]!))).status).toBe(200);
  await other.close();
});

test("a coupon says what is left of it", async () => {
  const { key, codes } = await someCodes(api, 1, { usesPerCode: 3, expiresAt: "2026-11-12T00:00:00Z" });
  const [code] = codes as [string];
  expect((await get(code)).body).toEqual({
    code,
    pool: key,
    status: "usable",
    uses: 3,
    usesLeft: 3,
    expiresAt: "2026-11-12T00:00:00.000Z",
    customer: null,
    claimedAt: null,
    createdAt: "2026-11-11T00:00:00.000Z",
  });
  const take = (used: number, reserved: number) =>
    database.pool.query("update coupons set used = $1, reserved = $2 where code = $3", [
      used,
      reserved,
      code,
    ]);
  await take(1, 1);
  expect((await get(code)).body).toMatchObject({ status: "usable", usesLeft: 1 });
  await take(1, 2);
  expect((await get(code)).body).toMatchObject({ status: "used", usesLeft: 0 });
  await take(0, 0);
  const later = await startApi(database, {
    clock: { ...api.clock, now: () => Date.parse("2026-11-12T00:00:00Z") },
  });
  const headers = { authorization: `Bearer ${api.project.keys.pos}` };
  expect((await later.rest("GET", path(code), { key: null, headers })).body.status).toBe("expired");
  await later.close();
});

test("a void coupon stays void, and cannot be given away", async () => {
  const { codes } = await someCodes(api, 1);
  const [code] = codes as [string];
  expect((await post(code, "/void")).body.status).toBe("void");
  expect((await post(code, "/void")).body.status).toBe("void");
  expect((await post(code, "/transfer", { customer: "c-1" })).body.code).toBe("coupon-state-conflict");
  expect((await validate({ codes: [code] })).body.codes[0].reason).toBe("code_void");
});

test("a transferred coupon is the new customer's alone", async () => {
  const { key, codes } = await someCodes(api, 2);
  await promote(key);
  const [mine, anybodys] = codes as [string, string];
  expect((await post(mine, "/transfer", { customer: "c-1" })).body).toMatchObject({
    customer: "c-1",
    claimedAt: "2026-11-11T00:00:00.000Z",
  });
  const reasons = async (customer: string | null) => {
    const request = { codes: [mine, anybodys], ...(customer && { customer }) };
    return (await validate(request)).body.codes.map(({ reason }: { reason: string }) => reason);
  };
  expect(await reasons("c-1")).toEqual([null, null]);
  expect(await reasons("c-2")).toEqual(["code_of_another_customer", null]);
  expect(await reasons(null)).toEqual(["code_of_another_customer", null]);
  expect((await post(mine, "/transfer", { customer: "c-2" })).body.customer).toBe("c-2");
  expect(await reasons("c-1")).toEqual(["code_of_another_customer", null]);

  const quoteFor = async (id: string) =>
    (await api.rest("POST", "/v1/evaluations", { body: { ...cart, customer: { id }, codes: [mine] } })).body;
  expect(await quoteFor("c-2")).toMatchObject({ discount: 500, codes: [{ status: "applied" }] });
  expect(await quoteFor("c-1")).toMatchObject({
    discount: 0,
    codes: [{ status: "rejected", reason: "code_of_another_customer" }],
  });
});

test("a coupon that an order holds is not given away", async () => {
  const { codes } = await someCodes(api, 1, { usesPerCode: 2 });
  const [code] = codes as [string];
  await database.pool.query("update coupons set reserved = 1 where code = $1", [code]);
  expect((await post(code, "/transfer", { customer: "c-1" })).body.code).toBe("coupon-state-conflict");
});

test("without a cart a coupon is usable only where a promotion that needs one is on", async () => {
  const { key, codes } = await someCodes(api, 1);
  const reason = async () => (await validate({ codes })).body.codes[0].reason;
  expect(await reason()).toBe("code_unknown");
  const planned = async (name: string, fields: object) => {
    const benefits = [{ kind: "amount_off", target: "order", amount: { CNY: 500 } }];
    const body = { key: `${name}-${key}`, trigger: { type: "coupon", pool: key }, benefits, ...fields };
    const made = await api.rest("POST", "/v1/promotions", { body });
    expect((await api.rest("POST", `/v1/promotions/${made.body.id}/activate`)).status).toBe(200);
    return made.body.id;
  };
  const later = { startsAt: "2027-01-01T00:00:00Z" };
  await planned("secret", { schedule: later, visibility: "private" });
  expect(await reason()).toBe("code_unknown");
  await planned("later", { schedule: later });
  expect(await reason()).toBe("not_started");
  const id = await planned("now", {});
  expect(await reason()).toBe(null);
  expect((await api.rest("POST", `/v1/promotions/${id}/end`)).status).toBe(200);
  expect(await reason()).toBe("not_started");
});

test("no coupon is issued for no time at all", async () => {
  const coupon = { kind: "issue_coupon", pool: "any", validFor: "P0D" };
  const trigger = { type: "automatic" };
  const promotion = await api.rest("POST", "/v1/promotions", {
    body: { key: "for-no-time", trigger, benefits: [coupon] },
  });
  expect([promotion.status, promotion.body.errors[0].path]).toEqual([400, "/benefits/0/validFor"]);
  const prize = { kind: "coupon", pool: "any", validFor: "PT0S" };
  const draw = await api.rest("POST", "/v1/draws", {
    body: {
      ...{ key: "for-no-time", startsAt: "2098-11-11T00:00:00Z", endsAt: "2098-11-12T00:00:00Z", total: 2 },
      prizes: [
        { key: "coupon", odds: 1, stock: 1, prize },
        { key: "nothing", odds: 1 },
      ],
      consolation: "nothing",
    },
  });
  expect([draw.status, draw.body.errors[0].path]).toEqual([400, "/prizes/0/prize/validFor"]);
});

test("with a cart validation says what an evaluation would say", async () => {
  const { key, codes } = await someCodes(api, 2);
  await promote(key);
  const typed = [codes[0]!.toLowerCase(), "nothing", codes[1]!];
  const { status, body } = await validate({ codes: typed, cart });
  expect(status).toBe(200);
  expect(body.codes).toMatchObject([
    { code: typed[0], status: "applied", reason: null, promotion: `with-${key}` },
    { code: "nothing", status: "rejected", reason: "code_unknown", promotion: null },
    { code: codes[1], status: "rejected", reason: "code_not_needed" },
  ]);
  const quote = await api.rest("POST", "/v1/evaluations", { body: { ...cart, codes: typed } });
  const short = ({ code, status, reason }: Record<string, string>) => ({ code, status, reason });
  expect(body.codes.map(short)).toEqual(quote.body.codes.map(short));
});

test("a customer's coupons are listed page by page, and nobody else's", async () => {
  const { codes } = await someCodes(api, 7);
  for (const code of codes) {
    await post(code, "/transfer", { customer: "c-list" });
    api.clock.advance(1);
  }
  const seen: string[] = [];
  for (let after = ""; ; ) {
    const { body } = await api.rest("GET", `/v1/coupons?customer=c-list&limit=3${after}`, {
      role: "checkout",
    });
    seen.push(...body.items.map(({ code }: { code: string }) => code));
    if (body.nextCursor === null) break;
    after = `&after=${body.nextCursor}`;
  }
  expect(seen).toEqual(codes.toReversed());
  const other = await startApi(database);
  expect((await other.rest("GET", "/v1/coupons?customer=c-list")).body.items).toEqual([]);
  await other.close();
  expect((await api.rest("GET", "/v1/coupons")).status).toBe(400);
});

test("a code is to be had as a QR image, SVG or PNG", async () => {
  const { codes } = await someCodes(api, 1);
  const image = (query: string, accept: string) =>
    api.rest("GET", path(codes[0]!, `/qr${query}`), { headers: { accept } });
  const svg = await image("", "*/*");
  expect([svg.status, svg.headers["content-type"]]).toEqual([200, "image/svg+xml"]);
  expect(svg.text).toMatch(/^<svg .*<\/svg>\s*$/s);
  for (const png of [await image("?format=png&size=100", "*/*"), await image("", "image/png")]) {
    expect(png.headers["content-type"]).toBe("image/png");
    expect(png.text.slice(1, 4)).toBe("PNG");
  }
  expect((await image("?size=3000", "*/*")).status).toBe(400);
});

test("who may do what", async () => {
  const { codes } = await someCodes(api, 1);
  const [code] = codes as [string];
  const statuses = async (role: "checkout" | "pos" | "erp" | "marketing" | "viewer") => [
    (await api.rest("GET", path(code), { role })).status,
    (await api.rest("POST", "/v1/coupons/validate", { role, body: { codes: [code] } })).status,
    (await api.rest("POST", path(code, "/transfer"), { role, body: { customer: "c" } })).status,
    (await api.rest("POST", path(code, "/void"), { role })).status,
  ];
  expect(await statuses("viewer")).toEqual([200, 403, 403, 403]);
  expect(await statuses("erp")).toEqual([403, 403, 403, 403]);
  expect(await statuses("checkout")).toEqual([200, 200, 200, 403]);
  expect(await statuses("pos")).toEqual([200, 200, 200, 403]);
  expect(await statuses("marketing")).toEqual([200, 200, 200, 200]);
});
