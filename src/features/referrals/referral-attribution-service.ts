/**
 * Whose friend somebody is, and whether they count: decided when they are said to have come, and again whenever more of them is
 * known, as long as no order has decided.
 *
 * Locks: the referral, then the devices, phones and addresses in the order of their hashes.
 */
import { millisecondsPerDay } from "../../engine/zone.ts";
import type { Clock } from "../../platform/clock.ts";
import { isErased } from "../../platform/customer-data.ts";
import type { Connection, Database } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import { whoIs } from "../ledger/promotion-counters.ts";
import { paidOrders } from "../orders/paid-order-service.ts";
import type { ProgrammeService } from "../programmes/programme-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { findMember } from "./referral-member-store.ts";
import type {
  MemberRequest,
  ReferralProgrammeDocument,
  ReferralReason,
  ReferralRequest,
} from "./referral-schemas.ts";
import {
  cameBy,
  countIdentifiers,
  findReferralOf,
  insertReferral,
  lockIdentifiers,
  lockReferral,
  updateReferral,
} from "./referral-store.ts";
import type { ReferralMemberRow, ReferralRow } from "./referral-tables.ts";

export type ReferralProgrammes = ProgrammeService<ReferralProgrammeDocument>;

export interface ReferralOptions {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "identifierKey" | "timezone">;
  programmes: ReferralProgrammes;
}

/** Clocks of shops and ERPs differ: an order that is said to be so much older than its customer's coming came with it. */
export const clocksDifferMilliseconds = 3_600_000;

/** Who said it, of whom, and when they came, epoch milliseconds. */
type Arrival = Omit<ReferralRequest, "code"> & { readonly cameAt: number };

/** Keyed hashes; null where it was not told. */
type Hashes = Pick<ReferralRow, "device" | "phone" | "ip">;

export function referralAttribution({ clock, projects }: Pick<ReferralOptions, "clock" | "projects">) {
  async function whoOf(connection: Connection, projectId: string, { customer, identifiers }: MemberRequest) {
    const key = await projects.identifierKey(connection, projectId);
    const { customer: holder, ...hashes } = whoIs(key, { customer: { id: customer }, identifiers });
    return { holder: holder!, hashes };
  }

  /** The first time stands; undefined for somebody new while the programme counts no friends. */
  async function attribute(
    connection: Connection,
    member: ReferralMemberRow,
    document: ReferralProgrammeDocument,
    { cameAt, ...request }: Arrival,
  ): Promise<ReferralRow | undefined> {
    const { projectId, programme, holder: referrer } = member;
    const { holder: friend, hashes } = await whoOf(connection, projectId, request);
    const known = await findReferralOf(connection, { projectId, programme, friend });
    if (known !== undefined) return identify(connection, document, known, hashes);
    if (!isOpen(document, cameAt)) return undefined;
    const now = new Date(clock.now());
    const row: ReferralRow = {
      projectId,
      programme,
      friend,
      referrer,
      ...hashes,
      id: newId("ref", now.getTime()),
      customerId: request.customer,
      channel: request.channel ?? null,
      state: "attributed",
      reason: null,
      orderRef: null,
      isCounted: false,
      gift: null,
      isGiven: false,
      // They may have ordered already, a moment ago.
      dueAt: now,
      holdUntil: null,
      // By a code that there was: nobody was brought before.
      attributedAt: new Date(Math.min(now.getTime(), Math.max(cameAt, member.createdAt.getTime()))),
      qualifiedAt: null,
      updatedAt: now,
    };
    if (!(await insertReferral(connection, row)))
      return identify(connection, document, (await findReferralOf(connection, row))!, hashes);
    const reason = await whyRefused(connection, member, document, row, hashes);
    if (reason !== null) return refuse(connection, member, row, reason);
    await recordEvents(connection, projectId, [referralEvent(row, member.code)]);
    return row;
  }

  /** What was not known of them is added, and they are held against it: an event tells nothing of devices, and is often first. */
  async function identify(
    connection: Connection,
    document: ReferralProgrammeDocument,
    known: ReferralRow,
    told: Hashes,
  ): Promise<ReferralRow> {
    if (addedOf(known, told) === null) return known;
    const row = await lockReferral(connection, known);
    const added = addedOf(row, told);
    if (added === null) return row;
    const member = (await findMember(connection, { ...row, holder: row.referrer }))!;
    const identified = { ...row, ...knownOf(row, told), updatedAt: new Date(clock.now()) };
    await updateReferral(connection, row, identified);
    const reason = await whyRefused(connection, member, document, identified, added);
    return reason === null ? identified : refuse(connection, member, identified, reason);
  }

  async function refuse(
    connection: Connection,
    member: ReferralMemberRow,
    row: ReferralRow,
    reason: ReferralReason,
  ): Promise<ReferralRow> {
    const refused: ReferralRow = { ...row, state: "refused", reason };
    await updateReferral(connection, row, { state: "refused", reason, dueAt: null });
    await recordEvents(connection, row.projectId, [referralEvent(refused, member.code)]);
    return refused;
  }

  return { whoOf, attribute };
}

