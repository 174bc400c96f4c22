/** Contracts whose last day is over renew themselves or end. Every process looks; what one works on, the others leave to it. */
import { repeated, untilNothingIsDue } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { close, nextTerm, tell } from "./contract-service.ts";
import { type ContractName, dueContracts, insertContract, lockFreeContract } from "./contract-store.ts";

export interface ContractRoundService {
  /** Settles all that are due by now; answers how many. */
  settleDue(): Promise<number>;
  start(): void;
  close(): Promise<void>;
}

const pollMilliseconds = 10_000;
const mostAtOnce = 100;

export function contractRoundService({
  database,
  clock,
  log,
  projects,
}: {
  database: Database;
  clock: Clock;
  log: Log;
  projects: Pick<ProjectService, "timezone">;
}): ContractRoundService {
  const background = repeated(pollMilliseconds, settleDue, (error) =>
    log.warn({ err: error }, "could not look for contracts that end; the next round tries again"),
  );

  function settleDue(): Promise<number> {
    // A term that ended long ago is followed by others that have ended as well.
    const find = () => dueContracts(database.outside, new Date(clock.now()), mostAtOnce);
    return untilNothingIsDue(find, background.signal, settle, (error, name) =>
      log.warn({ err: error, ...name }, "a contract could not be ended; the next round tries again"),
    );
  }

  function settle(name: ContractName): Promise<boolean> {
    return withTransaction(database, name.projectId, async (connection) => {
      const row = await lockFreeContract(connection, name);
      const now = clock.now();
      if (row === undefined || row.state !== "active" || row.dueAt === null || row.dueAt.getTime() > now)
        return false;
      const at = new Date(now);
      if (row.autoRenew) {
        const next = await nextTerm(connection, projects, row, { id: newId("ctr", now) }, at);
        await insertContract(connection, next);
        await tell(connection, await close(connection, row, "renewed", at, next.id), "renewed");
      } else await tell(connection, await close(connection, row, "ended", at), "ended");
      return true;
    });
  }

  return { settleDue, start: background.start, close: background.close };
}
