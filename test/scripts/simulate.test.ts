import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { simulate } from "../../scripts/simulate.ts";
import { InputError, minorUnitsOf } from "../../scripts/simulate-input.ts";
import { loadScenarios } from "../scenarios/scenario.ts";

const now = Date.parse("2026-11-11T02:00:00Z");
const root = join(import.meta.dirname, "../..");
const scenario = (name: string) => join(root, "test/scenarios", `${name}.json`);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dealwright-simulate-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | object): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const tenOff = [
  { key: "ten", trigger: { type: "automatic" }, benefits: [{ kind: "percent_off", percent: 10 }] },
];

test("a receipt names lines, discounts, gifts, codes and the total in major units", () => {
  const text = simulate([scenario("worked-case-11-11-balance")], now);
  for (const part of [
    /1 x SET-580 @ 580\.00 +580\.00/,
    /presale +-50\.00/,
    /friend \(friend-30\) +-30\.00/,
    /Total +500\.00/,
    /Due after deposits +450\.00/,
    /SERUM \(worth 200\.00\)/,
    /\+ friend-30/,
  ])
    expect(text).toMatch(part);
});

test("a near miss says what is missing and what it would save, in the language asked for", () => {
  const path = scenario("every-amount-one-cent-under");
  expect(simulate([path], now)).toMatch(/double11: .*0\.01.*30\.00/);
  expect(simulate([path, "--locale", "zh-CN"], now)).toMatch(/未享受[\s\S]*可省 30\.00/);
});

test("every scenario's total is on its receipt and in its JSON", () => {
  for (const { name, expect: expected } of loadScenarios()) {
    const quote = JSON.parse(simulate([scenario(name), "--json"], now)) as { total: number };
    expect([name, quote.total]).toEqual([name, expected.total]);
    expect(simulate([scenario(name)], now)).toContain("Total");
  }
});

test("a CSV of carts is priced cart by cart, in the currency's own decimals", () => {
  const carts = file(
    "carts.csv",
    'cart,sku,quantity,unit_price,currency,categories,shipping\nc1,MUG,2,10.00,CNY,"mugs|home",\nc1,TEA,1,"3.5",,,8\nc2,BOOK,1,1234,JPY,,\n',
  );
  const promotions = file("promotions.json", tenOff);
  const quotes = JSON.parse(simulate([carts, "--promotions", promotions, "--json"], now)) as {
    cart: string;
    quote: { total: number; currency: string };
  }[];
  // 10 % of 2350 and shipping of 800; 10 % of ¥1,234.
  expect(quotes.map(({ cart, quote }) => [cart, quote.currency, quote.total])).toEqual([
    ["c1", "CNY", 2350 - 235 + 800],
    ["c2", "JPY", 1234 - 123],
  ]);
});

test("an evaluation request with its own promotions is priced as it stands", () => {
  const path = file("request.json", {
    currency: "CNY",
    lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 1000 }],
    promotions: tenOff,
    only: true,
  });
  expect(simulate([path], now)).toMatch(/Total +9\.00/);
});

test("mistakes in the files are told with their place", () => {
  const broken = file("broken.json", {
    cart: { currency: "CNY", lines: [] },
    promotions: [{ ...tenOff[0], benefits: [{ kind: "percent_off", percent: 150 }] }],
  });
  const promotions = file("promotions.json", tenOff);
  const cases: [string[], RegExp][] = [
    [[], /Name one file/],
    [["--nonsense"], /nonsense/],
    [[join(folder, "none.json")], /none\.json cannot be read: ENOENT/],
    [[file("text.json", "{")], /text\.json is not JSON/],
    [[file("other.json", {})], /neither a scenario/],
    [[file("cart.json", { cart: { currency: "cny", lines: [] } })], /currency/],
    [[broken], /Promotion "ten" is not right[\s\S]*\/benefits\/0\/percent/],
    [[scenario("empty-cart"), "--at", "soon"], /--at/],
    [[file("a.csv", "cart,sku\n")], /--promotions/],
    [[file("b.csv", "cart,sku,quantity\n"), "--promotions", promotions], /lacks the column unit_price/],
    [
      [file("c.csv", "cart,sku,quantity,unit_price\nc1,A,1,1.005\n"), "--promotions", promotions],
      /row 2, unit_price: "1\.005"/,
    ],
    [
      [file("d.csv", "cart,sku,quantity,unit_price\nc1,A,two,1\n"), "--promotions", promotions],
      /row 2: "two"/,
    ],
  ];
  for (const [argv, message] of cases) {
    expect(() => simulate(argv, now)).toThrow(InputError);
    expect(() => simulate(argv, now)).toThrow(message);
  }
});

test("an amount in major units takes the currency's decimals", () => {
  expect(minorUnitsOf("1234", "JPY", "")).toBe(1234);
  expect(minorUnitsOf("1.5", "KWD", "")).toBe(1500);
  expect(() => minorUnitsOf("1.5", "JPY", "")).toThrow(InputError);
});

test("the command prints a receipt, and a mistake ends it with 2", async () => {
  const run = promisify(execFile);
  const command = [join(root, "scripts/simulate.ts")];
  const options = { cwd: root };
  const { stdout } = await run(
    process.execPath,
    ["--import", "tsx", ...command, scenario("hundred-percent-off")],
    options,
  );
  expect(stdout).toMatch(/Total +8\.00/);
  await expect(
    run(process.execPath, ["--import", "tsx", ...command, "none.json"], options),
  ).rejects.toMatchObject({ code: 2 });
});
