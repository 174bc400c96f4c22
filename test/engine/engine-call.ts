/** Calls the engine as the shell does: documents in, quote out. `quoteFor([promotion({ … })], cart("2x MUG @ 10.00"))`. */
import type { z } from "zod";
import type { cartSchema } from "../../src/engine/cart.ts";
import { evaluate } from "../../src/engine/evaluate.ts";
import { type Facts, noFacts } from "../../src/engine/facts.ts";
import {
  type CompiledPromotion,
  compilePromotion,
  type PromotionInput,
  promotionSchema,
} from "../../src/engine/promotion.ts";
import type { Quote } from "../../src/engine/quote.ts";
import { buildRulebook } from "../../src/engine/rulebook.ts";
import { type Settings, settingsSchema } from "../../src/engine/settings.ts";

type Cart = z.output<typeof cartSchema>;
export type BenefitInput = PromotionInput["benefits"][number];

/** Singles' Day, ten in the morning in Shanghai. */
export const now = Date.parse("2026-11-11T02:00:00Z");

export interface Given {
  facts?: Facts;
  now?: number;
  settings?: z.input<typeof settingsSchema>;
  drafts?: { promotions: readonly PromotionInput[]; only: boolean };
}

/** An automatic promotion; `key` is "p" if left out. */
export function promotion(
  fields: Partial<PromotionInput> & Pick<PromotionInput, "benefits">,
): PromotionInput {
  return { key: "p", trigger: { type: "automatic" }, ...fields };
}

export function compileAll(documents: readonly PromotionInput[]): CompiledPromotion[] {
  const selectors = new Map();
  return documents.map((document) => {
    const { promotion, issues } = compilePromotion(promotionSchema.parse(document), {
      id: null,
      defaultTimezone: "UTC",
      selectors,
    });
    if (issues !== null) throw new Error(`${document.key}: ${JSON.stringify(issues)}`);
    return promotion;
  });
}

export function quoteFor(
  promotions: readonly PromotionInput[],
  cart: Cart,
  { facts = noFacts, now: at = now, settings, drafts }: Given = {},
): Quote {
  const chosen: Settings = settingsSchema.parse(settings ?? {});
  return evaluate(buildRulebook("1", compileAll(promotions)), cart, facts, at, {
    settings: chosen,
    ...(drafts !== undefined && {
      drafts: { promotions: compileAll(drafts.promotions), only: drafts.only },
    }),
  });
}

/** The faults of a document as "code path", whether its shape or its sense is at fault. */
export function faultsOf(document: unknown): string[] {
  const parsed = promotionSchema.safeParse(document);
  if (!parsed.success) return parsed.error.issues.map(({ code, path }) => `${code} /${path.join("/")}`);
  const { issues } = compilePromotion(parsed.data, {
    id: null,
    defaultTimezone: "UTC",
    selectors: new Map(),
  });
  return (issues ?? []).map(({ code, path }) => `${code} ${path}`);
}

/** The faults of a promotion that has this one benefit. */
export function faultsOfBenefit(benefit: object): string[] {
  return faultsOf(promotion({ benefits: [benefit as BenefitInput] }));
}

/** What the benefit alone takes off each line, by line id, and how: `{ "1": 500 }`. Lines that get nothing are left out. */
export function discountsOf(quote: Quote): Record<string, number> {
  return Object.fromEntries(
    [...quote.lines, ...quote.shippingLines].flatMap(({ id, discount }) =>
      discount === 0 ? [] : [[id, discount] as const],
    ),
  );
}

/** What one automatic promotion with this benefit takes off by line, or why it does not apply. */
export function takenOff(benefit: object, cart: Cart, given: Given = {}): Record<string, number> | string {
  const quote = quoteFor(
    [promotion({ benefits: [benefit as BenefitInput] })],
    { ...cart, explain: "all" },
    given,
  );
  return quote.promotions.length > 0 ? discountsOf(quote) : reasonOf(quote);
}

/** Why a promotion did not apply: its reason and the numbers that it gives, or "applied". */
export function reasonOf(quote: Quote, key = "p"): string {
  const refused = quote.notApplied.find((row) => row.promotion === key);
  if (refused === undefined)
    return quote.promotions.some((row) => row.promotion === key) ? "applied" : "not told";
  const { reason, required, actual } = refused;
  return required === undefined ? reason : `${reason} ${actual}/${required}`;
}
