/**
 * Medusa's promotion module on its own PostgreSQL tables, one database for each number of promotions. `computeActions` reads
 * the promotions of the cart from there each time, as it does in a shop. Measured with `jit=off`, alone and eight at once,
 * and where this PostgreSQL has a JIT compiler also as it comes.
 */
import { createRequire } from "node:module";
import { MedusaModule } from "@medusajs/framework/modules-sdk";
import type { ComputeActions, CreatePromotionDTO, IPromotionModuleService } from "@medusajs/framework/types";
import pg from "pg";
import { attend } from "../contender.ts";
import { cartLines, lineTotal, type Rule, subtotal } from "../shop.ts";
import { copyPromotions } from "./medusa-copies.ts";

const server = process.env.BENCH_MEDUSA_SERVER ?? "";
const packagePath = createRequire(import.meta.url).resolve("@medusajs/promotion");
const currency = "cny";

/**
 * In whole units, as Medusa counts. With region, channel, address and group, as a shop sends them, it is faster than without:
 * from eleven attributes on it asks first which of them any rule is about.
 */
const cart = {
  currency_code: currency,
  subtotal: subtotal / 100,
  region: { id: "cn-sh" },
  sales_channel_id: "web",
  shipping_address: { country_code: "cn" },
  customer: { id: "customer", groups: [{ id: "everybody" }] },
  items: cartLines.map((line) => ({
    id: line.id,
    quantity: line.quantity,
    subtotal: lineTotal(line) / 100,
    original_total: lineTotal(line) / 100,
    is_discountable: true,
    product: { id: line.sku },
  })),
};

attend(async (rules) => {
  const database = `medusa_${rules.length}`;
  await onServer(server, `create database ${database}`);
  const url = new URL(server);
  url.pathname = database;
  await quietly(() =>
    MedusaModule.migrateUp({
      moduleKey: "promotion",
      modulePath: packagePath,
      options: optionsOf(url, "off"),
      cwd: process.cwd(),
    }),
  );
  const service = await serviceOn(url, "off");
  const hasJit = await seed(service, rules, url);
  const discount = discountIn(await service.computeActions([], cart));
  const subject = (name: string, asked: IPromotionModuleService, lanes = 1) => ({
    name: `@medusajs/promotion${name}`,
    discount,
    lanes,
    evaluate: () => asked.computeActions([], cart),
  });
  return [
    ...(hasJit ? [subject(", PostgreSQL as it comes", await serviceOn(url, "on"))] : []),
    subject("", service),
    subject(", 8 at once", service, 8),
  ];
});

/**
 * The first hundred through the module itself; the others are copies of fifty that do not touch the cart. Answers whether
 * this PostgreSQL has a JIT compiler.
 */
async function seed(service: IPromotionModuleService, rules: readonly Rule[], url: URL): Promise<boolean> {
  const own = rules.slice(0, 100);
  await service.createPromotions(own.map(promotionOf));
  const client = new pg.Client(url.href);
  await client.connect();
  try {
    const copied = own.slice(50).map(({ key }) => key);
    const times = (rules.length - own.length) / 50;
    if (times > 0) await copyPromotions(client, copied, times);
    await client.query("vacuum analyze");
    const { rows } = await client.query<{ count: number; jit: boolean }>(
      "select count(*)::int as count, pg_jit_available() as jit from promotion",
    );
    if (rows[0]?.count !== rules.length) throw new Error("Medusa has another number of promotions");
    return rows[0].jit;
  } finally {
    await client.end();
  }
}

function promotionOf(rule: Rule): CreatePromotionDTO {
  const common = { code: rule.key, type: "standard", status: "active", is_automatic: true } as const;
  if (rule.kind === "amount_off_order")
    return {
      ...common,
      rules: [{ attribute: "subtotal", operator: "gte", values: [String(rule.atLeast / 100)] }],
      application_method: {
        type: "fixed",
        target_type: "order",
        allocation: "across",
        value: rule.amount / 100,
        currency_code: currency,
      },
    };
  return {
    ...common,
    application_method: {
      type: "percentage",
      target_type: "items",
      allocation: "across",
      value: rule.percent,
      currency_code: currency,
      target_rules: [{ attribute: "items.product.id", operator: "in", values: [...rule.names] }],
    },
  };
}

function optionsOf(url: URL, jit: "on" | "off") {
  const clientUrl = new URL(url);
  if (jit === "off") clientUrl.searchParams.set("options", "-c jit=off");
  return { database: { clientUrl: clientUrl.href, pool: { min: 8, max: 16 } } };
}

async function serviceOn(url: URL, jit: "on" | "off"): Promise<IPromotionModuleService> {
  const { promotion } = await MedusaModule.bootstrap<IPromotionModuleService>({
    moduleKey: "promotion",
    defaultPath: packagePath,
    declaration: { scope: "internal", options: optionsOf(url, jit) } as never,
    injectedDependencies: { logger: silent },
  });
  if (promotion === undefined) throw new Error("Medusa's promotion module did not start");
  return promotion;
}

const nothing = (): void => undefined;
const silent = { info: nothing, log: nothing, debug: nothing, warn: console.error, error: console.error };

async function quietly(work: () => Promise<unknown>): Promise<void> {
  const { log, info } = console;
  Object.assign(console, { log: nothing, info: nothing });
  try {
    await work();
  } finally {
    Object.assign(console, { log, info });
  }
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** In minor units. Medusa rounds nothing. */
function discountIn(actions: readonly ComputeActions[]): number {
  const sum = actions.reduce(
    (total, one) => (one.action === "addItemAdjustment" ? total + Number(one.amount) : total),
    0,
  );
  return Math.round(sum * 100 * 1_000) / 1_000;
}
