/** Codes cannot be found by trying (G22). */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Listener, openListener } from "../../src/platform/listen.ts";
import { silentLog } from "../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Answer, type Api, startApi, testClock } from "./api.ts";
import { projectOfItsOwn, until } from "./limits-fixture.ts";
import { activePromotion, cartLines, couponsOf } from "./redemptions/redemption-fixture.ts";

const isLong = process.env.LONG === "1";

let database: TestDatabase;
let one: Api;
let two: Api;
const listeners: Listener[] = [];
/** One for both: processes agree about the time. */
const clock = testClock();

beforeAll(async () => {
  database = await freshDatabase();
  const process = () => {
    const listener = openListener(database.connectionString, silentLog);
    listeners.push(listener);
    return startApi(database, {
      clock,
      listener,
      rulebookPollMilliseconds: 50,
      countsExchangeMilliseconds: 20,
    });
  };
  one = await process();
  two = await process();
});
afterAll(async () => {
  await Promise.all([one.close(), two.close()]);
  await Promise.all(listeners.map((listener) => listener.close()));
  await database.close();
});

let guesses = 0;
/** Of the form of the pool's codes, and never the same. */
function guess(): string {
  guesses += 1;
  return `ZZ${String(guesses).padStart(10, "0")}`;
}

const cart = { currency: "CNY", lines: cartLines };
const codesOf = ({ body }: Answer): { reason: string | null; status: string }[] => body.codes;

/** A shop with one coupon and one code for everybody, and these limits on wrong codes. */
async function shop(wrongCodes: object) {
  const { project, apis } = await projectOfItsOwn(database, [one, two]);
  const [here, there] = apis;
  await couponsOf(database, project.id, "spring", ["AAAABBBBCCCC"], { maxUses: 1_000_000 });
  await activePromotion(here, "by-coupon", { trigger: { type: "coupon", pool: "spring" } });
  await activePromotion(here, "by-code", { trigger: { type: "code", code: "SAVE10" } });
  const set = await here.rest("PATCH", "/v1/project/safeguards", { body: { wrongCodes } });
  expect([set.status, set.body.wrongCodes]).toEqual([200, expect.objectContaining(wrongCodes)]);
  const version = (await here.rest("POST", "/v1/evaluations", { body: cart })).body.rulebook;
  await until(
    async () => (await there.rest("POST", "/v1/evaluations", { body: cart })).body.rulebook === version,
  );
  return { project, here, there };
}

async function tried(api: Api, codes: readonly string[], more: object = {}) {
  let answer: Answer;
  // A busy machine may turn some away at once, to be asked again.
  do
    answer = await api.rest("POST", "/v1/evaluations", {
      role: "checkout",
      body: { ...cart, codes, ...more },
    });
  while (answer.status === 503);
  return codesOf(answer).map(({ reason }) => reason);
}

test("a customer who tries too many wrong codes is heard no more, with right ones either; others are", async () => {
  const { here } = await shop({ perCustomer: 3 });
  const customer = { customer: { id: "c-1" } };
  expect(await tried(here, [guess(), guess(), guess()], customer)).toEqual(Array(3).fill("code_unknown"));
  expect(await tried(here, ["AAAABBBBCCCC", "SAVE10", guess()], customer)).toEqual(
    Array(3).fill("too_many_attempts"),
  );
  expect(await tried(here, ["AAAABBBBCCCC"], { customer: { id: "c-2" } })).toEqual([null]);
  expect(await tried(here, ["SAVE10"])).toEqual([null]);
  here.clock.advance(600_000);
  expect(await tried(here, ["SAVE10"], customer)).toEqual([null]);
});

test("a device, a phone and an address are counted as a customer is", async () => {
  const { here } = await shop({ perCustomer: 2 });
  for (const identifiers of [{ device: "d-1" }, { phone: "+86 1" }, { ip: "192.0.2.1" }]) {
    await tried(here, [guess(), guess()], { identifiers });
    expect(await tried(here, ["SAVE10"], { identifiers, customer: { id: "c-9" } })).toEqual([
      "too_many_attempts",
    ]);
  }
});

