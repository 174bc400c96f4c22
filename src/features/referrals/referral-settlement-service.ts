/**
 * Rewards referrals when their friends' orders say so, and takes it back when those come back.
 *
 * The transaction that numbers the events of orders marks the referrals that they may decide as due. Here one of them at a time
 * is locked, held against the orders as they are now, and what is not as it should be is made so, all in one transaction: doing
 * it twice changes nothing, and nothing is missed, whoever crashes when.
 *
 * Locks: the referral, then its member, then the gifts of the programme, then coupons and points.
 */
import { Temporal } from "temporal-polyfill";
import { periodAt } from "../../engine/period.ts";
import { millisecondsPerDay } from "../../engine/zone.ts";
import { repeated, untilNothingIsDue } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, withTransaction } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import type { FanOut } from "../events/event-sequencer-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { changedOrders } from "../orders/order-event.ts";
import { type PaidOrder, paidOrders } from "../orders/paid-order-service.ts";
import type { Prize } from "../prizes/prize-schemas.ts";
import type { PrizeReferences, PrizeService, PrizeToGive } from "../prizes/prize-service.ts";
import {
  clocksDifferMilliseconds,
  hadOrdered,
  isSelf,
  orderedInTime,
  type ReferralOptions,
  referralEvent,
} from "./referral-attribution-service.ts";
import { lockMember } from "./referral-member-store.ts";
import type { ReferralProgrammeDocument, ReferralReason } from "./referral-schemas.ts";
import {
  cameBy,
  countRewarded,
  dueReferrals,
  giveGiftBack,
  lockDueReferral,
  markReferralsDue,
  type ReferralName,
  takeGift,
  updateReferral,
} from "./referral-store.ts";
import type { ReferralMemberRow, ReferralRow } from "./referral-tables.ts";

const pollMilliseconds = 1_000;
/** Of each project: none waits until another has nothing left. */
const mostAtOnce = 50;
const retrySeconds = 30;
/** Of orders that might decide. */
const mostOrders = 100;

/** For the sequencer: orders of a friend, and what became of their redemptions, make a referral due. */
export const followReferredOrders =
  (clock: Clock): FanOut =>
  async (connection, projectId, events) => {
    const { orders, redemptions } = changedOrders(events);
    if (orders.length + redemptions.length === 0) return;
    const changed = { orders, redemptions, at: new Date(clock.now()) };
    await markReferralsDue(connection, projectId, changed);
  };
export interface ReferralSettlementService {
  /** Settles whatever is due by now, of all projects; answers how many referrals that were. */
  settleDue(): Promise<number>;
  wake(): void;
  start(): void;
  close(): Promise<void>;
}

interface Case {
  readonly row: ReferralRow;
  readonly document: ReferralProgrammeDocument;
  readonly now: number;
}

