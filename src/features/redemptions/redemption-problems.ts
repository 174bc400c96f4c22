/** Why an outcome is not made binding, as problems. */
import { mayBeNamedTo } from "../../engine/audience.ts";
import { normalizeCode } from "../../engine/codes.ts";
import type { Facts } from "../../engine/facts.ts";
import type { BrokenOrderRule } from "../../engine/price-list.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import { reasonWords } from "../../engine/reasons.ts";
import type { Refusal, Shortage } from "../../ledger/admit.ts";
import { type Problem, type ProblemError, problem } from "../../platform/problem.ts";
import { codeOf } from "../ledger/promotion-counters.ts";
import type { Redemption, RedemptionRequest } from "./redemption-schemas.ts";

/** Why this outcome must not be made binding; null if it is the one the caller asked for. */
export function faultOf(
  request: RedemptionRequest,
  quote: Redemption["quote"],
  facts: Facts,
): Problem | null {
  const fault = outcomeFaultOf(request, quote, facts);
  if (fault !== null) return fault;
  const { expectedTotal } = request;
  return expectedTotal === undefined || expectedTotal === quote.total
    ? null
    : priceChanged(expectedTotal, quote);
}

/** Why no order could be redeemed by this outcome, as far as it tells itself; null: one could. */
export function outcomeFaultOf(
  request: Pick<RedemptionRequest, "codes" | "deposits">,
  quote: Redemption["quote"],
  facts: Facts,
): Problem | null {
  const unproven = unprovenDeposits(request, facts);
  if (unproven.length > 0) return problem("deposit-not-usable", { errors: unproven, extensions: { quote } });
  const errors = quote.codes.flatMap(({ code, status, reason }) =>
    status === "applied" || reason === "displaced" || reason === "threshold_protected"
      ? []
      : [codeError(request, code, reason ?? "")],
  );
  // A code that gave way to a better offer is no loss; any other that does not apply is not what the customer agreed to.
  if (errors.length > 0) return problem("code-not-applied", { errors, extensions: { quote } });
  if (quote.brokenOrderRules !== undefined) return minimumNotMet(quote.brokenOrderRules, quote);
  return null;
}

export function priceChanged(expectedTotal: number, quote: Redemption["quote"]): Problem {
  return problem("price_changed", {
    detail: `The total is ${quote.total} instead of ${expectedTotal} minor units.`,
    errors: [{ path: "/expectedTotal", code: "price_changed", message: `The total is ${quote.total} now.` }],
    extensions: { quote },
  });
}

function minimumNotMet(rules: readonly BrokenOrderRule[], quote: Redemption["quote"]): Problem {
  const errors = rules.map(({ list, rule, sku, required, actual }) => ({
    path: "/lines",
    code: rule,
    message: `The price list ${list} asks for ${required}${sku === null ? "" : ` of ${sku}`}, not ${actual}.`,
  }));
  return problem("minimum-order-not-met", { errors, extensions: { quote } });
}

/** Codes that priced well and take nothing all the same: void or expired by the database's clock. Null: none is. */
export function closedCodes(
  request: RedemptionRequest,
  shortages: readonly Shortage[],
  quote: Redemption["quote"],
  coupons: ReadonlyMap<string, { readonly code: string }>,
): Problem | null {
  const closed = new Map(
    shortages.flatMap(({ counter, closed }) => (closed === null ? [] : [[codeOf(counter), closed] as const])),
  );
  const errors = quote.codes.flatMap(({ code }) => {
    const reason = closed.get(coupons.get(normalizeCode(code))?.code ?? "");
    return reason === undefined ? [] : [codeError(request, code, reason)];
  });
  return errors.length === 0 ? null : problem("code-not-applied", { errors, extensions: { quote } });
}

/** A quote has one row for a code that was entered twice: the place is that of the entry it quotes. */
function codeError(
  { codes = [] }: Pick<RedemptionRequest, "codes">,
  code: string,
  reason: string,
): ProblemError {
  const index = codes.findIndex((entry) => (typeof entry === "string" ? entry : entry.code) === code);
  return {
    path: `/codes/${index}`,
    code: reason,
    message: `${code}: ${reasonWords(reason, "en")}`,
  };
}

