/** Gives back what reservations held whose time is up. Every process does it; twice changes nothing. */
import { repeated } from "../../platform/background.ts";
import type { Database } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import type { CommitterService } from "../ledger/committer-service.ts";
import { lapsedReservations } from "./redemption-store.ts";

const sweepMilliseconds = 1_000;
const mostAtOnce = 500;

export interface RedemptionExpiryService {
  /** Expires all whose time is up; answers how many it found. */
  sweep(): Promise<number>;
  start(): void;
  close(): Promise<void>;
}

export function redemptionExpiryService(options: {
  database: Database;
  committer: CommitterService;
  log: Log;
}): RedemptionExpiryService {
  const { database, committer, log } = options;
  const background = repeated(sweepMilliseconds, sweep, (error) => {
    log.debug({ err: error }, "reservations could not be expired; the next sweep tries again");
  });

  async function sweep(): Promise<number> {
    let found = 0;
    let lapsed: Awaited<ReturnType<typeof lapsedReservations>>;
    do {
      lapsed = await lapsedReservations(database.outside, mostAtOnce);
      found += lapsed.length;
      await Promise.all(
        lapsed.map(({ projectId, id, orderRef }) =>
          committer.submit(projectId, { command: { kind: "expire", redemption: id }, orderRef }),
        ),
      );
    } while (lapsed.length === mostAtOnce && !background.signal.aborted);
    return found;
  }

  return { sweep, start: background.start, close: background.close };
}
