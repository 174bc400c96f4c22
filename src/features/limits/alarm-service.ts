/** Says when something goes faster than the project expects: an event and a line in the log, once in each window. */

import type { SharedCounts } from "../../platform/exchanged-counts.ts";
import { newId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import type { SafeguardService } from "../projects/safeguard-service.ts";
import type { ProjectRules } from "../promotions/rulebook-service.ts";

/** What an order took. */
export interface Redeemed {
  readonly promotions: readonly { readonly promotion: string; readonly promotionId: string | null }[];
  /** Minor units, of goods and shipping. */
  readonly discount: number;
  readonly currency: string;
}

export interface AlarmService {
  redeemed(rules: ProjectRules, redeemed: Redeemed): void;
  wrongCode(rules: ProjectRules): void;
  /** Waits for alarms that are being written. */
  close(): Promise<void>;
}

export interface AlarmServiceOptions {
  safeguards: Pick<SafeguardService, "raiseAlarm">;
  counts: SharedCounts;
  log: Log;
}

interface Alarm {
  readonly type: `dealwright.alarm.${"redemptions" | "discount" | "wrong_codes"}`;
  readonly windowSeconds: 60 | 3_600;
  /** A promotion's id, a currency, or the project's id. */
  readonly subject: string;
  readonly threshold: number;
  readonly details: object;
}

export function alarmService({ safeguards, counts, log }: AlarmServiceOptions): AlarmService {
  /** Alarms that were raised in windows that are not over, with the end of each. */
  const raised = new Map<string, number>();
  let sweptAt = 0;
  const writing = new Set<Promise<void>>();

  function count({ projectId }: ProjectRules, alarm: Alarm, amount: number): void {
    const { type, subject, threshold, windowSeconds } = alarm;
    const name = `${type} ${projectId} ${subject}`;
    const actual = counts.add(name, windowSeconds, amount);
    if (actual < threshold) return;
    const endsAt = counts.windowEnd(windowSeconds);
    if (raised.get(name) === endsAt) return;
    forgetPast();
    raised.set(name, endsAt);
    const work = raise(projectId, alarm, endsAt, actual).finally(() => writing.delete(work));
    writing.add(work);
  }

  function forgetPast(): void {
    const now = counts.windowEnd(60) - 60_000;
    if (now === sweptAt) return;
    for (const [name, endsAt] of raised) if (endsAt <= now) raised.delete(name);
    sweptAt = now;
  }

  async function raise(projectId: string, alarm: Alarm, endsAt: number, actual: number): Promise<void> {
    const { type, subject, threshold, windowSeconds, details } = alarm;
    const startsAt = endsAt - windowSeconds * 1_000;
    const data = {
      ...details,
      threshold,
      actual,
      from: new Date(startsAt).toISOString(),
      to: new Date(endsAt).toISOString(),
    };
    try {
      // Several processes may notice: the first one says so.
      const event = { id: newId("evt"), type, subject, data };
      const alarm = { projectId, name: `${type} ${subject}`, windowEndsAt: endsAt };
      const isFirst = await safeguards.raiseAlarm(alarm, event);
      if (isFirst) log.warn({ projectId, alarm: type, subject, ...data }, "faster than the project expects");
    } catch (error) {
      log.error({ err: error, projectId, alarm: type, subject, ...data }, "an alarm could not be written");
    }
  }

  return {
    redeemed(rules, { promotions, discount, currency }) {
      const { redemptionsPerMinute, discountPerHour } = rules.safeguards.alarms;
      if (redemptionsPerMinute !== null) {
        const named = new Map(promotions.map(({ promotion, promotionId }) => [promotion, promotionId]));
        for (const [promotion, subject] of named)
          if (subject !== null)
            count(
              rules,
              {
                type: "dealwright.alarm.redemptions",
                windowSeconds: 60,
                subject,
                threshold: redemptionsPerMinute,
                details: { promotion },
              },
              1,
            );
      }
      const threshold = discountPerHour?.[currency];
      if (threshold !== undefined && discount > 0)
        count(
          rules,
          {
            type: "dealwright.alarm.discount",
            windowSeconds: 3_600,
            subject: currency,
            threshold,
            details: { currency },
          },
          discount,
        );
    },
    wrongCode(rules) {
      const { wrongCodesPerMinute: threshold } = rules.safeguards.alarms;
      if (threshold === null) return;
      const { projectId: subject } = rules;
      count(
        rules,
        { type: "dealwright.alarm.wrong_codes", windowSeconds: 60, subject, threshold, details: {} },
        1,
      );
    },
    async close() {
      await Promise.all(writing);
    },
  };
}
