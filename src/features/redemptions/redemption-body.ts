/** What a request to redeem says: a cart, or a quote that holds. */
import { problem } from "../../platform/problem.ts";
import {
  type QuotedRedemptionRequest,
  quotedRedemptionFields,
  type RedemptionBody,
  type RedemptionRequest,
} from "./redemption-schemas.ts";

/** The body itself: what `...rest` makes is an object that V8 looks up slowly ever after, and a cart is looked at all the time. */
export function cartIn(body: RedemptionBody): RedemptionRequest {
  if (body.currency === undefined) throw needed("/currency");
  if (body.lines === undefined) throw needed("/lines");
  return body as RedemptionRequest;
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
