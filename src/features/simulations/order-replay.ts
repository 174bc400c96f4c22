/** Prices past orders again: by the rules in force, and by what a draft would make of them. Pure; it runs in threads of its own. */
import type { Cart } from "../../engine/cart.ts";
import { evaluate } from "../../engine/evaluate.ts";
import type { Facts } from "../../engine/facts.ts";
import { limits } from "../../engine/limits.ts";
import { grantedOf } from "../../engine/profile.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import type { Quote } from "../../engine/quote.ts";
import { rfmScores } from "../../engine/rfm.ts";
import { buildRulebook } from "../../engine/rulebook.ts";
import type { Settings } from "../../engine/settings.ts";
import { EvaluationTooComplex } from "../../engine/work-budget.ts";
import { millisecondsPerDay } from "../../engine/zone.ts";
import { customerFacts, type History } from "../facts/given-facts.ts";
import { checkDocument } from "../promotions/promotion-document.ts";
import type { PastOrder, ReplayNeeds, StoredRule } from "./past-order.ts";

/** What is replayed: settled when the simulation was made, so that it comes out the same whoever goes on with it. */
export interface ReplayPlan {
  /** Documents. */
  readonly drafts: readonly unknown[];
  /** The drafts instead of the rules in force. */
  readonly only: boolean;
  readonly codes: "everybody" | "nobody";
  readonly shiftDays: number;
  readonly elasticity: number | null;
  /** Of the project, with the strategy that was asked for. */
  readonly settings: Settings;
}

export type GiftCostOf = (promotion: string, benefit: number, currency: string) => number | null;

export interface Replayed {
  /** By the rules in force. */
  readonly baseline: Quote;
  readonly scenario: Quote;
}

export interface Replayer {
  readonly plan: ReplayPlan;
  readonly drafts: readonly CompiledPromotion[];
  readonly needs: ReplayNeeds;
  /** Why it cannot be priced, or both quotes. */
  replay(order: PastOrder): Replayed | LeftOut;
  /** What a unit costs that a benefit gives; null: nobody said. */
  readonly giftCostOf: Readonly<Record<"baseline" | "scenario", GiftCostOf>>;
  /** The instant that an order is priced for, epoch milliseconds. */
  instantOf(order: PastOrder): number;
}

export type LeftOut = "too_many_lines" | "too_complex";

const historyNames = ["completedOrders", "lastOrderAt", "orders"] as const;

export function replayer(rules: readonly StoredRule[], plan: ReplayPlan): Replayer {
  const { settings, only, codes, shiftDays } = plan;
  const { timezone } = settings;
  const selectors = new Map();
  const compile = (document: unknown, id: string | null) =>
    checkDocument(document, { id, timezone, selectors }).compiled;
  // One that no longer compiles is not in force either.
  const live = rules.flatMap(({ id, document }) => compile(document, id) ?? []);
  const drafts = plan.drafts.flatMap(
    (document) => compile(codes === "everybody" ? withoutCode(document) : document, null) ?? [],
  );
  const replaced = new Set(drafts.map(({ key }) => key));
  const baselineBook = buildRulebook("baseline", live);
  const beside = only ? [] : live.filter(({ key }) => !replaced.has(key));
  const tried = [...beside, ...drafts];
  const scenarioBook = buildRulebook("scenario", tried);
  const shift = shiftDays * millisecondsPerDay;
  const options = { settings };
  const instantOf = ({ at }: PastOrder) => at + shift;
  return {
    plan,
    drafts,
    needs: needsOf([...live, ...drafts]),
    giftCostOf: { baseline: giftCosts(live), scenario: giftCosts(tried) },
    instantOf,
    replay(order) {
      if (order.document.lines.length > limits.linesPerCart) return "too_many_lines";
      const cart = cartOf(order);
      const facts = factsOf(order, cart, shift);
      const now = instantOf(order);
      try {
        return {
          baseline: evaluate(baselineBook, cart, facts, now, options),
          scenario: evaluate(scenarioBook, cart, facts, now, options),
        };
      } catch (error) {
        if (error instanceof EvaluationTooComplex) return "too_complex";
        throw error;
      }
    },
  };
}

function giftCosts(promotions: readonly CompiledPromotion[]): GiftCostOf {
  const benefits = new Map(promotions.map(({ key, document }) => [key, document.benefits]));
  return (promotion, place, currency) => {
    const benefit = benefits.get(promotion)?.[place];
    if (benefit?.kind !== "gift" && benefit?.kind !== "service") return null;
    const unitCost = benefit.unitCost as Readonly<Record<string, number>> | undefined;
    return unitCost?.[currency] ?? null;
  };
}

/** Whoever has the code gets what they would get without one. */
function withoutCode(document: unknown): unknown {
  return { ...(document as object), trigger: { type: "automatic" } };
}

function needsOf(promotions: readonly CompiledPromotion[]): ReplayNeeds {
  const asks = (name: NonNullable<CompiledPromotion["conditions"]>["needs"][number]) =>
    promotions.some(({ conditions }) => conditions?.needs.includes(name));
  const scores = asks("rfm");
  return {
    history: scores || historyNames.some(asks),
    profile: promotions.some(({ readsCustomer }) => readsCustomer),
    tier: asks("tier"),
    scores,
  };
}

/** The order as the cart that it was. */
export function cartOf({ document, customer }: PastOrder): Cart {
  const { currency, channel, store, lines, shipping = 0, attributes } = document;
  return {
    currency,
    ...(channel !== undefined && { channel }),
    ...(store !== undefined && { store }),
    ...(customer !== null && { customer: { id: customer } }),
    lines: lines.map(({ discount: _discount, total: _total, ...line }) => line),
    ...(shipping > 0 && { shipping: [{ id: "shipping", amount: shipping }] }),
    ...(attributes !== undefined && { attributes }),
    explain: "none",
  };
}

function factsOf(order: PastOrder, cart: Cart, shift: number): Facts {
  const { customer, profile, segments, tier, scored } = order;
  if (customer === null) return customerFacts(cart, null);
  const history = order.history === null ? null : shifted(order.history, shift);
  const facts: Facts = { ...customerFacts(cart, history, { segments, tier }) };
  if (profile !== null) {
    const { birthday, consents, ...known } = profile;
    facts.profile = known;
    if (birthday != null) facts.birthday = birthday;
    facts.consents = grantedOf(consents);
  }
  if (scored !== null && history !== null)
    facts.rfm = rfmScores({ ...history, spent: scored.spent }, scored.borders, order.at + shift);
  return facts;
}

function shifted({ completedOrders, lastOrderAt, orders }: History, shift: number): History {
  return {
    completedOrders,
    lastOrderAt: lastOrderAt === null ? null : lastOrderAt + shift,
    orders: orders.map((past) => ({ ...past, at: past.at + shift })),
  };
}