export function referralSettlementService({
  database,
  clock,
  log,
  projects,
  programmes,
  prizes,
}: ReferralOptions & { log: Log; prizes: PrizeService }): ReferralSettlementService {
  function settle(name: ReferralName): Promise<boolean> {
    return withTransaction(database, name.projectId, async (connection) => {
      const now = clock.now();
      const row = await lockDueReferral(connection, name, new Date(now));
      if (row === undefined) return false;
      const { document } = await programmes.existing(connection, row.projectId, row.programme);
      if (row.state === "attributed") await decide(connection, { row, document, now });
      else if (row.state === "qualified") await hold(connection, { row, document, now });
      else await updateReferral(connection, row, { dueAt: null });
      return true;
    });
  }

  /** Which order decides, and how. */
  async function decide(connection: Connection, { row, document, now }: Case): Promise<void> {
    const { projectId, customerId, attributedAt } = row;
    const since = attributedAt.getTime() - clocksDifferMilliseconds;
    const orders = await paidOrders(connection, projectId, customerId, { from: since, most: mostOrders });
    const change = (reason: ReferralReason) => refuse(connection, row, reason, now);
    if (document.newCustomer && (await hadOrdered(connection, row))) return change("not_new");
    const inTime = orders.filter(({ at }) => orderedInTime(row, document.withinDays, at));
    const candidates = document.firstOrder ? inTime.slice(0, 1) : inTime;
    const order = candidates.find((candidate) => isEnough(document, candidate));
    if (order !== undefined) return qualify(connection, { row, document, now }, order);
    if (orders.length > inTime.length && inTime.length === 0) return change("too_late");
    if (document.firstOrder && inTime.length > 0) return change("amount_too_low");
    await updateReferral(connection, row, { dueAt: null });
  }

  async function qualify(
    connection: Connection,
    { row, document, now }: Case,
    order: PaidOrder,
  ): Promise<void> {
    const member = await lockMember(connection, { ...row, holder: row.referrer });
    // The member's device and phone may be known only since; and both of a pair that came by each other at the same moment.
    if (isSelf(row, member)) return refuse(connection, row, "self_referral", now);
    if (await cameBy(connection, row)) return refuse(connection, row, "ring", now);
    const isCounted = await hasRoom(connection, { row, document, now });
    const { gift } = document;
    const getsGift =
      gift !== undefined &&
      (gift.to === "friend" || isCounted) &&
      (await takeGift(connection, row, gift.stock));
    const holdUntil = new Date(now + document.holdDays * millisecondsPerDay);
    const qualified: ReferralRow = {
      ...row,
      state: "qualified",
      orderRef: order.ref,
      isCounted,
      // Theirs from now on, whatever the programme gives by the time the hold is over.
      gift: getsGift ? { sku: gift.sku, to: gift.to } : null,
      qualifiedAt: new Date(now),
      holdUntil,
      dueAt: holdUntil,
      updatedAt: new Date(now),
    };
    await tell(connection, qualified, member);
    const after =
      document.given === "paid"
        ? await give(connection, { row: qualified, document, now }, member)
        : qualified;
    await finish(connection, { row: after, document, now }, member);
  }

  /** The order came back, or it did not and the hold is over. */
  async function hold(connection: Connection, { row, document, now }: Case): Promise<void> {
    const { projectId, customerId, orderRef } = row;
    const [order] = await paidOrders(connection, projectId, customerId, { ref: orderRef!, most: 1 });
    const member = await lockMember(connection, { ...row, holder: row.referrer });
    // A guest who came by the member's code, and turned out to be the member when they signed in.
    const isOwn = isSelf(row, member) || row.customerId === member.customerId;
    if (!isOwn && order !== undefined && isEnough(document, order))
      return finish(connection, { row, document, now }, member);
    const references: PrizeReferences = {
      projectId,
      source: "referral",
      programme: row.programme,
      references: sides.map((side) => referenceOf(row, side)).concat(referenceOf(row, "gift")),
    };
    // Before what was given is locked, as when it is given; a coupon that an order still holds does not hold the gift.
    if (row.gift !== null) await giveGiftBack(connection, row);
    if (row.isGiven && !(await prizes.takeBack(connection, references))) {
      await updateReferral(connection, row, { gift: null, dueAt: new Date(now + retrySeconds * 1_000) });
      return;
    }
    const reversed: ReferralRow = {
      ...row,
      state: "reversed",
      reason: isOwn ? "self_referral" : order === undefined ? "order_returned" : "amount_too_low",
      isCounted: false,
      gift: null,
      dueAt: null,
      updatedAt: new Date(now),
    };
    await updateReferral(connection, row, reversed);
    await tell(connection, reversed, member);
  }

  /** Whatever is left to do once the hold is over; until then it waits. */
  async function finish(
    connection: Connection,
    { row, document, now }: Case,
    member: ReferralMemberRow,
  ): Promise<void> {
    if (now < row.holdUntil!.getTime())
      return updateReferral(connection, row, { ...row, dueAt: row.holdUntil });
    const given = row.isGiven ? row : await give(connection, { row, document, now }, member);
    const rewarded: ReferralRow = { ...given, state: "rewarded", dueAt: null, updatedAt: new Date(now) };
    await updateReferral(connection, row, rewarded);
    await tell(connection, rewarded, member);
  }

  async function give(
    connection: Connection,
    { row, document }: Case,
    member: ReferralMemberRow,
  ): Promise<ReferralRow> {
    const { projectId, programme } = row;
    const customers = { referrer: member.customerId, friend: row.customerId };
    const gives = (side: "referrer" | "friend", prize: Prize, reference: string): PrizeToGive => ({
      projectId,
      source: "referral",
      programme,
      reference,
      customerId: customers[side],
      prize,
    });
    for (const side of sides) {
      const prize = document[side];
      if (prize === null) continue;
      const toGive = gives(side, prize, referenceOf(row, side));
      if (side === "referrer" && !row.isCounted) await prizes.refuse(connection, toGive, "cap_reached");
      else await prizes.give(connection, toGive);
    }
    if (row.gift !== null) {
      const { sku, to } = row.gift;
      await prizes.give(connection, gives(to, { kind: "gift", sku, quantity: 1 }, referenceOf(row, "gift")));
    }
    return { ...row, isGiven: true };
  }

  /** Of a locked member. */
  async function hasRoom(connection: Connection, { row, document, now }: Case): Promise<boolean> {
    const { mostRewards, mostRewardsPer } = document;
    if (mostRewards === undefined && mostRewardsPer === undefined) return true;
    const timezone = await projects.timezone(connection, row.projectId);
    const since = mostRewardsPer === undefined ? now : startOfPeriod(mostRewardsPer.period, timezone, now);
    const rewarded = await countRewarded(connection, row, new Date(since));
    return (
      rewarded.all < (mostRewards ?? Number.POSITIVE_INFINITY) &&
      rewarded.since < (mostRewardsPer?.count ?? Number.POSITIVE_INFINITY)
    );
  }

  async function refuse(
    connection: Connection,
    row: ReferralRow,
    reason: ReferralReason,
    now: number,
  ): Promise<void> {
    const refused: ReferralRow = { ...row, state: "refused", reason, dueAt: null, updatedAt: new Date(now) };
    await updateReferral(connection, row, refused);
    await tell(connection, refused, await lockMember(connection, { ...row, holder: row.referrer }));
  }

  function settleDue(): Promise<number> {
    const find = () => dueReferrals(database.outside, new Date(clock.now()), mostAtOnce);
    return untilNothingIsDue(find, background.signal, settle, async (error, name) => {
      log.warn({ err: error, ...name }, "a referral could not be settled; tried again in half a minute");
      const until = new Date(clock.now() + retrySeconds * 1_000);
      await updateReferral(database.of(name.projectId), name, { dueAt: until });
    });
  }

  const background = repeated(pollMilliseconds, settleDue, (error) =>
    log.debug({ err: error }, "could not look for referrals to settle; tried again in a second"),
  );
  return { settleDue, wake: background.wake, start: background.start, close: background.close };
}

const sides = ["referrer", "friend"] as const;

function referenceOf({ id }: ReferralRow, side: (typeof sides)[number] | "gift"): string {
  return `${id}/${side}`;
}

function isEnough({ minAmount }: ReferralProgrammeDocument, { currency, total }: PaidOrder): boolean {
  return minAmount === undefined || total >= (minAmount[currency] ?? Number.POSITIVE_INFINITY);
}

async function tell(connection: Connection, row: ReferralRow, { code }: ReferralMemberRow): Promise<void> {
  await recordEvents(connection, row.projectId, [referralEvent(row, code)]);
}

/** When the day, week or month began, by the clock on the wall of the zone. */
function startOfPeriod(period: "day" | "week" | "month", timezone: string, now: number): number {
  const name = periodAt(period, timezone, now);
  const date = Temporal.PlainDate.from(name.length === 7 ? `${name}-01` : name);
  return date.toZonedDateTime(timezone).epochMilliseconds;
}