test("a cart that is priced again and again with the same wrong code has tried one", async () => {
  const { here } = await shop({ perCustomer: 2 });
  const typo = guess();
  for (let again = 0; again < 10; again++)
    expect(await tried(here, [typo, "SAVE10"], { customer: { id: "c-1" } })).toEqual(["code_unknown", null]);
});

test("beyond the limit every way of asking for a code is shut, whatever the code", async () => {
  const { here } = await shop({ perKey: 5 });
  const role = "pos";
  const asked = { role, body: { ...cart, codes: Array.from({ length: 5 }, guess) } } as const;
  await here.rest("POST", "/v1/evaluations", asked);

  for (const code of ["AAAABBBBCCCC", guess()]) {
    const refusals = [
      await here.rest("GET", `/v1/coupons/${code}`, { role }),
      await here.rest("GET", `/v1/coupons/${code}/qr`, { role }),
      await here.rest("POST", `/v1/coupons/${code}/transfer`, { role, body: { customer: "c-1" } }),
      await here.rest("GET", `/v1/redemptions?code=${code}`, { role }),
      await here.rest("GET", `/v1/referral-codes/${code.slice(0, 10)}/qr`, { role }),
    ];
    for (const { status, body, headers } of refusals) {
      expect([status, body.code]).toEqual([429, "too-many-attempts"]);
      expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    }
    for (const body of [{ codes: [code] }, { codes: [code], cart }])
      expect(codesOf(await here.rest("POST", "/v1/coupons/validate", { role, body }))[0]?.reason).toBe(
        "too_many_attempts",
      );
    const redemption = await here.rest("POST", "/v1/redemptions", {
      role,
      body: { ...cart, codes: [code], mode: "commit" },
    });
    expect(redemption.body).toMatchObject({
      code: "code-not-applied",
      errors: [{ path: "/codes/0", code: "too_many_attempts" }],
    });
    const voucher = await here.rest("POST", "/v1/offline/vouchers", {
      role,
      body: { code, currency: "CNY" },
    });
    expect(voucher.body.errors).toMatchObject([{ code: "too_many_attempts" }]);
  }
  // Another key of the project goes on.
  expect(await tried(here, ["AAAABBBBCCCC"])).toEqual([null]);
});

test("codes of members are counted with those of coupons, by whoever is said to have come", async () => {
  const { here, there } = await shop({ perCustomer: 3 });
  const programme = { friend: { kind: "points", points: 1 }, referrer: { kind: "points", points: 1 } };
  const call = { body: programme, headers: { "if-match": "*" } };
  expect((await here.rest("PUT", "/v1/referral-programmes/friends", call)).status).toBe(200);
  const join = { role: "checkout", body: { customer: "m-1" } } as const;
  const { code } = (await here.rest("POST", "/v1/referral-programmes/friends/members", join)).body;
  const refer = async (api: Api, given: string, customer: string) => {
    const body = { code: given, customer };
    const answer = await api.rest("POST", "/v1/referral-programmes/friends/referrals", {
      role: "checkout",
      body,
    });
    return [answer.status, answer.body.code];
  };
  const wrong = () => `Z${guess().slice(-9)}`;
  // The same one again, however it is typed, counts once.
  const typo = wrong();
  for (const typed of [typo, ` ${typo.toLowerCase()}`, wrong(), wrong()])
    expect(await refer(here, typed, "c-1")).toEqual([404, "referral-code-not-found"]);
  expect(await refer(here, code, "c-1")).toEqual([429, "too-many-attempts"]);
  expect(await tried(here, ["SAVE10"], { customer: { id: "c-1" } })).toEqual(["too_many_attempts"]);
  await until(async () => (await refer(there, code, "c-1"))[0] === 429);
  expect(await refer(here, code, "c-2")).toEqual([200, code]);
});

