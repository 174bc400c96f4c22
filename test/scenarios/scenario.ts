/**
 * A scenario: a cart, promotions, and the whole trace that must come of them. One JSON file each; its figures were worked
 * out by hand from semantics.md, never copied from an answer.
 *
 * `expect` names things by key, never by position. It is exact in what it names, and complete: every line, every promotion
 * and stage, every reward and every code of the quote must be in it (`notApplied` only where the scenario lists it).
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { cartSchema } from "../../src/engine/cart.ts";
import { normalizeCode } from "../../src/engine/codes.ts";
import type { CouponFact, DepositFact, Facts } from "../../src/engine/facts.ts";
import { type CompiledPromotion, compilePromotion, promotionSchema } from "../../src/engine/promotion.ts";
import type { Quote } from "../../src/engine/quote.ts";
import { type Settings, settingsSchema } from "../../src/engine/settings.ts";

const amount = z.int().min(0);
const adjustment = z.union([amount, z.strictObject({ amount, runs: z.array(z.string()) })]);
const line = z.strictObject({
  discount: amount,
  total: amount,
  adjustments: z.record(z.string(), adjustment),
});

const expectSchema = z.strictObject({
  strategy: z.enum(["best", "priority"]).optional(),
  subtotal: amount,
  discount: amount,
  shipping: amount.default(0),
  shippingDiscount: amount.default(0),
  total: amount,
  due: amount,
  lines: z.record(z.string(), line),
  shippingLines: z.record(z.string(), line).default({}),
  /** By `key/stage`. */
  promotions: z.record(
    z.string(),
    z.strictObject({ amount, times: amount.optional(), unappliedAmount: amount.optional() }),
  ),
  rewards: z.array(z.looseObject({ promotion: z.string(), kind: z.string() })),
  codes: z.record(z.string(), z.record(z.string(), z.unknown())),
  notApplied: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
export type Expectation = z.output<typeof expectSchema>;

/** What the shell knows of the use of promotions and of coupons; such a scenario runs in the engine alone. */
const factsSchema = z.strictObject({
  usage: z.record(z.string(), z.looseObject({ total: z.int() })).optional(),
  coupons: z
    .record(
      z.string(),
      z.strictObject({ pool: z.string(), status: z.enum(["usable", "used", "expired", "void"]) }),
    )
    .optional(),
});

const scenarioSchema = z.strictObject({
  title: z.string(),
  /** The sentence of semantics.md that it shows, and how the figures follow. */
  why: z.string(),
  now: z.iso.datetime({ offset: true }),
  settings: z.record(z.string(), z.unknown()).optional(),
  promotions: z.array(z.record(z.string(), z.unknown())),
  cart: z.record(z.string(), z.unknown()),
  facts: factsSchema.optional(),
  expect: expectSchema,
});
export type Scenario = z.output<typeof scenarioSchema> & { name: string };

const folder = import.meta.dirname;

export function loadScenarios(): Scenario[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  return files.sort().map((file) => readScenario(join(folder, file)));
}

export function readScenario(path: string): Scenario {
  const parsed = scenarioSchema.safeParse(JSON.parse(readFileSync(path, "utf8")));
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return { ...parsed.data, name: path.slice(path.lastIndexOf("/") + 1, -".json".length) };
}

/** What the engine is called with for this scenario. */
export interface EngineCall {
  promotions: CompiledPromotion[];
  cart: z.output<typeof cartSchema>;
  facts: Facts;
  now: number;
  settings: Settings;
}

export function engineCall(scenario: Scenario): EngineCall {
  const settings = settingsSchema.parse(scenario.settings ?? {});
  const selectors = new Map();
  const promotions = scenario.promotions.map((document) => {
    const compiled = compilePromotion(promotionSchema.parse(document), {
      id: null,
      defaultTimezone: settings.timezone,
      selectors,
    });
    if (compiled.issues !== null)
      throw new Error(`${String(document.key)}: ${JSON.stringify(compiled.issues)}`);
    return compiled.promotion;
  });
  const cart = cartSchema.parse(scenario.cart);
  return { promotions, cart, facts: factsOf(cart, scenario), now: Date.parse(scenario.now), settings };
}

/** What the shell would load: a known customer of whom nothing is said has no orders, no segments and no tier. */
function factsOf(cart: EngineCall["cart"], { facts }: Scenario): Facts {
  const known = cart.customer?.facts;
  const lastOrderAt = known?.lastOrderAt;
  const deposits = new Map<string, DepositFact>();
  for (const { redemption, promotion, units } of cart.deposits ?? []) {
    if (promotion !== undefined) deposits.set(redemption, { promotion, units: units ?? 1 });
  }
  const coupons = new Map<string, CouponFact>();
  for (const [code, coupon] of Object.entries(facts?.coupons ?? {})) coupons.set(normalizeCode(code), coupon);
  return {
    ...((cart.customer?.id !== undefined || known !== undefined) && {
      completedOrders: known?.completedOrders ?? 0,
      lastOrderAt: lastOrderAt === undefined ? null : Date.parse(lastOrderAt),
      orders: (known?.orders ?? []).map((order) => ({ ...order, at: Date.parse(order.at) })),
      segments: known?.segments ?? [],
      tier: known?.tier ?? null,
    }),
    deposits,
    coupons,
    usage: new Map(Object.entries(facts?.usage ?? {})),
  };
}

