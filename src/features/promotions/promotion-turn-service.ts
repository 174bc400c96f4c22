/** Tells when the schedules of promotions in force begin and run out. Nothing else depends on it: prices go by the schedule itself. */
import { repeated, untilNothingIsDue } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Database, withTransaction } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import { recordEvents } from "../events/event-service.ts";
import { turnEvents } from "./promotion-event.ts";
import { lockPromotion } from "./promotion-store.ts";
import { type DueTurn, dueTurns, renewTurns } from "./promotion-turn-store.ts";

export interface PromotionTurnService {
  /** Tells what has come, of so many promotions at once; answers of how many this process told. */
  sweep(): Promise<number>;
  start(): void;
  close(): Promise<void>;
}

const sweepMilliseconds = 1_000;
const mostAtOnce = 1_000;

export function promotionTurnService(options: {
  database: Database;
  clock: Clock;
  log: Log;
}): PromotionTurnService {
  const { database, clock, log } = options;
  const background = repeated(sweepMilliseconds, sweep, (error) => {
    log.warn(
      { err: error },
      "could not look for promotions that start or expire; the next sweep tries again",
    );
  });

  function sweep(): Promise<number> {
    return untilNothingIsDue(
      () => dueTurns(database.outside, clock.now(), mostAtOnce),
      background.signal,
      tell,
      (error, due) => {
        log.warn({ err: error, ...due }, "could not tell that a promotion starts or expires");
      },
    );
  }

  function tell({ projectId, promotionId }: DueTurn): Promise<boolean> {
    return withTransaction(database, projectId, async (connection) => {
      const promotion = await lockPromotion(connection, projectId, { id: promotionId });
      if (promotion === undefined) throw new Error(`a turn of ${promotionId}, which is gone`);
      const turns = await renewTurns(connection, promotion, promotion, clock.now());
      if (turns.length === 0) return false;
      await recordEvents(connection, projectId, turnEvents(promotion, turns));
      return true;
    });
  }

  return {
    sweep,
    start: () => background.start(),
    close: () => background.close(),
  };
}
