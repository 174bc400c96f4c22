/** What a look of an automation that time triggers finds, page by page. */

import { dateOf } from "../../engine/calendar.ts";
import { findZone, millisecondsPerDay } from "../../engine/zone.ts";
import type { Connection } from "../../platform/database.ts";
import { localDay } from "./automation-caps.ts";
import { type ClockTrigger, datesLookedFor, dateText, endsLookedFor } from "./automation-clock.ts";
import {
  birthdays,
  type CandidatePage,
  contractEnds,
  datesOf,
  inactive,
  type LookPage,
  membersOf,
} from "./automation-look-store.ts";

/** Whom an automation is triggered for, and by what. */
export interface Reached {
  readonly customerId: string;
  readonly occurrence: string;
  readonly trigger: Readonly<Record<string, unknown>>;
}

export interface Look {
  /** Of the look, epoch milliseconds. */
  readonly at: number;
  readonly timezone: string;
  /** The day of the one before, in days since 1970; null: that day is looked at alone. */
  readonly lookedDay: number | null;
}

export async function lookFor(
  connection: Connection,
  projectId: string,
  trigger: ClockTrigger,
  { at, timezone, lookedDay }: Look,
  lookPage: LookPage,
): Promise<{ reached: Reached[]; through: string | null }> {
  const today = localDay(timezone, at);
  const found = (page: CandidatePage, of: (what: never) => Omit<Reached, "customerId">) => ({
    reached: page.candidates.map(({ id, what }) => ({ customerId: id, ...of(what as never) })),
    through: page.through,
  });
  switch (trigger.kind) {
    case "birthday": {
      const dates = datesLookedFor(trigger, { today, lookedDay });
      const page = await birthdays(connection, projectId, [...dates.keys()], lookPage);
      return found(page, (day: string) => {
        const date = dates.get(day)!;
        return { occurrence: `birthday:${date.slice(0, 4)}`, trigger: { birthday: date } };
      });
    }
    case "date": {
      const dates = datesLookedFor(trigger, { today, lookedDay });
      const { attribute, yearly: isYearly = false } = trigger;
      const wanted = { attribute, dates: [...dates.keys()], isYearly };
      return found(await datesOf(connection, projectId, wanted, lookPage), (what: string) => {
        const date = dates.get(what)!;
        return { occurrence: `date:${attribute}:${date}`, trigger: { attribute, date } };
      });
    }
    case "contract_end": {
      const { monthsBefore, contracts } = trigger;
      const wanted = { ends: endsLookedFor(trigger, { today, lookedDay }), kinds: contracts ?? null };
      return found(await contractEnds(connection, projectId, wanted, lookPage), (endsOn: string) => ({
        occurrence: `contract_end:${monthsBefore}:${endsOn}`,
        trigger: { contractEndsOn: endsOn, monthsBefore },
      }));
    }
    case "inactivity": {
      const span = trigger.days * millisecondsPerDay;
      const since = isAnew(lookedDay, today) ? null : findZone(timezone)!.startOfDay(lookedDay) - span;
      return found(
        await inactive(connection, projectId, { since, through: at - span }, lookPage),
        inactivityOf,
      );
    }
    case "schedule": {
      const date = dateText(today);
      return found(await membersOf(connection, projectId, trigger.segment ?? null, lookPage), () => ({
        occurrence: `schedule:${date}`,
        trigger: { scheduledFor: date },
      }));
    }
  }
}

/**
 * Whether to look at everybody who is inactive, and not at those alone who became so since the last look: first of all, and again
 * every month, for orders that were imported or cancelled long after they were placed.
 */
function isAnew(lookedDay: number | null, today: number): lookedDay is null {
  return lookedDay === null || dateOf(lookedDay).month !== dateOf(today).month;
}

export function inactivityOf(lastOrderAt: number): Omit<Reached, "customerId"> {
  return {
    occurrence: `inactive:${lastOrderAt}`,
    trigger: { lastOrderAt: new Date(lastOrderAt).toISOString() },
  };
}
