/** Who belongs to which segment, by the facts that are stored of them. */
import type { ConditionDocument } from "../../engine/conditions/tree.ts";
import type { CustomerProfile, Facts } from "../../engine/facts.ts";
import { grantedOf, type StoredConsents } from "../../engine/profile.ts";
import { type RfmBorders, type RfmScores, rfmScores } from "../../engine/rfm.ts";
import { type CompiledSegment, compileSegment } from "../../engine/segment.ts";
import { problem } from "../../platform/problem.ts";
import type { Turns } from "../../platform/turns.ts";
import type { SegmentDocument } from "./segment-schemas.ts";

/** What is known of one customer. */
export interface KnownCustomer {
  readonly id: string;
  readonly document: { [Field in keyof CustomerProfile]: CustomerProfile[Field] | null } & {
    birthday?: string | null;
    consents?: StoredConsents | null;
  };
  /** Null for none. */
  readonly tier: string | null;
  readonly completedOrders: number;
  /** Epoch milliseconds; null without orders. */
  readonly lastOrderAt: number | null;
  /** In all, by currency, less what was refunded. */
  readonly spent: Readonly<Record<string, number>>;
  /** Of the last `limits.orderWindowDays` days; only where some segment asks. */
  readonly orders?: Facts["orders"];
  /** What they did; only of what some segment asks. */
  readonly events?: Facts["events"];
}

/** Throws what is wrong with the conditions. */
export function soundSegment(
  conditions: ConditionDocument,
  currency: string | undefined,
  timezone: string,
): CompiledSegment {
  const { segment, issues } = compileSegment(conditions, { currency: currency ?? null, timezone });
  if (segment === null) throw problem("invalid-request", { errors: issues });
  return segment;
}

/** Null for a list, and for what an earlier version stored and this one would refuse. */
export function compiledSegment(
  { conditions, currency }: SegmentDocument,
  timezone: string,
): CompiledSegment | null {
  return conditions === undefined
    ? null
    : compileSegment(conditions, { currency: currency ?? null, timezone }).segment;
}

/** By what customers are scored; null while that is not known. */
export type Scoring = { readonly currency: string; readonly borders: RfmBorders } | null;

/** The ids of those who are in the segment, without holding up the event loop. */
export async function whoIsIn(
  segment: CompiledSegment,
  customers: readonly KnownCustomer[],
  { scoring, now, turns }: { scoring: Scoring; now: number; turns: Turns },
): Promise<string[]> {
  const found: string[] = [];
  for (const customer of customers) {
    if (isIn(segment, customer, scoring, now)) found.push(customer.id);
    if (turns.isOver()) await turns.next();
  }
  return found;
}

function isIn(segment: CompiledSegment, known: KnownCustomer, scoring: Scoring, now: number): boolean {
  const { groups, tags, attributes } = known.document;
  const customer = {
    id: known.id,
    groups: [...(groups ?? [])],
    tags: [...(tags ?? [])],
    attributes: attributes ?? {},
  };
  return segment.has(customer, factsOf(known, scoring, now), now);
}

function factsOf(known: KnownCustomer, scoring: Scoring, now: number): Facts {
  const { completedOrders, lastOrderAt, orders, events, document, tier } = known;
  const facts: Facts = { completedOrders, lastOrderAt, tier, consents: grantedOf(document.consents) };
  if (orders !== undefined) facts.orders = orders;
  if (events !== undefined) facts.events = events;
  if (document.birthday != null) facts.birthday = document.birthday;
  if (scoring !== null) facts.rfm = scoresOf(known, scoring, now);
  return facts;
}

export function scoresOf(
  { completedOrders, lastOrderAt, spent }: Pick<KnownCustomer, "completedOrders" | "lastOrderAt" | "spent">,
  { currency, borders }: NonNullable<Scoring>,
  now: number,
): RfmScores | null {
  return rfmScores({ completedOrders, lastOrderAt, spent: spent[currency] ?? 0 }, borders, now);
}
