/** The console in a real Chromium, on the server that `npm start` starts, with the demo shop. */
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { demoKeys } from "../../src/features/demo/demo-keys.ts";
import { type RunningServer, startServer } from "../house/running-server.ts";

const day = 86_400_000;
const pictures = mkdtempSync(join(tmpdir(), "dealwright-console-"));
const places = [
  process.env.CHROMIUM ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

let server: RunningServer;
let browser: Browser;
let page: Page;
let viewerKey: string;
/** Whatever the browser complains of: errors of scripts, of the policy, of files that are not there. */
const complaints: string[] = [];

async function call<Answer>(method: string, path: string, key: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${server.url}/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return answer as Answer;
}

const at = (days: number) => new Date(Date.now() + days * day).toISOString();

async function buy(customer: string, quantity: number): Promise<void> {
  await call("POST", "redemptions", demoKeys.checkout, {
    orderRef: `order-${customer}`,
    currency: "CNY",
    channel: "web",
    customer: { id: customer },
    lines: [{ id: "1", sku: "LAMP", quantity, unitPrice: 25_000, unitCost: 11_000 }],
  });
}

async function promote(document: object): Promise<void> {
  const { id } = await call<{ id: string }>("POST", "promotions", demoKeys.marketing, document);
  await call("POST", `promotions/${id}/activate`, demoKeys.marketing);
}

beforeAll(async () => {
  server = await startServer();
  const adminKey = /Admin key +(\S+)/.exec(server.banner)?.[1] ?? "";
  viewerKey = (
    await call<{ secret: string }>("POST", "api-keys", adminKey, {
      name: "Console",
      role: "viewer",
      environment: "live",
    })
  ).secret;
  await call("POST", "campaigns", demoKeys.marketing, {
    key: "lamps",
    name: "Double Eleven",
    startsAt: at(-4),
    endsAt: at(6),
    timezone: "Asia/Shanghai",
    goals: [
      { metric: "gmv", target: 1_000_000 },
      { metric: "orders", target: 40 },
      { metric: "roi", target: 3 },
      { metric: "newCustomers", target: 5 },
    ],
    budget: { currency: "CNY", amount: 200_000 },
  });
  await promote({
    key: "lamps-5",
    campaign: "lamps",
    trigger: { type: "automatic" },
    stacking: { group: "lamps" },
    benefits: [{ kind: "percent_off", select: { skus: ["LAMP"] }, percent: 5 }],
  });
  for (const [index, quantity] of [2, 4, 1, 6].entries()) await buy(`c-${index}`, quantity);
  await promote({
    key: "capped",
    name: "Capped",
    trigger: { type: "code", code: "CAP" },
    stacking: { group: "capped" },
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 3_000 } }],
    budget: { amount: { CNY: 100_000 } },
    limits: { total: 8 },
  });
  await call("POST", "redemptions", demoKeys.checkout, {
    orderRef: "order-capped",
    currency: "CNY",
    channel: "dealer",
    codes: ["CAP"],
    lines: [{ id: "1", sku: "SOAP", quantity: 1, unitPrice: 5_000 }],
  });
  const executablePath = places.find((place) => existsSync(place));
  if (executablePath === undefined) throw new Error("no Chromium: install one, or name it in CHROMIUM");
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  page = await browser.newPage({ locale: "en-GB", viewport: { width: 1280, height: 1000 } });
  page.setDefaultTimeout(30_000);
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** What can be told of a page without knowing it: a heading, landmarks, names for what can be used, no id twice. */
async function faults(): Promise<string[]> {
  return page.evaluate(`(() => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const ids = all("[id]").map(({ id }) => id);
    const nameOf = (one) => one.getAttribute("aria-label") ?? [...(one.labels ?? [])].map((label) => label.textContent).join("") + one.textContent;
    return [
      all("h1").length === 1 ? null : "one h1 is wanted",
      all("main").length === 1 && all("header").length === 1 ? null : "landmarks are missing",
      document.documentElement.lang === "" ? "no language" : null,
      document.title === "" ? "no title" : null,
      ...all("input, select, button, [role=progressbar], [role=img]").filter((one) => nameOf(one).trim() === "").map((one) => "no name: " + one.outerHTML),
      ...all("img:not([alt])").map((one) => "no alt: " + one.outerHTML),
      ...all("[aria-labelledby]").filter((one) => !ids.includes(one.getAttribute("aria-labelledby"))).map((one) => "labelled by nothing: " + one.className),
      ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => "twice: " + id),
      ...all("th:not([scope])").map((one) => "no scope: " + one.textContent),
    ].filter((fault) => fault !== null);
  })()`);
}