test("while a project is stopped its codes cannot be found by trying either, and a cart with codes counts nothing", async () => {
  const { here } = await shop({ perKey: 3 });
  await here.rest("POST", "/v1/project/stop", { body: { reason: "drill" } });
  expect(await tried(here, [guess(), guess(), guess(), guess()])).toEqual(
    Array(4).fill("promotions_stopped"),
  );
  const role = "checkout";
  const statuses: number[] = [];
  for (const code of [guess(), guess(), guess(), "AAAABBBBCCCC"])
    statuses.push((await here.rest("GET", `/v1/coupons/${code}`, { role })).status);
  expect(statuses).toEqual([404, 404, 404, 429]);
  const { body } = await here.rest("POST", "/v1/coupons/validate", {
    role,
    body: { codes: ["AAAABBBBCCCC"] },
  });
  expect(body.codes[0].reason).toBe("too_many_attempts");
});

test("of guesses that all come at once no more are answered than of those that come one by one", async () => {
  const { here } = await shop({ perKey: 5 });
  const ask = {
    lookUp: (code: string) => here.rest("GET", `/v1/coupons/${code}`, { role: "pos" }),
    quote: (code: string) => tried(here, [code]),
  };
  const statuses = (await Promise.all(Array.from({ length: 40 }, () => ask.lookUp(guess())))).map(
    ({ status }) => status,
  );
  expect(statuses.filter((status) => status === 404)).toHaveLength(5);
  expect(statuses.filter((status) => status === 429)).toHaveLength(35);
  const reasons = (await Promise.all(Array.from({ length: 40 }, () => ask.quote(guess())))).flat();
  expect(reasons.filter((reason) => reason === "code_unknown")).toHaveLength(5);
  expect(reasons.filter((reason) => reason === "too_many_attempts")).toHaveLength(35);
});

test("coupons of a campaign that is over are no wrong codes, even where no other takes coupons", async () => {
  const { here, project } = await shop({ perKey: 2 });
  const codes = ["MMMMNNNN0001", "MMMMNNNN0002", "MMMMNNNN0003"];
  await couponsOf(database, project.id, "over", codes);
  const { items } = (await here.rest("GET", "/v1/promotions")).body;
  const { id } = items.find(({ key }: { key: string }) => key === "by-coupon");
  await here.rest("POST", `/v1/promotions/${id}/pause`);
  for (const code of codes) expect(await tried(here, [code])).toEqual(["code_unknown"]);
  expect(await tried(here, ["SAVE10"])).toEqual([null]);
});

test("each way of asking counts what it was asked in vain", async () => {
  const { here } = await shop({ perKey: 7 });
  const role = "pos";
  await here.rest("GET", `/v1/coupons/${guess()}`, { role });
  await here.rest("POST", `/v1/coupons/${guess()}/transfer`, { role, body: { customer: "c-1" } });
  await here.rest("GET", `/v1/redemptions?code=${guess()}`, { role });
  await here.rest("POST", "/v1/coupons/validate", { role, body: { codes: [guess()] } });
  await here.rest("POST", "/v1/coupons/validate", { role, body: { codes: [guess()], cart } });
  await here.rest("POST", "/v1/redemptions", { role, body: { ...cart, codes: [guess()], mode: "commit" } });
  expect((await here.rest("GET", "/v1/coupons/AAAABBBBCCCC", { role })).status).toBe(200);
  const voucher = await here.rest("POST", "/v1/offline/vouchers", {
    role,
    body: { code: guess(), currency: "CNY" },
  });
  expect([voucher.status, voucher.body]).toEqual([409, expect.anything()]);
  expect((await here.rest("GET", "/v1/coupons/AAAABBBBCCCC", { role })).status).toBe(429);
});

