import { type Facts, noFacts } from "../../engine/facts.ts";
import type { EvaluationRequest } from "./evaluation-schemas.ts";

type FactsRequest = Pick<EvaluationRequest, "customer" | "deposits">;

/** A customer with an id who is in no record of ours: somebody without orders. */
const newcomer: Facts = { completedOrders: 0, lastOrderAt: null, orders: [], segments: [], tier: null };

/** What is known beside the request. Facts given inline go before those on record. */
export function factsOf({ customer, deposits }: FactsRequest): Facts {
  const recorded = customer?.id === undefined ? noFacts : newcomer;
  const given = customer?.facts;
  if (given === undefined && deposits === undefined) return recorded;
  const facts: Facts = { ...recorded };
  if (given !== undefined) {
    const { completedOrders, lastOrderAt, orders, segments, tier } = given;
    if (completedOrders !== undefined) facts.completedOrders = completedOrders;
    if (lastOrderAt !== undefined) facts.lastOrderAt = Date.parse(lastOrderAt);
    // Whoever has orders has a last one; that it is not on record does not make it none.
    else if (completedOrders !== undefined && completedOrders > 0) delete facts.lastOrderAt;
    if (orders !== undefined) facts.orders = orders.map((order) => ({ ...order, at: Date.parse(order.at) }));
    else if (completedOrders !== undefined && completedOrders > 0) delete facts.orders;
    if (segments !== undefined) facts.segments = segments;
    if (tier !== undefined) facts.tier = tier;
  }
  const proven = (deposits ?? []).filter(({ promotion }) => promotion !== undefined);
  if (proven.length > 0) {
    facts.deposits = new Map(
      proven.map(({ redemption, promotion = "", units = 1 }) => [redemption, { promotion, units }]),
    );
  }
  return facts;
}

type Entries<Map> = Map extends ReadonlyMap<infer Key, infer Value> ? [Key, Value][] : never;

/** Facts as JSON: maps become lists of entries. */
export interface StoredFacts extends Omit<Facts, "coupons" | "deposits" | "usage"> {
  coupons?: Entries<NonNullable<Facts["coupons"]>>;
  deposits?: Entries<NonNullable<Facts["deposits"]>>;
  usage?: Entries<NonNullable<Facts["usage"]>>;
}

export function storeFacts({ coupons, deposits, usage, ...plain }: Facts): StoredFacts {
  return {
    ...plain,
    ...(coupons !== undefined && { coupons: [...coupons] }),
    ...(deposits !== undefined && { deposits: [...deposits] }),
    ...(usage !== undefined && { usage: [...usage] }),
  };
}

export function restoreFacts({ coupons, deposits, usage, ...plain }: StoredFacts): Facts {
  return {
    ...plain,
    ...(coupons !== undefined && { coupons: new Map(coupons) }),
    ...(deposits !== undefined && { deposits: new Map(deposits) }),
    ...(usage !== undefined && { usage: new Map(usage) }),
  };
}
