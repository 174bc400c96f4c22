/** What is told of a promotion's change. */
import { type NewEvent, newEvent } from "../events/event-types.ts";
import { type PromotionChange, type StoredStatus, shownStatus, type Turn } from "./promotion-status.ts";

interface ToldPromotion {
  readonly id: string;
  readonly key: string;
  readonly version: number;
  readonly status: StoredStatus;
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
}

export function promotionEvent(
  row: ToldPromotion,
  change: PromotionChange,
  { apiKeyId }: { apiKeyId: string },
  now: number,
): NewEvent {
  const { id, key, version } = row;
  const name = change === "updated" || change === "reverted" ? "changed" : change;
  const status = shownStatus(row, now);
  return newEvent(`dealwright.promotion.${name}`, id, {
    promotion: key,
    promotionId: id,
    version,
    status,
    changedBy: apiKeyId,
  });
}

/** What its schedule brought while it was in force as it is in `row`. */
export function turnEvents({ id, key, version }: ToldPromotion, turns: readonly Turn[]): NewEvent[] {
  return turns.map(({ turn, at }) =>
    newEvent(`dealwright.promotion.${turn}`, id, {
      promotion: key,
      promotionId: id,
      version,
      status: turn === "started" ? "active" : "ended",
      at: at.toISOString(),
    }),
  );
}