test("what a code is answered does not tell one of another project, or of a private promotion, from one that nobody has", async () => {
  const { here, project } = await shop({});
  const other = await shop({});
  await couponsOf(database, other.project.id, "theirs", ["DDDDEEEEFFFF"]);
  await activePromotion(here, "staff", {
    trigger: { type: "code", code: "GGGGHHHHJJJJ" },
    visibility: "private",
    conditions: { kind: "customer_group", in: ["staff"] },
  });
  await couponsOf(database, project.id, "private", ["KKKKMMMMNNNN"]);
  await activePromotion(here, "private-pool", {
    trigger: { type: "coupon", pool: "private" },
    visibility: "private",
    conditions: { kind: "customer_group", in: ["staff"] },
  });
  const codes = ["PPPPQQQQRRRR", "DDDDEEEEFFFF", "GGGGHHHHJJJJ", "KKKKMMMMNNNN"];
  expect([...(await answersTo(here, codes))]).toHaveLength(1);

  // Seeded bug: a promotion that ought to be private is public.
  await couponsOf(database, project.id, "open", ["WWWWXXXXYYYY"]);
  await activePromotion(here, "open-pool", {
    trigger: { type: "coupon", pool: "open" },
    conditions: { kind: "customer_group", in: ["staff"] },
  });
  expect([...(await answersTo(here, [...codes, "WWWWXXXXYYYY"]))]).toHaveLength(2);
});

/** The different answers that these codes get, over both faces, wherever they are asked for; with status and length, without the code. */
async function answersTo(here: Api, codes: readonly string[]): Promise<Set<string>> {
  const role = "checkout";
  const headers = { "x-request-id": "the-same" };
  const seen = new Set<string>();
  for (const code of codes) {
    const customer = { id: "c-1" };
    const answers = [
      await here.rest("POST", "/v1/evaluations", {
        role,
        headers,
        body: { ...cart, customer, codes: [code] },
      }),
      await here.rest("POST", "/v1/coupons/validate", {
        role,
        headers,
        body: { codes: [code], cart: { ...cart, customer } },
      }),
      await here.rest("POST", "/v1/redemptions", {
        role,
        headers,
        body: { ...cart, customer, codes: [code], orderRef: "o-1", mode: "commit" },
      }),
      await here.graphql(
        `query ($c: EvaluationRequestInput!) { evaluate(input: $c) { total codes { code status reason promotion } notApplied { promotion } } }`,
        { c: { ...cart, customer, codes: [code] } },
        { role, headers },
      ),
    ];
    seen.add(
      answers
        .map(
          ({ status, text }) =>
            `${status} ${text.length} ${text.replaceAll(code, "…").replaceAll(/evl_\w+/g, "evl")}`,
        )
        .join("\n"),
    );
  }
  return seen;
}

test("a till and a customer still read why a code that they hold does not apply", async () => {
  const { here, project } = await shop({});
  await couponsOf(database, project.id, "mine", ["SSSSTTTTVVVV"], { customerId: "c-7" });
  await activePromotion(here, "for-me", { trigger: { type: "coupon", pool: "mine" } });
  await activePromotion(here, "big", {
    trigger: { type: "code", code: "BIG" },
    conditions: { kind: "subtotal", atLeast: { CNY: 50_000 } },
  });
  expect(await tried(here, ["SSSSTTTTVVVV", "BIG"], { customer: { id: "c-8" } })).toEqual([
    "code_of_another_customer",
    "subtotal_too_low",
  ]);
});

interface Attack {
  /** Codes to be tried, at least. */
  total: number;
  /** Wrong codes that one key may try. */
  perKey: number;
  nextCode: () => string;
}

