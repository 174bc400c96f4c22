/** Members, their codes, and the friends who come by them. */
import { z } from "zod";
import { millisecondsPerDay } from "../../engine/zone.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { qrImage } from "../coupons/coupon-export-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import { type Who, whoIs } from "../ledger/promotion-counters.ts";
import { paidOrders } from "../orders/paid-order-service.ts";
import type { ProgrammeService } from "../programmes/programme-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import type { TrackedEvent } from "../tracking/tracking-schemas.ts";
import { newReferralCode, referralLink, storedReferralCode } from "./referral-code.ts";
import { countMembers, findMember, findMemberByCode, joinMember } from "./referral-member-store.ts";
import type {
  MemberRequest,
  Referral,
  ReferralMember,
  ReferralProgrammeDocument,
  ReferralQuery,
  ReferralReason,
  ReferralRequest,
  ReferralResults,
} from "./referral-schemas.ts";
import {
  cameBy,
  countIdentifiers,
  countReferrals,
  findReferralOf,
  giftsGiven,
  insertReferral,
  listReferrals,
  lockIdentifiers,
  updateReferral,
} from "./referral-store.ts";
import type { ReferralMemberRow, ReferralRow } from "./referral-tables.ts";

export interface ReferralService {
  /** The same code, however often. */
  join(projectId: string, key: string, request: MemberRequest): Promise<ReferralMember>;
  /** The first time stands, whoever says what later. */
  attribute(projectId: string, key: string, request: ReferralRequest): Promise<Referral>;
  /** Sign-ups that bring a code are referrals; in the transaction that stores them. */
  follow(connection: Connection, projectId: string, events: readonly TrackedEvent[]): Promise<void>;
  qr(projectId: string, code: string, format: "svg" | "png", size: number): ReturnType<typeof qrImage>;
  list(projectId: string, key: string, query: ReferralQuery): Promise<Page<Referral>>;
  results(projectId: string, key: string): Promise<ReferralResults>;
}

export type ReferralProgrammes = ProgrammeService<ReferralProgrammeDocument>;

export interface ReferralOptions {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "identifierKey" | "timezone">;
  programmes: ReferralProgrammes;
}

/** Clocks of shops and ERPs differ: an order that is said to be so much older than its customer's coming came with it. */
export const clocksDifferMilliseconds = 3_600_000;
const listCursor = cursorOf("referrals", z.string());

