/** What a request to redeem says: a cart, or a quote that holds. */
import { problem } from "../../platform/problem.ts";
import {
  type QuotedRedemptionRequest,
  quotedRedemptionFields,
  type RedemptionBody,
  type RedemptionRequest,
} from "./redemption-schemas.ts";

export function cartIn({ quoteId: _none, currency, lines, ...rest }: RedemptionBody): RedemptionRequest {
  if (currency === undefined) throw needed("/currency");
  if (lines === undefined) throw needed("/lines");
  return { ...rest, currency, lines };
}

export function quotedIn(body: RedemptionBody): QuotedRedemptionRequest {
  for (const [field, value] of Object.entries(body))
    if (value !== undefined && !(field in quotedRedemptionFields))
      throw fault(`/${field}`, "quoted", "The quote says what the cart is.");
  return body as QuotedRedemptionRequest;
}

function needed(path: string) {
  return fault(path, "required", "Required, unless there is a quoteId.");
}

function fault(path: string, code: string, message: string) {
  return problem("invalid-request", { errors: [{ path, code, message }] });
}
