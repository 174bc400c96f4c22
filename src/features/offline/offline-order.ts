/** What a till says it sold, as an order that returns and history understand, and what about it is not as promised. */
import { createHash } from "node:crypto";
import type { Cart } from "../../engine/cart.ts";
import { normalizeCode } from "../../engine/codes.ts";
import { evaluate } from "../../engine/evaluate.ts";
import type { Facts } from "../../engine/facts.ts";
import { limits } from "../../engine/limits.ts";
import { compilePromotion, promotionSchema } from "../../engine/promotion.ts";
import type { Quote } from "../../engine/quote.ts";
import { buildRulebook } from "../../engine/rulebook.ts";
import type { Settings } from "../../engine/settings.ts";
import { idAlphabet } from "../../platform/ids.ts";
import type { FlagKind, OfflineRedemption } from "./offline-schemas.ts";

/** Clocks of tills may be ahead by so much. */
const toleratedMilliseconds = 300_000;

/** What was promised. */
export interface IssuedVoucher {
  readonly ruleId: string;
  readonly promotion: string;
  readonly code: string | null;
  readonly pool: string | null;
  readonly customerId: string | null;
  readonly currency: string;
  readonly maxAmount: number;
  readonly minSubtotal: number | null;
  readonly validFrom: Date;
  readonly expiresAt: Date;
  readonly revision: number;
}

export interface Flagged {
  readonly kind: FlagKind;
  /** Minor units, where it can be said by how much. */
  readonly amount: number | null;
}

export interface PricedOrder {
  readonly request: Cart;
  readonly facts: Facts;
  readonly quote: Quote;
  readonly flags: readonly Flagged[];
}

/** The till's own discount, laid on its lines by the engine as if a promotion said so. */
export function pricedOrder(
  item: OfflineRedemption,
  voucher: IssuedVoucher,
  settings: Settings,
  now: number,
): PricedOrder {
  const { currency, discount, customer } = item;
  const at = Date.parse(item.at);
  const sold = soldLines(item);
  const request: Cart = {
    currency,
    lines: sold.lines,
    ...(customer !== undefined && { customer: { id: customer } }),
    ...(voucher.code !== null && { codes: [voucher.code] }),
    explain: "none",
  };
  const facts: Facts =
    voucher.pool === null || voucher.code === null
      ? {}
      : { coupons: new Map([[normalizeCode(voucher.code), { pool: voucher.pool, status: "usable" }]]) };
  const plain = { ...settings, marginFloor: null };
  const rulebook = buildRulebook(String(voucher.revision), [givenAway(voucher, currency, discount)]);
  const quote = evaluate(rulebook, request, facts, at, { settings: plain });
  const flags: Flagged[] = [];
  const flag = (kind: FlagKind, amount: number | null = null) => flags.push({ kind, amount });
  const isOther = currency !== voucher.currency;
  if (isOther) flag("wrong_currency");
  else if (discount > voucher.maxAmount) flag("over_amount", discount - voucher.maxAmount);
  if (at >= voucher.expiresAt.getTime()) flag("expired");
  if (at < voucher.validFrom.getTime()) flag("not_yet_valid");
  if (at > now + toleratedMilliseconds) flag("clock_ahead");
  if (!isOther && voucher.minSubtotal !== null && sold.isKnown && quote.subtotal < voucher.minSubtotal)
    flag("below_minimum", voucher.minSubtotal - quote.subtotal);
  if (voucher.customerId !== null && customer !== voucher.customerId) flag("wrong_customer");
  if (sold.isNonsense || quote.discount !== discount || quote.total !== (item.total ?? quote.total))
    flag("inconsistent");
  return { request, facts, quote, flags };
}

interface Sold {
  readonly lines: Cart["lines"];
  /** What the goods were worth is known. */
  readonly isKnown: boolean;
  readonly isNonsense: boolean;
}

/** Without lines, one stands for the whole order. */
function soldLines({ lines, total, discount }: OfflineRedemption): Sold {
  const standIn = { id: "order", sku: "order", quantity: 1, unitPrice: (total ?? 0) + discount };
  if (lines === undefined) return { lines: [standIn], isKnown: total !== undefined, isNonsense: false };
  const worth = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
  const isNonsense = new Set(lines.map(({ id }) => id)).size < lines.length || worth > limits.amount;
  // What has a floor online had none at the till.
  return isNonsense
    ? { lines: [standIn], isKnown: false, isNonsense }
    : { lines: lines.map(({ minUnitPrice: _, ...line }) => line), isKnown: true, isNonsense };
}

function givenAway({ ruleId, promotion: key, code, pool }: IssuedVoucher, currency: string, amount: number) {
  const trigger =
    pool !== null ? { type: "coupon", pool } : code !== null ? { type: "code", code } : { type: "automatic" };
  const document = promotionSchema.parse({
    key,
    trigger,
    benefits: [{ kind: "amount_off", target: "order", amount: { [currency]: amount } }],
  });
  const { promotion } = compilePromotion(document, {
    id: ruleId,
    defaultTimezone: "UTC",
    selectors: new Map(),
  });
  if (promotion === null) throw new Error("an amount off the order does not compile");
  return promotion;
}

/**
 * The same voucher for the same order is the same redemption, however often, in whatever batch and by whatever process
 * it is reported, and whatever became of it since: its id says so.
 */
export function redemptionIdOf(voucherId: string, source: string, orderRef: string): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([voucherId, source, orderRef]))
    .digest();
  const tail = Array.from(digest.subarray(0, 16), (byte) => idAlphabet.charAt(byte & 31)).join("");
  return `rdm_${voucherId.slice(voucherId.indexOf("_") + 1).slice(0, 10)}${tail}`;
}
