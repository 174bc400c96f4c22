/** Puts new entries into their project's chain, and forgets what a project no longer keeps. Every process does it; twice changes nothing. */
import { eachApart, repeated } from "../../platform/background.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import { emptyHash, forgetting, sealOf } from "./audit-chain.ts";
import {
  forgetEntries,
  insertEntry,
  lastToForget,
  lockHead,
  moveHead,
  projectsToForget,
  projectsToSeal,
  sealEntries,
  unsealedEntries,
} from "./audit-store.ts";

export interface AuditSealerService {
  /** Seals all that is there; answers how many it sealed itself. */
  seal(): Promise<number>;
  /** Forgets what projects no longer keep; answers in how many it found something. */
  forget(): Promise<number>;
  start(): void;
  close(): Promise<void>;
}

const sealMilliseconds = 1_000;
const forgetEveryRounds = 600;
const mostAtOnce = 500;

export function auditSealerService({ database, log }: { database: Database; log: Log }): AuditSealerService {
  let rounds = 0;
  const background = repeated(
    sealMilliseconds,
    async () => {
      await seal();
      if (rounds % forgetEveryRounds === 0) await forget();
      rounds += 1;
    },
    (error) => log.warn({ err: error }, "audit entries could not be sealed; the next round tries again"),
  );

  async function seal(): Promise<number> {
    let sealed = 0;
    const sealIn = async (projectId: string) => {
      let count: number;
      do {
        count = await sealSome(projectId);
        sealed += count;
      } while (count === mostAtOnce && !background.signal.aborted);
    };
    const onError = (error: unknown, projectId: string) =>
      log.warn({ err: error, projectId }, "a project's audit entries could not be sealed; tried again soon");
    await eachApart(await projectsToSeal(database.outside), background.signal, sealIn, onError);
    return sealed;
  }

  /** In one transaction: whoever is killed has sealed nothing. The lock on the head lets one process seal at a time. */
  async function sealSome(projectId: string): Promise<number> {
    const head = await withTransaction(database, projectId, async (connection) => {
      const before = await lockHead(connection, projectId, emptyHash);
      const rows = before === undefined ? [] : await unsealedEntries(connection, projectId, mostAtOnce);
      if (before === undefined || rows.length === 0) return null;
      let { sequence, hash } = before;
      const seals = rows.map((row) => {
        sequence += 1;
        hash = sealOf(hash, sequence, row);
        return { id: row.id, sequence, hash };
      });
      await sealEntries(connection, projectId, seals);
      await moveHead(connection, projectId, { sequence, hash });
      return { sequence, hash, count: rows.length };
    });
    if (head === null) return 0;
    // Logs are kept elsewhere: a chain that was cut or written anew does not pass through the heads in them.
    log.info({ projectId, sequence: head.sequence, hash: head.hash }, "audit head");
    return head.count;
  }

  async function forget(): Promise<number> {
    const projects = await projectsToForget(database.outside);
    const forgetOf = (projectId: string) =>
      withTransaction(database, projectId, (connection) => forgetIn(connection, projectId));
    await eachApart(projects, background.signal, forgetOf, (error, projectId) =>
      log.warn(
        { err: error, projectId },
        "a project's audit entries could not be forgotten; tried again later",
      ),
    );
    return projects.length;
  }

  /** The entry about it is what tells it from tampering. */
  async function forgetIn(connection: Connection, projectId: string): Promise<void> {
    const head = await lockHead(connection, projectId, emptyHash);
    const last = head === undefined ? undefined : await lastToForget(connection, projectId);
    if (last === undefined) return;
    await forgetEntries(connection, projectId, last);
    const id = newId("aud");
    await insertEntry(connection, {
      projectId,
      id,
      operation: forgetting,
      resource: "audit",
      resourceId: projectId,
      apiKeyId: "system",
      role: "system",
      address: null,
      requestId: id,
      before: null,
      after: JSON.stringify(last),
    });
  }

  return { seal, forget, start: background.start, close: background.close };
}