const kinds = ["device", "phone", "ip"] as const;

function knownOf(row: Hashes, told: Hashes): Hashes {
  return { device: row.device ?? told.device, phone: row.phone ?? told.phone, ip: row.ip ?? told.ip };
}

/** What is told that was not known; null where that is nothing, or where it changes nothing any more. */
function addedOf(row: ReferralRow, told: Hashes): Hashes | null {
  if (row.state !== "attributed" || isErased(row.customerId)) return null;
  const added: Hashes = { device: null, phone: null, ip: null };
  for (const kind of kinds) if (row[kind] === null) added[kind] = told[kind];
  return kinds.some((kind) => added[kind] !== null) ? added : null;
}

/** In the order of the reasons. Whoever is let in counts for the device, phone and address that were added. */
async function whyRefused(
  connection: Connection,
  member: ReferralMemberRow,
  document: ReferralProgrammeDocument,
  row: ReferralRow,
  { device, phone, ip }: Hashes,
): Promise<ReferralReason | null> {
  if (isSelf(row, member)) return "self_referral";
  if (await cameBy(connection, row)) return "ring";
  const { friendsPerDevice, friendsPerPhone, friendsPerIp } = document;
  const most = new Map<string, number | null>();
  if (device !== null) most.set(device, friendsPerDevice);
  if (phone !== null) most.set(phone, friendsPerPhone);
  if (ip !== null) most.set(ip, friendsPerIp);
  const hashes = [...most.keys()].sort();
  const friends = await lockIdentifiers(connection, row, hashes);
  if (hashes.some((hash) => (friends.get(hash) ?? 0) >= (most.get(hash) ?? Number.POSITIVE_INFINITY)))
    return "ring";
  if (document.newCustomer && (await hadOrdered(connection, row))) return "not_new";
  await countIdentifiers(connection, row, hashes);
  return null;
}

/** Whether they are the member, or have their device or phone. */
export function isSelf({ friend, device, phone }: ReferralRow, member: ReferralMemberRow): boolean {
  return (
    friend === member.holder ||
    (device !== null && device === member.device) ||
    (phone !== null && phone === member.phone)
  );
}

function isOpen({ startsAt, endsAt }: ReferralProgrammeDocument, at: number): boolean {
  return (
    (startsAt === undefined || at >= Date.parse(startsAt)) &&
    (endsAt === undefined || at < Date.parse(endsAt))
  );
}

export function referralEvent(
  { id, state, programme, customerId: customer, reason }: ReferralRow,
  code: string,
) {
  const data = { referral: id, programme, customer, code, ...(reason !== null && { reason }) };
  return newEvent(`dealwright.referral.${state}`, id, data);
}

/** Whether they had paid an order before they came. */
export async function hadOrdered(connection: Connection, row: ReferralRow): Promise<boolean> {
  const { projectId, customerId, attributedAt } = row;
  const until = attributedAt.getTime() - clocksDifferMilliseconds;
  return (await paidOrders(connection, projectId, customerId, { until, most: 1 })).length > 0;
}

/** How long the friend may take. */
export function orderedInTime({ attributedAt }: ReferralRow, withinDays: number, at: number): boolean {
  return at <= attributedAt.getTime() + withinDays * millisecondsPerDay;
}