/** Guesses at a pool of 50 coupons over both faces, with aliases and in batches, at two processes at once; answers what it came to. */
async function attack({ total, perKey, nextCode }: Attack) {
  const { project, here, there } = await shop({ perKey, perProject: 100_000 });
  const key = project.keys.checkout;
  await couponsOf(database, project.id, "prize", prizes);
  await activePromotion(here, "prize", { trigger: { type: "coupon", pool: "prize" } });
  await until(async () => {
    const body = { codes: [prizes[0]], cart };
    return codesOf(await there.rest("POST", "/v1/coupons/validate", { body }))[0]?.status === "applied";
  });

  const batchOf = (carts: number) =>
    Array.from({ length: carts }, () => ({ ...cart, codes: Array.from({ length: 20 }, nextCode) }));
  const ways = [
    async (api: Api) => {
      const body = { ...cart, codes: Array.from({ length: 20 }, nextCode) };
      return codesOf(await api.rest("POST", "/v1/evaluations", { key, body }));
    },
    async (api: Api) => {
      const body = { evaluations: batchOf(5) };
      const { items } = (await api.rest("POST", "/v1/evaluations/batch", { key, body })).body;
      return items.flatMap(({ quote }: { quote: { codes: object[] } }) => quote.codes);
    },
    async (api: Api) => {
      const fields = [1, 2].map(
        (n) => `a${n}: evaluateBatch(input: $b${n}) { items { quote { codes { status reason } } } }`,
      );
      const { body } = await api.graphql(
        `query ($b1: EvaluationBatchRequestInput!, $b2: EvaluationBatchRequestInput!) { ${fields.join(" ")} }`,
        Object.fromEntries([1, 2].map((n) => [`b${n}`, { evaluations: batchOf(2) }])),
        { key },
      );
      expect(body.errors).toBeUndefined();
      return Object.values<{ items: { quote: { codes: object[] } }[] }>(body.data).flatMap(({ items }) =>
        items.flatMap(({ quote }) => quote.codes),
      );
    },
  ];
  const answered = { looked: 0, cutOff: 0, hits: 0, told: 0 };
  for (let made = 0, turn = 0; made < total; turn++) {
    const rounds = await Promise.all([here, there].map((api) => ways[turn % ways.length]!(api)));
    for (const { status, reason } of rounds.flat() as { status: string; reason: string | null }[]) {
      made += 1;
      if (status === "applied") answered.hits += 1;
      else if (reason === "too_many_attempts") answered.cutOff += 1;
      else answered.looked += 1;
    }
  }
  // A right code, too, tells nothing any more.
  for (const api of [here, there]) {
    const body = { ...cart, codes: [prizes[1]] };
    const [right] = codesOf(await api.rest("POST", "/v1/evaluations", { key, body }));
    if (right?.reason !== "too_many_attempts") answered.told += 1;
  }
  return answered;
}

const prizes = Array.from({ length: 50 }, guess);

/** What an attack must not come to. */
function breachesOf(
  { looked, cutOff, hits, told }: Awaited<ReturnType<typeof attack>>,
  { total, perKey }: Attack,
) {
  const breaches: string[] = [];
  if (hits > 0) breaches.push(`${hits} codes were found`);
  if (told > 0) breaches.push("beyond the limit a right code is told from a wrong one");
  // Beyond the limit only what was under way, and what one process let in before it heard of the other.
  if (looked >= perKey * 2 + 400) breaches.push(`${looked} codes were looked at where ${perKey} may be`);
  if (looked < perKey) breaches.push(`only ${looked} codes were looked at where ${perKey} may be`);
  if (looked + cutOff + hits < total) breaches.push("codes were not answered");
  return breaches;
}

test("guesses through both faces, aliases and batches at two processes are cut off, and not one of them hits", async () => {
  const guesses = { total: isLong ? 100_000 : 3_000, perKey: 200, nextCode: guess };
  expect(breachesOf(await attack(guesses), guesses)).toEqual([]);
});

test("codes that can be guessed, and a limit that is not kept, would be noticed: seeded bugs", async () => {
  const guesses = { total: 1_000, perKey: 100, nextCode: guess };
  const isUnlimited = await attack({ ...guesses, perKey: 50_000 });
  expect(breachesOf(isUnlimited, guesses)).toEqual([
    "beyond the limit a right code is told from a wrong one",
    expect.stringMatching(/codes were looked at where 100 may be$/),
  ]);
  let drawn = 0;
  // Every twentieth is one of the pool's.
  const nextCode = () => (++drawn % 20 === 0 ? prizes[drawn % prizes.length]! : guess());
  const isGuessable = await attack({ ...guesses, nextCode });
  expect(breachesOf(isGuessable, guesses)).toEqual([expect.stringMatching(/codes were found$/)]);
});
