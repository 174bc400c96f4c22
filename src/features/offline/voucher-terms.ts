/** What a till can price by itself: a plain amount or percentage off the order, from a subtotal on. Anything else needs the engine. */
import type { CompiledPromotion } from "../../engine/promotion.ts";
import type { ProblemError } from "../../platform/problem.ts";

export interface Terms {
  /** One of them. */
  readonly amount: number | null;
  readonly percent: number | null;
  readonly maxAmount: number;
  readonly minSubtotal: number | null;
}

export type TermsOrFaults = { terms: Terms; faults: null } | { terms: null; faults: ProblemError[] };

export function termsOf(
  { document, currencies }: CompiledPromotion,
  currency: string,
  askedMax: number | undefined,
): TermsOrFaults {
  const faults: ProblemError[] = [];
  const fault = (path: string, code: string, message: string) => faults.push({ path, code, message });
  if (currencies !== null && !currencies.has(currency))
    fault("/currency", "currency_not_offered", "The promotion has no amount in this currency.");
  const minSubtotal = leastSubtotal(document.conditions, currency);
  if (minSubtotal === undefined)
    fault(
      "/promotion",
      "condition_not_offline",
      "A till can check no other condition than the least the goods must be worth.",
    );
  if (document.schedule?.recurring !== undefined)
    fault("/promotion", "schedule_not_offline", "A till does not know recurring hours.");
  if (document.limits?.stock !== undefined)
    fault("/promotion", "stock_not_offline", "A till does not know what others sell of its stock.");
  if (document.safetyStock !== undefined)
    fault("/promotion", "stock_not_offline", "A till does not know what is on the shelves.");
  const offer = offerOf(document.benefits as readonly Benefit[], currency);
  if (offer === null)
    fault(
      "/promotion",
      "benefit_not_simple",
      "Only a plain amount or percentage off the order can be promised.",
    );
  const most = Math.min(offer?.most ?? Infinity, askedMax ?? Infinity);
  if (offer !== null && most === Infinity)
    fault("/maxAmount", "max_amount_required", "Say how much the percentage may come to at most.");
  if (most === 0) fault("/currency", "nothing_to_promise", "It takes nothing off in this currency.");
  if (faults.length > 0 || offer === null || minSubtotal === undefined) return { terms: null, faults };
  return {
    faults: null,
    terms: {
      amount: offer.percent === null ? most : null,
      percent: offer.percent,
      maxAmount: most,
      minSubtotal,
    },
  };
}

type Benefit = { readonly kind: string } & { readonly [parameter: string]: unknown };

function offerOf(
  benefits: readonly Benefit[],
  currency: string,
): { percent: number | null; most: number } | null {
  const [benefit, ...others] = benefits;
  if (benefit === undefined || others.length > 0 || benefit.target !== "order") return null;
  for (const field of ["select", "methods", "maxUnits", "every", "maxTimes"])
    if (benefit[field] !== undefined) return null;
  if (benefit.kind === "amount_off")
    return { percent: null, most: (benefit.amount as Record<string, number>)[currency] ?? 0 };
  if (benefit.kind !== "percent_off") return null;
  const cap = (benefit.maxAmount as Record<string, number> | undefined)?.[currency];
  return { percent: benefit.percent as number, most: cap ?? Infinity };
}

/** Null: whatever they are worth. Undefined: there is a condition of another kind. */
function leastSubtotal(conditions: unknown, currency: string): number | null | undefined {
  if (conditions === undefined) return null;
  const { all, kind, atLeast, atMost, select } = conditions as {
    all?: readonly unknown[];
    kind?: string;
    atLeast?: Record<string, number>;
    atMost?: unknown;
    select?: unknown;
  };
  if (all !== undefined)
    return all.reduce<number | null | undefined>((least, child) => {
      const next = leastSubtotal(child, currency);
      if (least === undefined || next === undefined) return undefined;
      return least === null || next === null ? (least ?? next) : Math.max(least, next);
    }, null);
  if (kind !== "subtotal" || atMost !== undefined || select !== undefined) return undefined;
  return atLeast?.[currency] ?? null;
}
