/** Schedules of dates, which begin and end with the days of the project's time zone. */
import type { Clock } from "../../platform/clock.ts";
import { recordEvents } from "../events/event-service.ts";
import type { ZoneFollower } from "../projects/project-service.ts";
import { checkDocument, windowOf } from "./promotion-document.ts";
import { turnEvents } from "./promotion-event.ts";
import { turnsOf } from "./promotion-status.ts";
import { activeByProjectZone, lockAllChangeable, updatePromotion } from "./promotion-store.ts";
import { renewTurns } from "./promotion-turn-store.ts";

export function promotionZoneService({ clock }: { clock: Clock }): ZoneFollower {
  return {
    lock: lockAllChangeable,
    // Of what is not in force it is worked out when it comes into force.
    async follow(connection, projectId, timezone) {
      const now = clock.now();
      for (const before of await activeByProjectZone(connection, projectId)) {
        const { compiled } = checkDocument(before.document, { id: before.id, timezone });
        // What would end before it begins is in no rulebook of this zone either.
        if (compiled === null) continue;
        const after = { ...before, ...windowOf(compiled) };
        await updatePromotion(connection, after);
        const come = await renewTurns(connection, before, after, now);
        const wasAhead = turnsOf(before).filter(({ at }) => at.getTime() > now);
        // By the new zone it has come already: nothing but this tells of it.
        const passedOver = turnsOf(after).filter(
          ({ turn, at }) => at.getTime() <= now && wasAhead.some((other) => other.turn === turn),
        );
        await recordEvents(connection, projectId, [
          ...turnEvents(before, come),
          ...turnEvents(after, passedOver),
        ]);
      }
    },
  };
}
