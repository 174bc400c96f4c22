/**
 * Check-ins, one a customer and day, and what days in a row are worth.
 *
 * Days are told in their order: each counts on its own local day, also when it is told later; one of a day before the last that
 * is known would change what was given for the days after it, and is refused.
 */
import { Temporal } from "temporal-polyfill";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { problem } from "../../platform/problem.ts";
import { hashCustomer } from "../ledger/promotion-counters.ts";
import type { PrizeReadingService } from "../prizes/prize-reading-service.ts";
import type { PrizeService } from "../prizes/prize-service.ts";
import { type ProgrammeService, programmeService } from "../programmes/programme-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import {
  type CheckIn,
  type CheckInProgrammeDocument,
  type CheckInRequest,
  type CheckInStreak,
  checkInProgrammeDocument,
} from "./check-in-schemas.ts";
import { findCheckIn, findStreak, insertCheckIn, lockStreak, saveStreak } from "./check-in-store.ts";
import type { CheckInStreakRow } from "./check-in-tables.ts";

export type CheckInProgrammes = ProgrammeService<CheckInProgrammeDocument>;

/** How far ahead of ours the clock of a till may be. */
const aheadMilliseconds = 300_000;
const millisecondsPerHour = 3_600_000;

/** Told of each check-in, in its transaction, before anything is given for it. */
export type CheckInFollower = (
  connection: Connection,
  checkIn: { projectId: string; programme: string; holder: string; customerId: string; at: number },
) => Promise<void>;

export interface CheckInService {
  /** Once a day; the same day again changes nothing and answers the same. */
  checkIn(projectId: string, key: string, request: CheckInRequest): Promise<CheckIn>;
  streak(projectId: string, key: string, customer: string): Promise<CheckInStreak>;
}

export interface CheckInOptions {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "identifierKey" | "timezone">;
  programmes: CheckInProgrammes;
  prizes: PrizeService;
  prizeReading: PrizeReadingService;
  follow: CheckInFollower;
}

export function checkInProgrammeService(options: { database: Database; clock: Clock }): CheckInProgrammes {
  return programmeService<CheckInProgrammeDocument>({
    ...options,
    kind: "check_in",
    schema: checkInProgrammeDocument,
    missing: "check-in-programme-not-found",
    faultsOf: ({ rewards }) => {
      const days = rewards.map(({ day }) => day);
      const double = days.findIndex((day, index) => days.indexOf(day) < index);
      return double < 0
        ? []
        : [{ path: `/rewards/${double}/day`, code: "duplicate", message: "Every day once." }];
    },
  });
}

export function checkInService(options: CheckInOptions): CheckInService {
  const { database, clock, projects, programmes, prizes, prizeReading, follow } = options;

  return {
    checkIn(projectId, key, { customer, at: told }) {
      return withTransaction(database, projectId, async (connection) => {
        const { document } = await programmes.existing(connection, projectId, key);
        const now = clock.now();
        const toldAt = told === undefined ? now : Date.parse(told);
        if (!(toldAt <= now + aheadMilliseconds)) throw refused("in_future", "It is still to come.");
        // A till that is minutes fast before midnight means today.
        const at = Math.min(toldAt, now);
        requireInTime(document, at, now);
        const holder = hashCustomer(await projects.identifierKey(connection, projectId), customer);
        const name = { projectId, programme: key, holder };
        const day = dayOf(at, await projects.timezone(connection, projectId));
        const last = await lockStreak(connection, { ...name, customerId: customer });
        const from = { projectId, source: "check_in" as const, programme: key, holder };
        const answer = { programme: key, customer, day };
        if (last.total > 0 && day <= last.day) {
          const known = await findCheckIn(connection, name, day);
          if (known === undefined) throw refused("out_of_order", "A later day is known already.");
          const { best, total } = last;
          const given = await prizeReading.of(connection, from, [day]);
          return { ...answer, streak: known.streak, best, total, isRepeat: true, prizes: given };
        }
        const next = following(last, day, customer);
        const { streak, best, total } = next;
        await saveStreak(connection, next);
        await insertCheckIn(connection, { ...name, day, at: new Date(at), streak });
        await follow(connection, { ...name, customerId: customer, at });
        const prize = prizeOf(document, streak);
        if (prize !== undefined)
          await prizes.give(connection, { ...from, reference: day, customerId: customer, prize });
        const given = prize === undefined ? [] : await prizeReading.of(connection, from, [day]);
        return { ...answer, streak, best, total, isRepeat: false, prizes: given };
      });
    },

    async streak(projectId, key, customer) {
      const connection = database.of(projectId);
      await programmes.existing(connection, projectId, key);
      const holder = hashCustomer(await projects.identifierKey(connection, projectId), customer);
      const row = await findStreak(connection, { projectId, programme: key, holder });
      const yesterday = dayBefore(dayOf(clock.now(), await projects.timezone(connection, projectId)));
      const { day = null, best = 0, total = 0 } = row ?? {};
      const streak = row !== undefined && row.day >= yesterday ? row.streak : 0;
      return { programme: key, customer, day, streak, best, total };
    },
  };
}

function following(last: CheckInStreakRow, day: string, customerId: string): CheckInStreakRow {
  const streak = last.total > 0 && last.day === dayBefore(day) ? last.streak + 1 : 1;
  return { ...last, customerId, day, streak, best: Math.max(last.best, streak), total: last.total + 1 };
}

/** What so many days in a row are worth. */
function prizeOf({ rewards, repeats }: CheckInProgrammeDocument, streak: number) {
  const last = Math.max(...rewards.map(({ day }) => day));
  const day = repeats && rewards.length > 0 ? ((streak - 1) % last) + 1 : streak;
  return rewards.find((reward) => reward.day === day)?.prize;
}

function requireInTime(
  { startsAt, endsAt, lateHours }: CheckInProgrammeDocument,
  at: number,
  now: number,
): void {
  // Whoever checks in now does so in time, also where nothing may be told later.
  if (at < now - lateHours * millisecondsPerHour - aheadMilliseconds)
    throw refused("too_late", `It may be told ${lateHours} hours later.`);
  if (startsAt !== undefined && at < Date.parse(startsAt)) throw refused("not_open", "It has not begun.");
  if (endsAt !== undefined && at >= Date.parse(endsAt)) throw refused("not_open", "It is over.");
}

function refused(code: string, message: string) {
  return problem("check-in-refused", { errors: [{ path: "/at", code, message }] });
}

function dayOf(at: number, timezone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone).toPlainDate().toString();
}

function dayBefore(day: string): string {
  return Temporal.PlainDate.from(day).subtract({ days: 1 }).toString();
}
