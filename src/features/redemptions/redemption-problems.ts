/** Why an outcome is not made binding, as problems. */
import { normalizeCode } from "../../engine/codes.ts";
import { reasons } from "../../engine/reasons.ts";
import type { Refusal, Shortage } from "../../ledger/admit.ts";
import { type Problem, type ProblemError, problem } from "../../platform/problem.ts";
import { codeOf } from "../ledger/committer-batch.ts";
import type { Redemption, RedemptionRequest } from "./redemption-schemas.ts";

/** Why this outcome must not be made binding; null if it is the one the caller asked for. */
export function faultOf(request: RedemptionRequest, quote: Redemption["quote"]): Problem | null {
  const errors = quote.codes.flatMap(({ code, status, reason }, index) =>
    status === "applied" || reason === "displaced" ? [] : [codeError(index, code, reason ?? "")],
  );
  // A code that gave way to a better offer is no loss; any other that does not apply is not what the customer agreed to.
  if (errors.length > 0) return problem("code-not-applied", { errors, extensions: { quote } });
  const { expectedTotal } = request;
  if (expectedTotal === undefined || expectedTotal === quote.total) return null;
  return problem("price_changed", {
    detail: `The total is ${quote.total} instead of ${expectedTotal} minor units.`,
    errors: [{ path: "/expectedTotal", code: "price_changed", message: `The total is ${quote.total} now.` }],
    extensions: { quote },
  });
}

/** Codes that priced well and take nothing all the same: void or expired by the database's clock. Null: none is. */
export function closedCodes(
  shortages: readonly Shortage[],
  quote: Redemption["quote"],
  coupons: ReadonlyMap<string, { readonly code: string }>,
): Problem | null {
  const closed = new Map(
    shortages.flatMap(({ counter, closed }) => (closed === null ? [] : [[codeOf(counter), closed] as const])),
  );
  const errors = quote.codes.flatMap(({ code }, index) => {
    const reason = closed.get(coupons.get(normalizeCode(code))?.code ?? "");
    return reason === undefined ? [] : [codeError(index, code, reason)];
  });
  return errors.length === 0 ? null : problem("code-not-applied", { errors, extensions: { quote } });
}

function codeError(index: number, code: string, reason: string): ProblemError {
  return {
    path: `/codes/${index}`,
    code: reason,
    message: `${code}: ${reasons.get(reason)?.en ?? "It does not apply."}`,
  };
}

export function problemOf(refusal: Refusal | { readonly reason: "pool_empty" }): Problem {
  switch (refusal.reason) {
    case "unknown":
      return problem("redemption-not-found");
    case "expired":
      return problem("redemption-expired");
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
