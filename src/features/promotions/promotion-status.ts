/** The life of a promotion: draft → scheduled → active ⇄ paused → ended → archived. */

export const storedStatuses = ["draft", "active", "paused", "ended", "archived"] as const;
export type StoredStatus = (typeof storedStatuses)[number];

export const shownStatuses = ["draft", "scheduled", "active", "paused", "ended", "archived"] as const;
export type ShownStatus = (typeof shownStatuses)[number];

export const promotionChanges = [
  "created",
  "updated",
  "activated",
  "paused",
  "ended",
  "archived",
  "reverted",
  "killed",
] as const;
export type PromotionChange = (typeof promotionChanges)[number];

export interface Lifetime {
  readonly status: StoredStatus;
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
}

/** What the merchant set, seen through the schedule: nothing has to happen at the instants where it starts and ends. */
export function shownStatus({ status, startsAt, endsAt }: Lifetime, now: number): ShownStatus {
  if (status !== "active") return status;
  if (endsAt !== null && now >= endsAt.getTime()) return "ended";
  return startsAt !== null && now < startsAt.getTime() ? "scheduled" : "active";
}

export interface Turn {
  readonly turn: "started" | "expired";
  readonly at: Date;
}

/** What its schedule brings, as long as it is in force. */
export function turnsOf({ status, startsAt, endsAt }: Lifetime): Turn[] {
  if (status !== "active") return [];
  const turns = [
    { turn: "started", at: startsAt },
    { turn: "expired", at: endsAt },
  ] as const;
  return turns.flatMap(({ turn, at }) => (at === null ? [] : [{ turn, at }]));
}

export type Transition = "activate" | "pause" | "end" | "archive";

interface TransitionRule {
  readonly from: readonly ShownStatus[];
  readonly to: StoredStatus;
  readonly change: PromotionChange;
}

export const transitions: Readonly<Record<Transition, TransitionRule>> = {
  activate: { from: ["draft", "paused"], to: "active", change: "activated" },
  pause: { from: ["scheduled", "active"], to: "paused", change: "paused" },
  end: { from: ["scheduled", "active", "paused"], to: "ended", change: "ended" },
  archive: { from: ["draft", "paused", "ended"], to: "archived", change: "archived" },
};

/** From where a promotion can be killed: wherever it may still have reservations. */
export const killable: readonly ShownStatus[] = ["scheduled", "active", "paused", "ended"];

/** What was ended or archived by hand is history; one whose schedule ran out may still be given a later end. */
export function isEditable(status: StoredStatus): boolean {
  return status !== "ended" && status !== "archived";
}
