/**
 * Gives prizes and takes them back, in the transaction of whoever decides on it: both are there, or neither. Whoever gives
 * one answers for doing so once, by a lock or a key of its own; a second one for the same reference would fail the transaction.
 */
import { eachApart, repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import { issueCoupon, voidIssued, whyNoCoupon } from "../coupons/coupon-issue-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import { holderOf } from "../points/points-book-service.ts";
import { givePoints, takeGivenPoints } from "../points/points-gift-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import type { Prize } from "./prize-schemas.ts";
import {
  insertPrize,
  listOwedPrizes,
  lockOwedPrize,
  lockPrizes,
  owedPrizePools,
  type PrizeName,
  type PrizeOrigin,
  postponePrize,
  updatePrize,
} from "./prize-store.ts";
import type { PrizeRow } from "./prize-tables.ts";

const pollMilliseconds = 1_000;
const mostAtOnce = 200;
const retrySeconds = 30;

/** Who gives what to whom, and what for. */
export interface PrizeToGive extends PrizeOrigin {
  readonly reference: string;
  readonly customerId: string;
  readonly prize: Prize;
}

export interface PrizeReferences extends PrizeOrigin {
  readonly references: readonly string[];
}

export interface PrizeService {
  give(connection: Connection, given: PrizeToGive): Promise<PrizeRow>;
  /** Notes that it is not theirs, and why: nothing is given, now or later. */
  refuse(connection: Connection, given: PrizeToGive, reason: string): Promise<void>;
  /** As far as it can be; false while an order still holds a coupon: then it is to be asked again. Again it changes nothing. */
  takeBack(connection: Connection, references: PrizeReferences): Promise<boolean>;
  /** Gives what is owed, as far as its pools have codes, in all projects. */
  deliverOwed(): Promise<void>;
  start(): void;
  close(): Promise<void>;
}

export interface PrizeOptions {
  database: Database;
  clock: Clock;
  log: Log;
  projects: Pick<ProjectService, "identifierKey" | "timezone">;
}

export function prizeService({ database, clock, log, projects }: PrizeOptions): PrizeService {
  async function bookingOf(connection: Connection, { projectId, source, programme }: PrizeRow) {
    const timezone = await projects.timezone(connection, projectId);
    return { now: clock.now(), timezone, reason: `${source}:${programme}` };
  }

  async function pointsOf(connection: Connection, { projectId, customerId }: PrizeRow, points: PointsPrize) {
    const holder = holderOf(await projects.identifierKey(connection, projectId), customerId);
    return { projectId, ...holder, programme: points.programme, points: points.points };
  }

  /** What the row says once it is given; written by the caller. */
  async function given(connection: Connection, row: PrizeRow): Promise<PrizeRow> {
    const prize = row.document;
    const granted = { ...row, state: "granted" as const, reason: null };
    if (prize.kind === "gift") return granted;
    const booking = await bookingOf(connection, row);
    if (prize.kind === "points") {
      const points = await pointsOf(connection, row, prize);
      return { ...granted, lotId: await givePoints(connection, points, booking) };
    }
    const { projectId, customerId } = row;
    const { pool, validFor = null } = prize;
    const issued = await issueCoupon(connection, { projectId, pool, customerId, validFor, ...booking });
    return issued.type === "issued"
      ? { ...granted, code: issued.code }
      : { ...row, state: "owed", reason: issued.reason };
  }

  async function taken(connection: Connection, row: PrizeRow): Promise<PrizeRow["state"] | null> {
    if (row.state === "owed") return "lapsed";
    const prize = row.document;
    if (prize.kind === "points") {
      const points = await pointsOf(connection, row, prize);
      await takeGivenPoints(connection, points, row.lotId!, await bookingOf(connection, row));
    } else if (prize.kind === "coupon") {
      // Void at once: whoever holds it already may still use it, and only then is it decided.
      const { used, reserved } = await voidIssued(connection, row.projectId, row.code!);
      if (used > 0) return "kept";
      if (reserved > 0) return null;
    }
    return "recovered";
  }

  async function deliver(pool: { projectId: string; pool: string }): Promise<void> {
    const connection = database.of(pool.projectId);
    if ((await whyNoCoupon(connection, pool, clock.now())) !== null) return;
    let isMore = true;
    while (isMore) {
      const owed = await listOwedPrizes(connection, pool, new Date(clock.now()), mostAtOnce);
      let delivered = 0;
      for (const name of owed) {
        if (background.signal.aborted) return;
        try {
          const state = await deliverOne(name);
          if (state === "owed") return;
          if (state !== null) delivered += 1;
        } catch (error) {
          log.warn({ err: error, ...name }, "a prize could not be delivered; tried again in half a minute");
          await postponePrize(connection, name, new Date(clock.now() + retrySeconds * 1_000));
        }
      }
      isMore = owed.length === mostAtOnce && delivered > 0;
    }
  }

  /** Null: somebody else has done it, or is at it. */
  function deliverOne(name: PrizeName): Promise<PrizeRow["state"] | null> {
    return withTransaction(database, name.projectId, async (connection) => {
      const row = await lockOwedPrize(connection, name);
      if (row === undefined) return null;
      const settled = await given(connection, row);
      if (settled.state === "owed") return "owed";
      const { state, code, reason } = settled;
      await updatePrize(connection, name, { state, code, reason, updatedAt: new Date(clock.now()) });
      await tell(connection, settled);
      return state;
    });
  }

  async function deliverOwed(): Promise<void> {
    await eachApart(await owedPrizePools(database.outside), background.signal, deliver, (error, pool) =>
      log.warn({ err: error, ...pool }, "owed prizes could not be delivered; tried again in a second"),
    );
  }

  const background = repeated(pollMilliseconds, deliverOwed, (error) =>
    log.debug({ err: error }, "could not look for owed prizes; tried again in a second"),
  );

  return {
    async give(connection, toGive) {
      const row = await given(connection, rowOf(toGive, clock.now()));
      await insertPrize(connection, row);
      await tell(connection, row);
      return row;
    },
    async refuse(connection, toGive, reason) {
      await insertPrize(connection, { ...rowOf(toGive, clock.now()), state: "refused", reason });
    },
    async takeBack(connection, { references, ...from }) {
      let isDone = true;
      for (const row of await lockPrizes(connection, from, references)) {
        if (row.state !== "granted" && row.state !== "owed") continue;
        const state = await taken(connection, row);
        isDone &&= state !== null;
        if (state === null) continue;
        await updatePrize(connection, row, { state, reason: null, updatedAt: new Date(clock.now()) });
        await tell(connection, { ...row, state });
      }
      return isDone;
    },
    deliverOwed,
    start: background.start,
    close: background.close,
  };
}

type PointsPrize = Extract<Prize, { kind: "points" }>;

function rowOf({ prize, holder = "", ...given }: PrizeToGive, now: number): PrizeRow {
  return {
    ...given,
    holder,
    id: newId("prz", now),
    kind: prize.kind,
    state: "owed",
    document: prize,
    pool: prize.kind === "coupon" ? prize.pool : null,
    code: null,
    lotId: null,
    reason: null,
    retryAt: null,
    createdAt: new Date(now),
    updatedAt: new Date(now),
  };
}

/** The code itself is in no event. */
async function tell(connection: Connection, row: PrizeRow): Promise<void> {
  const { id, projectId, state, source, programme, customerId: customer, document } = row;
  if (state === "refused" || state === "lapsed") return;
  const data = { prize: id, source, programme, customer, gives: document };
  await recordEvents(connection, projectId, [newEvent(`dealwright.prize.${state}`, id, data)]);
}
