/** The page at /console as it is served. What it does in a browser: test/browser. */
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { alertCodes } from "../../src/features/campaigns/campaign-board-schemas.ts";
import { campaignMetrics } from "../../src/features/campaigns/campaign-schemas.ts";
import { shownStatuses } from "../../src/features/promotions/promotion-status.ts";
import { setSecurityHeaders } from "../../src/platform/security-headers.ts";
import { createServer } from "../../src/platform/server.ts";
import { mountConsole } from "../../src/wiring/console.ts";

let app: FastifyInstance;
beforeAll(async () => {
  app = createServer({ logLevel: "silent" });
  setSecurityHeaders(app);
  mountConsole(app);
  await app.ready();
});
afterAll(() => app.close());

const get = (url: string, headers = {}) => app.inject({ method: "GET", url, headers });

test("the page and all it names are served, and run no script but ours", async () => {
  expect((await get("/console")).headers.location).toBe("console/");
  const page = await get("/console/");
  expect([page.statusCode, page.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  const policy = String(page.headers["content-security-policy"]);
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
  expect(policy).not.toContain("unsafe");
  expect(page.body).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/);
  const asked = new Set(["uplot.js"]);
  const named = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? "");
  for (const name of named) asked.add(name);
  for (const name of asked) {
    const file = await get(`/console/${name}`);
    expect([name, file.statusCode]).toEqual([name, 200]);
    if (name.startsWith("uplot")) continue;
    for (const [, imported = ""] of file.body.matchAll(/from "\.\/([^"]+)"/g)) asked.add(imported);
  }
  expect(asked.size).toBeGreaterThan(12);
});

test("a file that has not changed is not sent again", async () => {
  const { headers } = await get("/console/console.js");
  expect(headers["cache-control"]).toBe("no-cache");
  const again = await get("/console/console.js", { "if-none-match": `W/${headers.etag}, "other"` });
  expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, "", headers.etag]);
  expect((await get("/console/console.js", { "if-none-match": '"other"' })).statusCode).toBe(200);
});

test("nothing beside the page's files can be asked for", async () => {
  for (const path of [
    "tsconfig.json",
    "uplot.d.ts",
    "nothing.js",
    "../app.ts",
    "%2e%2e/app.js",
    "..%2fmain.js",
  ])
    expect([path, (await get(`/console/${path}`)).statusCode]).toEqual([path, 404]);
  expect((await app.inject({ method: "POST", url: "/console/" })).statusCode).toBe(404);
  expect((await get("/v1/campaigns")).statusCode).toBe(404);
});

// ---------------------------------------------------------------- what its modules say, without a browser

/** Plain JavaScript of which TypeScript knows nothing here; `tsc -p src/console` checks it for itself. */
const moduleOf = async (name: string) => import(new URL(`../../src/console/${name}`, import.meta.url).href);

test("both languages have the same words with the same places, and words for every code of the board", async () => {
  const { english } = (await moduleOf("words-en.js")) as { english: Record<string, string> };
  const { chinese } = (await moduleOf("words-zh.js")) as { chinese: Record<string, string> };
  expect(Object.keys(chinese).sort()).toEqual(Object.keys(english).sort());
  const places = (text = "") => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const [key, text] of Object.entries(english)) {
    expect([key, places(chinese[key])]).toEqual([key, places(text)]);
    expect([key, text === "" || chinese[key] === ""]).toEqual([key, false]);
  }
  const codes = [
    ...alertCodes.map((code) => `alert_${code}`),
    ...campaignMetrics.map((metric) => `metric_${metric}`),
    ...shownStatuses.map((status) => `status_${status}`),
  ];
  expect(codes.filter((code) => english[code] === undefined)).toEqual([]);
});

test("what is typed as an amount is minor units of its currency, exactly, or nothing", async () => {
  const { minorUnitsOf } = (await moduleOf("figures.js")) as {
    minorUnitsOf(typed: string, currency: string): number | null;
  };
  const typed = [
    ["19.99", "CNY", 1999],
    ["0,5", "EUR", 50],
    ["1200", "JPY", 1200],
    ["1.234", "KWD", 1234],
    ["1200.5", "JPY", null],
    ["1.999", "CNY", null],
    ["-1", "CNY", null],
    ["1e3", "CNY", null],
    ["", "CNY", null],
  ] as const;
  for (const [text, currency, minorUnits] of typed)
    expect([text, minorUnitsOf(text, currency)]).toEqual([text, minorUnits]);
});

test("the chart's line is the sum so far, stands still where nothing is sold, and ends now", async () => {
  const { linesOf } = (await moduleOf("chart.js")) as {
    linesOf(board: object, metric: string, goal: object): [number[], (number | null)[], (number | null)[]];
  };
  const at = (dayOfMonth: number, hour = 0) => new Date(Date.UTC(2026, 10, dayOfMonth, hour)).toISOString();
  const board = {
    startsAt: at(1),
    endsAt: at(11),
    asOf: at(6, 12),
    figures: { orders: 9 },
    // Two orders came before the points that are told.
    timeline: [
      { from: at(2), orders: 3 },
      { from: at(6), orders: 4 },
    ],
  };
  const [times, actual, expected] = linesOf(board, "orders", { by: at(11), target: 20 });
  expect(times.map((time) => new Date(time * 1_000).toISOString())).toEqual([
    at(1),
    at(2),
    at(3),
    at(6),
    at(6, 12),
    at(11),
  ]);
  expect(actual).toEqual([2, 2, 5, 5, 9, null]);
  expect(expected).toEqual([0, null, null, null, null, 20]);
});