export function referralService({ database, clock, projects, programmes }: ReferralOptions): ReferralService {
  async function whoOf(connection: Connection, projectId: string, { customer, identifiers }: MemberRequest) {
    const key = await projects.identifierKey(connection, projectId);
    const { customer: holder, ...hashes } = whoIs(key, { customer: { id: customer }, identifiers });
    return { holder: holder!, hashes };
  }

  async function attributeTo(
    connection: Connection,
    member: ReferralMemberRow,
    document: ReferralProgrammeDocument,
    request: Omit<ReferralRequest, "code">,
  ): Promise<ReferralRow> {
    const { projectId, programme, holder: referrer } = member;
    const { holder: friend, hashes } = await whoOf(connection, projectId, request);
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
      hasGift: false,
      isGiven: false,
      // They may have ordered already, a moment ago.
      dueAt: now,
      holdUntil: null,
      attributedAt: now,
      qualifiedAt: null,
      updatedAt: now,
    };
    if (!(await insertReferral(connection, row))) return (await findReferralOf(connection, row))!;
    const reason = await whyRefused(connection, member, document, row);
    const decided: ReferralRow = reason === null ? row : { ...row, state: "refused", reason };
    if (reason !== null) await updateReferral(connection, row, { state: "refused", reason, dueAt: null });
    await recordEvents(connection, projectId, [referralEvent(decided, member.code)]);
    return decided;
  }

  /** In the order of the reasons. Whoever is let in counts for their device, phone and address. */
  async function whyRefused(
    connection: Connection,
    member: ReferralMemberRow,
    document: ReferralProgrammeDocument,
    row: ReferralRow,
  ): Promise<ReferralReason | null> {
    const { device, phone, ip } = row;
    const isSelf =
      row.friend === member.holder ||
      (device !== null && device === member.device) ||
      (phone !== null && phone === member.phone);
    if (isSelf) return "self_referral";
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

  async function requireMember(
    connection: Connection,
    projectId: string,
    code: string,
  ): Promise<ReferralMemberRow> {
    const member = await findMemberByCode(connection, projectId, storedReferralCode(code));
    if (member === undefined) throw problem("referral-code-not-found");
    return member;
  }

  return {
    async join(projectId, key, request) {
      const connection = database.of(projectId);
      const { document } = await programmes.existing(connection, projectId, key);
      const { holder, hashes } = await whoOf(connection, projectId, request);
      const created = { createdAt: new Date(clock.now()), customerId: request.customer };
      for (;;) {
        const member = await withTransaction(database, projectId, (transaction) =>
          joinMember(transaction, {
            projectId,
            programme: key,
            holder,
            ...hashes,
            ...created,
            code: newReferralCode(),
          }),
        );
        // Somebody else has drawn the same code: another one.
        if (member === undefined) continue;
        const { customerId: customer, code, createdAt } = member;
        const link = referralLink(document.link, code);
        return { programme: key, customer, code, link, createdAt: createdAt.toISOString() };
      }
    },

    attribute(projectId, key, request) {
      return withTransaction(database, projectId, async (connection) => {
        const { document } = await programmes.existing(connection, projectId, key);
        const member = await requireMember(connection, projectId, request.code);
        if (member.programme !== key) throw problem("referral-code-not-found");
        if (!isOpen(document, clock.now())) throw problem("referral-programme-closed");
        const row = await attributeTo(connection, member, document, request);
        const by = await findMember(connection, { projectId, programme: key, holder: row.referrer });
        return shownReferral({ row, code: by!.code, referrer: by!.customerId });
      });
    },

    async follow(connection, projectId, events) {
      const now = clock.now();
      const arrivals = events
        .flatMap(({ type, data: { customer, referrer, channel } }) =>
          type === "sign_up" && customer !== undefined && referrer !== undefined
            ? [{ customer, channel, code: storedReferralCode(referrer) }]
            : [],
        )
        // Two batches with the same friends wait for each other in one direction only.
        .sort((a, b) => compare(a.customer, b.customer) || compare(a.code, b.code));
      for (const { code, customer, channel } of arrivals) {
        const member = await findMemberByCode(connection, projectId, code);
        if (member === undefined) continue;
        const { document } = await programmes.existing(connection, projectId, member.programme);
        if (isOpen(document, now)) await attributeTo(connection, member, document, { customer, channel });
      }
    },

    async qr(projectId, code, format, size) {
      const connection = database.of(projectId);
      const member = await requireMember(connection, projectId, code);
      const { document } = await programmes.existing(connection, projectId, member.programme);
      return qrImage(referralLink(document.link, member.code) ?? member.code, format, size);
    },

    async list(projectId, key, { limit, after, referrer: customer, ...filters }) {
      const connection = database.of(projectId);
      await programmes.existing(connection, projectId, key);
      const who: Who | null =
        customer === undefined
          ? null
          : whoIs(await projects.identifierKey(connection, projectId), { customer: { id: customer } });
      const rows = await listReferrals(connection, { projectId, programme: key }, filters, {
        referrer: who?.customer ?? undefined,
        before: listCursor.decode(after),
        limit: limit + 1,
      });
      return listCursor.page(rows, limit, ({ row }) => row.id, shownReferral);
    },

    async results(projectId, key) {
      const connection = database.of(projectId);
      const { document } = await programmes.existing(connection, projectId, key);
      const name = { projectId, programme: key };
      const given = await giftsGiven(connection, name);
      return {
        members: await countMembers(connection, projectId, key),
        referrals: await countReferrals(connection, name),
        giftsLeft: document.gift === undefined ? null : Math.max(0, document.gift.stock - given),
      };
    },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isOpen({ startsAt, endsAt }: ReferralProgrammeDocument, now: number): boolean {
  return (
    (startsAt === undefined || now >= Date.parse(startsAt)) &&
    (endsAt === undefined || now < Date.parse(endsAt))
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

function shownReferral({
  row,
  code,
  referrer,
}: {
  row: ReferralRow;
  code: string;
  referrer: string;
}): Referral {
  const { id, programme, customerId: customer, channel, state, reason, isCounted } = row;
  return {
    id,
    programme,
    customer,
    code,
    referrer,
    channel,
    state,
    reason,
    isCapped: !isCounted && (state === "qualified" || state === "rewarded"),
    order: row.orderRef,
    holdUntil: row.holdUntil?.toISOString() ?? null,
    attributedAt: row.attributedAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