type Amounts = Quote["lines"][number] | Quote["shippingLines"][number];

/** The quote in the words of the expectation: what the expectation leaves open is left out, all else must be equal. */
export function traceOf(quote: Quote, { expect: expected, cart }: Scenario): Expectation {
  const { lines } = cartSchema.parse(cart);
  const units = new Map(lines.map(({ id, quantity }) => [id, quantity]));
  return {
    ...(expected.strategy !== undefined && { strategy: quote.strategy }),
    subtotal: quote.subtotal,
    discount: quote.discount,
    shipping: quote.shipping,
    shippingDiscount: quote.shippingDiscount,
    total: quote.total,
    due: quote.due,
    lines: byId(quote.lines, expected.lines, units),
    shippingLines: byId(quote.shippingLines, expected.shippingLines, new Map()),
    promotions: unique(
      quote.promotions.map((row) => [
        `${row.promotion}/${row.stage}`,
        only(
          { amount: row.amount, times: row.times, unappliedAmount: row.unappliedAmount },
          expected.promotions[`${row.promotion}/${row.stage}`],
        ),
      ]),
    ) as Expectation["promotions"],
    rewards: rewardsIn(quote, expected),
    codes: unique(quote.codes.map(({ code, ...row }) => [code, only(row, expected.codes[code])])),
    ...(expected.notApplied !== undefined && {
      notApplied: unique(
        quote.notApplied.map(({ promotion, ...row }) => [
          promotion,
          only(row, expected.notApplied?.[promotion]),
        ]),
      ),
    }),
  };
}

type ShownAdjustment = z.output<typeof adjustment>;

function byId(
  rows: readonly Amounts[],
  expected: Expectation["lines"],
  units: ReadonlyMap<string, number>,
): Expectation["lines"] {
  return unique(
    rows.map((row) => {
      const adjustments = row.adjustments.map((made): [string, ShownAdjustment] => {
        const withStage = `${made.promotion}/${made.stage}`;
        const key = expected[row.id]?.adjustments[withStage] === undefined ? made.promotion : withStage;
        return [key, shown(made, units.get(row.id) ?? 1)];
      });
      return [row.id, { discount: row.discount, total: row.total, adjustments: unique(adjustments) }];
    }),
  );
}

/** A bare amount where every unit of the line gets the same; else with its runs, the largest first, units that get nothing left out. */
function shown({ amount: whole, runs }: Amounts["adjustments"][number], quantity: number): ShownAdjustment {
  const units = new Map<number, number>();
  for (const run of runs) units.set(run.amount, (units.get(run.amount) ?? 0) + run.units);
  const paying = [...units].filter(([each]) => each > 0).sort(([a], [b]) => b - a);
  if (paying.length === 1 && paying[0]![1] === quantity) return whole;
  return { amount: whole, runs: paying.map(([each, count]) => `${count} x ${each}`) };
}

/** Of `row` the fields that the expectation names; all of them where it does not know the row at all. */
function only<Row extends object>(row: Row, expected: object | undefined): Partial<Row> {
  if (expected === undefined) return row;
  const kept = Object.keys(expected).map((name) => [name, (row as Record<string, unknown>)[name]]);
  return Object.fromEntries(kept) as Partial<Row>;
}

/** Rewards in the order of the expectation, as a promotion may give several. */
function rewardsIn(quote: Quote, expected: Expectation): Expectation["rewards"] {
  const left = [...quote.rewards];
  const found = expected.rewards.flatMap((wanted) => {
    const matches = (reward: object) =>
      Object.entries(wanted).every(
        ([name, value]) =>
          JSON.stringify((reward as Record<string, unknown>)[name]) === JSON.stringify(value),
      );
    const exact = left.findIndex(matches);
    const at =
      exact >= 0
        ? exact
        : left.findIndex((reward) => reward.promotion === wanted.promotion && reward.kind === wanted.kind);
    return at < 0 ? [] : [only(left.splice(at, 1)[0]!, wanted) as Expectation["rewards"][number]];
  });
  return [...found, ...left];
}

/** Two rows of one key would hide each other. */
function unique<Value>(entries: readonly (readonly [string, Value])[]): Record<string, Value> {
  const rows: Record<string, Value> = {};
  for (const [key, value] of entries) {
    if (key in rows) throw new Error(`The quote names "${key}" twice.`);
    rows[key] = value;
  }
  return rows;
}