export function promotionKilled(promotion: string): Problem {
  return problem("promotion-killed", { detail: `The promotion ${promotion} was stopped.` });
}

export function projectStopped(): Problem {
  return problem("project-stopped", {
    detail: "Nothing is redeemed until it is resumed. Sell without promotions, or try again later.",
  });
}

/** Its money is part of what that order's goods are refunded with. */
export const depositInUse = {
  detail: "An order counts the deposit that this redemption paid; it is refunded with that order's goods.",
  errors: [{ path: "", code: "deposit_used", message: "The deposit was used by an order." }],
};

/** A deposit that proves nothing would leave the customer paying in full: they were told otherwise. */
function unprovenDeposits(
  { deposits = [] }: Pick<RedemptionRequest, "deposits">,
  facts: Facts,
): ProblemError[] {
  return deposits.flatMap(({ redemption }, index) =>
    facts.deposits?.has(redemption)
      ? []
      : [
          {
            path: `/deposits/${index}/redemption`,
            code: "deposit_not_usable",
            message: `${redemption} is no deposit that this customer paid and no order counts yet.`,
          },
        ],
  );
}

/** What is said to be a deposit must be one, and be paid for, before it may prove anything. */
export function requirePaidDeposit(
  request: RedemptionRequest,
  total: number,
  promotionOf: (key: string) => CompiledPromotion | undefined,
  facts: Facts,
  at: number,
): void {
  const { deposit, currency } = request;
  if (deposit === undefined) return;
  const named = promotionOf(deposit.promotion);
  // A private presale takes no deposits of whoever must not learn that there is one.
  const isKnown = named !== undefined && mayBeNamedTo(named, request, facts, at);
  const benefit = (isKnown ? named : undefined)?.document.benefits.find(({ kind }) => kind === "deposit");
  const paid = (benefit as { paid?: Record<string, number> } | undefined)?.paid?.[currency];
  const fault = (path: string, code: string, message: string) =>
    problem("invalid-request", { errors: [{ path, code, message }] });
  if (paid === undefined)
    throw fault(
      "/deposit/promotion",
      "no_deposit_promotion",
      "No promotion in force with this key takes deposits in this currency.",
    );
  const due = paid * deposit.units;
  if (total < due) throw fault("/deposit/units", "deposit_unpaid", `The order pays ${total} of ${due}.`);
  // It counts as no order, so nothing else may hide in it.
  if (total > due)
    throw fault(
      "/deposit/units",
      "deposit_not_alone",
      `The order pays ${total}, the deposit is ${due}: pay other goods with an order of their own.`,
    );
}

/** Others were quicker every time: it says which promotions they were all after. */
export function contended(shortages: readonly Shortage[], quote: Redemption["quote"]): Problem {
  const keys = new Map(quote.promotions.map(({ promotionId, promotion }) => [promotionId, promotion]));
  const names = new Set(shortages.flatMap(({ counter }) => keys.get(counter.rule) ?? []));
  return problem("unavailable", {
    errors: [...names].map((promotion) => ({
      path: "",
      code: "contended",
      message: `${promotion}: each time the order was priced, others took what was left before it could.`,
    })),
    headers: { "retry-after": "1" },
  });
}

export function problemOf(refusal: Refusal | { readonly reason: "pool_empty" }): Problem {
  switch (refusal.reason) {
    case "unknown":
      return problem("redemption-not-found");
    case "expired":
      return problem("redemption-expired");
    case "in_use":
      return problem("redemption-state-conflict", depositInUse);
    case "voucher":
      return problem("redemption-state-conflict", {
        detail:
          "It is what an offline voucher set aside: POST /v1/redemptions/offline takes from it, cancelling takes it back, or it runs out.",
        errors: [{ path: "", code: "offline_voucher", message: "The redemption is an offline voucher's." }],
      });
    case "in_group":
      return problem("group-open");
    case "wrong_state":
      return problem("redemption-state-conflict", { detail: `The redemption is ${refusal.state}.` });
    case "order_redeemed":
      return problem("order-already-redeemed", {
        detail: `The order has the redemption ${refusal.redemption}.`,
      });
    default:
      // Somebody else was quicker every time, or it changed while we looked.
      return problem("unavailable", { headers: { "retry-after": "1" } });
  }
}
