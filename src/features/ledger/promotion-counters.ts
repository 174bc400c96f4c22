/** Names of counters: those that a promotion's limits ask for, and those of coupons and deposits. */
import { createHmac } from "node:crypto";
import { periodAt } from "../../engine/period.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import { type CounterName, firstOrderMeasure } from "../../ledger/books.ts";
import { canonicalAddress } from "../../platform/network-address.ts";

/** Whose use it is: keyed hashes, so that books know nobody. Null is not known. */
export interface Who {
  /** As `hashCustomer` has it. */
  readonly customer: string | null;
  readonly device: string | null;
  readonly phone: string | null;
  readonly ip: string | null;
}

export const nobody: Who = { customer: null, device: null, phone: null, ip: null };

export type Identifier = "device" | "phone" | "ip";

/**
 * What a device, phone or address is counted by: a hash keyed with the project's own key (HMAC, RFC 2104, of SHA-256),
 * so that neither a dump nor another project tells whose it is. The raw value is stored nowhere.
 */
export function hashIdentifier(key: Uint8Array, kind: Identifier, value: string): string {
  return createHmac("sha256", key)
    .update(`${kind}:${canonical(kind, value)}`)
    .digest("base64url");
}

/** However it is written, the same number and the same address are one. What is neither is compared as any text is. */
function canonical(kind: Identifier, value: string): string {
  const text = value.normalize("NFKC").trim().toLowerCase();
  if (kind === "ip") return canonicalAddress(text) ?? text;
  return kind === "phone" ? (phoneNumber(text) ?? text) : text;
}

/** Null for what is no number. Without its country code it is another number: which country is meant nobody says. */
function phoneNumber(text: string): string | null {
  const digits = text.replaceAll(/[\s\p{Pd}().]/gu, "").replace(/^00/, "+");
  return /^\+?\d+$/.test(digits) ? digits : null;
}

/** By what a customer is told apart where nothing else about them may be kept. */
export function hashCustomer(key: Uint8Array, id: string): string {
  return createHmac("sha256", key).update(`customer:${id}`).digest("base64url");
}

type Identifiers = { readonly [kind in Identifier]?: string | undefined };

/** The same identifiers as what they are counted by: for whatever is kept of a request. */
export function hashedIdentifiers(key: Uint8Array, identifiers: Identifiers): Identifiers {
  return Object.fromEntries(
    Object.entries(identifiers).map(([kind, value]) => [
      kind,
      value === undefined ? undefined : hashIdentifier(key, kind as Identifier, value),
    ]),
  );
}

/** Who is buying, as counters know them. */
export function whoIs(
  key: Uint8Array,
  request: {
    readonly customer?: { readonly id?: string | undefined } | undefined;
    readonly identifiers?: Identifiers | undefined;
  },
): Who {
  const id = request.customer?.id;
  const customer = id === undefined ? null : hashCustomer(key, id);
  if (request.identifiers === undefined) return customer === null ? nobody : { ...nobody, customer };
  const { device = null, phone = null, ip = null } = hashedIdentifiers(key, request.identifiers);
  return { customer, device, phone, ip };
}

/** As counters name whoever holds them; null for nobody. */
export function holderOf(scope: keyof Who, who: Who): string | null {
  const value = who[scope];
  return value === null ? null : `${scope}:${value}`;
}

export function holdersOf(who: Who): string[] {
  return (["customer", "device", "phone", "ip"] as const).flatMap((scope) => holderOf(scope, who) ?? []);
}

export function usesCounter(rule: string, holder = "", period = ""): CounterName {
  return { rule, measure: "uses", holder, period };
}

export function amountCounter(rule: string, currency: string): CounterName {
  return { rule, measure: `amount:${currency}`, holder: "", period: "" };
}

export function stockCounter(rule: string, position: number): CounterName {
  return { rule, measure: `${stockMeasure}${position}`, holder: "", period: "" };
}