/** A key that is refused is an answer that the browser notes as well. */
const isRefusal = (text: string) => /status of 40[13]/.test(text);

test("a merchant signs in, watches a campaign live, and prices a cart, in two languages", async () => {
  await page.goto(`${server.url}/console`);
  const key = page.getByLabel("API key");
  await key.fill("dw_live_wrong");
  expect(await faults()).toEqual([]);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("This key is not known").waitFor();
  await key.fill(viewerKey);
  await page.keyboard.press("Enter");

  await page.getByRole("link", { name: "Double Eleven" }).click();
  await page.locator(".connection.live").waitFor();
  await page.locator('[data-figure="orders"]', { hasText: /^4$/ }).waitFor();
  const gmv = await page.locator('[data-figure="gmv"]').textContent();
  await page.locator("canvas").waitFor();
  expect(await faults()).toEqual([]);
  expect(await page.locator(".tile").first().textContent()).toMatch(/Gross margin \d/);
  expect(await page.getByRole("progressbar", { name: "GMV" }).getAttribute("aria-valuetext")).toContain(
    "of CN",
  );

  await buy("c-live", 3);
  await page.locator('[data-figure="orders"]', { hasText: /^5$/ }).waitFor();
  expect(await page.locator('[data-figure="gmv"]').textContent()).not.toBe(gmv);
  await page.screenshot({ path: join(pictures, "board.png"), fullPage: true });

  await page.getByRole("link", { name: "Promotions" }).click();
  await page.getByText("30 off every 200").first().waitFor();
  // What is left of a budget, and not only the whole.
  const capped = page.getByRole("row", { name: "Capped" });
  await capped.getByText(/970\.00 left of .*1,000\.00/).waitFor();
  expect(await capped.getByRole("cell").last().textContent()).toBe("7");
  expect(await faults()).toEqual([]);
  await page.screenshot({ path: join(pictures, "promotions.png") });

  await page.getByRole("link", { name: "Cart simulator" }).click();
  await page.getByRole("button", { name: "Fill in an example" }).click();
  await page.getByRole("button", { name: "Price the cart" }).click();
  await page.getByText("This key may look, but not price carts.").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("API key").fill(demoKeys.marketing);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Price the cart" }).click();
  // The README's first cart: 307.00 to pay.
  await page.locator(".sums .total", { hasText: "307.00" }).waitFor();
  const receipt = (await page.locator(".receipt").textContent()) ?? "";
  for (const text of ["30 off every 200", "TOTE-BAG", "nobody has this code", "1 more for"])
    expect(receipt).toContain(text);
  expect(await faults()).toEqual([]);
  await page.screenshot({ path: join(pictures, "cart.png"), fullPage: true });

  await page.getByRole("button", { name: "中文" }).click();
  await page.locator(".receipt", { hasText: "每满200减30" }).waitFor();
  expect(await page.locator("h1").textContent()).toBe("顾客要付多少钱？");
  expect(await page.evaluate("document.documentElement.lang")).toBe("zh-CN");
  await page.reload();
  expect(await page.locator("h1").textContent()).toBe("顾客要付多少钱？");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto(`${server.url}/console/#/campaigns/lamps`);
  await page.locator("canvas").waitFor();
  await page.screenshot({ path: join(pictures, "dark.png"), fullPage: true });

  expect(complaints.filter((text) => !isRefusal(text))).toEqual([]);
  process.stdout.write(`pictures: ${pictures}\n`);
});