/** Of goods that a promotion was given to sell, by the name of that stock. */
export function unitStockCounter(rule: string, name: string): CounterName {
  return { rule, measure: `${stockMeasure}${name}`, holder: "", period: "" };
}

const stockMeasure = "stock:";

/** A paid deposit counts once, whoever names it. */
export function depositCounter(redemption: string): CounterName {
  return { rule: "deposits", measure: "deposit", holder: `redemption:${redemption}`, period: "" };
}

/** One order of a customer is their first, whichever promotions say so. Null where no customer is known. */
export function firstOrderCounter(who: Who): CounterName | null {
  const holder = holderOf("customer", who);
  return holder === null ? null : { rule: "orders", measure: firstOrderMeasure, holder, period: "" };
}

/** A quote that holds is redeemed once; given up, or expired, the redemption leaves it free again. */
export function quoteCounter(quote: string): CounterName {
  return { rule: "quotes", measure: "quote", holder: `quote:${quote}`, period: "" };
}

const codePrefix = "code:";

function codeHolder(storedCode: string): string {
  return `${codePrefix}${storedCode}`;
}

/** A promotion's uses by one code, as the code is stored. */
export function codeUsesCounter(rule: string, storedCode: string): CounterName {
  return usesCounter(rule, codeHolder(storedCode));
}

/** The measure of a coupon's own uses. Its counter is the coupon's row, not one of `counters`. */
export const couponMeasure = "coupon";

export function couponCounter(poolId: string, storedCode: string): CounterName {
  return { rule: poolId, measure: couponMeasure, holder: codeHolder(storedCode), period: "" };
}

/** Whether it is the counter of a code: a coupon's own, or a promotion's for that code. */
export function isOfCode({ holder }: CounterName): boolean {
  return holder.startsWith(codePrefix);
}

/** The code whose counter it is. */
export function codeOf({ holder }: CounterName): string {
  return holder.slice(codePrefix.length);
}

export type LimitName =
  | "total"
  | "perCustomer"
  | "perDevice"
  | "perPhone"
  | "perIp"
  | "perCode"
  | "perPeriod";

export interface LimitedCounter {
  readonly name: LimitName;
  readonly counter: CounterName;
  readonly limit: number;
}

/** The counters that a promotion's limits ask for this buyer at this instant; one whose holder is not known is left out. */
export function limitedCounters(
  { id, document }: CompiledPromotion,
  who: Who,
  storedCode: string | null,
  at: number,
  projectTimezone: string,
): LimitedCounter[] {
  const { limits, schedule } = document;
  if (limits === undefined || id === null) return [];
  const counters: LimitedCounter[] = [];
  const add = (name: LimitName, limit: number | undefined, holder: string | null, period = "") => {
    if (limit !== undefined && holder !== null)
      counters.push({ name, counter: usesCounter(id, holder, period), limit });
  };
  add("total", limits.total, "");
  add("perCustomer", limits.perCustomer, holderOf("customer", who));
  add("perDevice", limits.perDevice, holderOf("device", who));
  add("perPhone", limits.perPhone, holderOf("phone", who));
  add("perIp", limits.perIp, holderOf("ip", who));
  add("perCode", limits.perCode, storedCode === null ? null : codeHolder(storedCode));
  const { perPeriod } = limits;
  if (perPeriod !== undefined) {
    const period = periodAt(perPeriod.period, schedule?.timezone ?? projectTimezone, at);
    add(
      "perPeriod",
      perPeriod.count,
      perPeriod.per === undefined ? "" : holderOf(perPeriod.per, who),
      period,
    );
  }
  return counters;
}

/** Stocks and quotas by the position of their benefit; those without one are not counted. */
export function stocksOf({ document }: CompiledPromotion): Map<number, number> {
  const stocks = new Map<number, number>();
  for (const [position, benefit] of document.benefits.entries()) {
    const { stock, quota } = benefit as { stock?: number; quota?: number };
    const limit = stock ?? quota;
    if (limit !== undefined) stocks.set(position, limit);
  }
  return stocks;
}
