import { isDeepStrictEqual } from "node:util";
import type { PromotionDocument } from "../../engine/promotion.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { bumpRevision, type ProjectService } from "../projects/project-service.ts";
import { requireApproval } from "./promotion-approval-service.ts";
import { requireSound, windowOf } from "./promotion-document.ts";
import { promotionEvent, turnEvents } from "./promotion-event.ts";
import { type PromotionReading, promotionReading, shown } from "./promotion-reading-service.ts";
import type { Promotion } from "./promotion-schemas.ts";
import {
  isEditable,
  killable,
  type PromotionChange,
  type StoredStatus,
  shownStatus,
  type Transition,
  transitions,
} from "./promotion-status.ts";
import {
  findVersion,
  insertPromotion,
  insertVersion,
  lockCampaignPromotions,
  lockPromotion,
  type PromotionName,
  updatePromotion,
} from "./promotion-store.ts";
import type { PromotionRow } from "./promotion-tables.ts";
import { renewTurns } from "./promotion-turn-store.ts";
import type { RulebookService } from "./rulebook-service.ts";
import { type IsMet, requireSameArms } from "./variant-guard-service.ts";

export interface PromotionService extends PromotionReading {
  create(author: OperationContext, document: PromotionDocument): Promise<Promotion>;
  /** Creates or updates; says the same thing twice without a second version. */
  putByKey(author: OperationContext, key: string, document: PromotionDocument): Promise<Promotion>;
  update(
    author: OperationContext,
    id: string,
    ifMatch: string,
    document: PromotionDocument,
  ): Promise<Promotion>;
  move(author: OperationContext, id: string, transition: Transition): Promise<Promotion>;
  /** Out of force like a paused one, and its reservations are committed no more. */
  kill(author: OperationContext, id: string, reason: string): Promise<Promotion>;
  revert(author: OperationContext, id: string, version: number): Promise<Promotion>;
  /** The same in the caller's transaction; follow it with `settled` once that is committed. */
  updateIn(
    connection: Connection,
    author: OperationContext,
    id: string,
    document: unknown,
  ): Promise<ChangedPromotion>;
  moveIn(
    connection: Connection,
    author: OperationContext,
    id: string,
    transition: Transition,
  ): Promise<ChangedPromotion>;
  /**
   * Those of a campaign, `keys` of them or all, as far as they can be moved so: what is killed, over or there already stays as it is.
   * In the caller's transaction; follow each with `settled` once that is committed.
   */
  moveAllIn(
    connection: Connection,
    author: OperationContext,
    campaign: string,
    keys: readonly string[] | null,
    transition: "activate" | "pause",
  ): Promise<ChangedPromotion[]>;
  settled(changed: ChangedPromotion): Promise<Promotion>;
}

/** A promotion before and after a change; the same if nothing was to be changed. */
export interface ChangedPromotion {
  readonly before: PromotionRow;
  readonly after: PromotionRow;
}

export interface PromotionServiceOptions {
  database: Database;
  clock: Clock;
  projects: ProjectService;
  rulebooks: RulebookService;
  /** Throws where a promotion, with this document, may not come into force; left out, every one may. */
  gate?: (
    connection: Connection,
    promotion: { projectId: string; id: string; document: PromotionDocument },
  ) => Promise<void>;
  /** Left out: nobody meets experiments. */
  isExperimentMet?: IsMet;
}

interface Change {
  readonly change: PromotionChange;
  readonly status: StoredStatus;
  /** Left out: stays as it is. */
  readonly document?: unknown;
  /** Why it is killed. */
  readonly reason?: string;
}

/** What is to become of a promotion that is locked; null: it is as it should be. */
type Decide = (row: PromotionRow, connection: Connection) => Change | null | Promise<Change | null>;

export function promotionService(options: PromotionServiceOptions): PromotionService {
  const { database, clock, projects, rulebooks, gate, isExperimentMet = async () => false } = options;

  async function basisOf(connection: Connection, projectId: string) {
    const basis = await projects.rulebookBasis(connection, projectId);
    if (basis === undefined) throw new Error(`there is no project ${projectId}`);
    return basis;
  }

  /** Sound by the project's time zone, and what the lists need to know of its schedule. */
  async function prepare(connection: Connection, projectId: string, id: string, given: unknown) {
    const basis = await basisOf(connection, projectId);
    const { document, compiled } = requireSound(given, { id, timezone: basis.settings.timezone });
    return { document, revision: basis.revision, ...windowOf(compiled) };
  }

  async function insert(
    connection: Connection,
    author: OperationContext,
    given: unknown,
  ): Promise<PromotionRow | null> {
    const { projectId } = author;
    const id = newId("prm", clock.now());
    const createdAt = new Date(clock.now());
    const { document, revision, startsAt, endsAt } = await prepare(connection, projectId, id, given);
    const row: PromotionRow = {
      projectId,
      id,
      key: document.key,
      status: "draft",
      version: 1,
      revision,
      document,
      startsAt,
      endsAt,
      createdAt,
      updatedAt: createdAt,
      killedAt: null,
    };
    const stored = await insertPromotion(connection, row);
    if (stored === undefined) return null;
    await insertVersion(connection, row, { change: "created", changedBy: author.apiKeyId });
    await recordChange(connection, author, { id, before: null, after: audited(stored) });
    await recordEvents(connection, projectId, [promotionEvent(row, "created", author, clock.now())]);
    return stored;
  }

  /** The next version of a promotion that `lockPromotion` gave. Pausing and ending must work for whatever is stored. */
  async function apply(
    connection: Connection,
    author: OperationContext,
    row: PromotionRow,
    change: Change,
  ): Promise<PromotionRow> {
    const { projectId, id } = row;
    // Read after the lock: versions of one promotion must not run against the revisions.
    const { document, revision, startsAt, endsAt } =
      change.document === undefined && change.status !== "active"
        ? { ...row, revision: (await basisOf(connection, projectId)).revision }
        : await prepare(connection, projectId, id, change.document ?? row.document);
    if (document.key !== row.key) {
      throw invalid("/key", "key_immutable", "The key of a promotion never changes.");
    }
    const was = row.document as PromotionDocument;
    const states = {
      before: { isInForce: row.status === "active", document: was },
      after: { isInForce: change.status === "active", document: document as PromotionDocument },
    };
    await requireSameArms(connection, { projectId, id, ...states }, isExperimentMet);
    if (change.status === "active") {
      const isNew = change.document !== undefined;
      const { settings } = await basisOf(connection, projectId);
      await requireApproval(connection, { projectId, id, document, isNew }, settings);
      // What is in force stays so, unless it becomes part of another campaign.
      if (row.status !== "active" || document.campaign !== was.campaign)
        await gate?.(connection, { projectId, id, document });
    }
    if (change.change === "activated" && endsAt !== null && endsAt.getTime() <= clock.now()) {
      throw problem("promotion-state-conflict", { detail: "Its schedule has already ended." });
    }
    const killedAt =
      change.change === "killed"
        ? new Date(clock.now())
        : change.change === "activated"
          ? null
          : row.killedAt;
    const next: PromotionRow = {
      ...row,
      status: change.status,
      killedAt,
      version: row.version + 1,
      revision: touchesRules(row, { ...change, killedAt })
        ? await bumpRevision(connection, projectId)
        : revision,
      document,
      startsAt,
      endsAt,
      updatedAt: new Date(clock.now()),
    };
    const stored = await updatePromotion(connection, next);
    // What its schedule brought until now is told before what is done to it now.
    const come = await renewTurns(connection, row, next, clock.now());
    await insertVersion(connection, next, { ...change, changedBy: author.apiKeyId });
    await recordChange(connection, author, {
      id,
      before: audited(row),
      after: { ...audited(stored), ...(change.reason !== undefined && { reason: change.reason }) },
    });
    await recordEvents(connection, projectId, [
      ...turnEvents(row, come),
      promotionEvent(next, change.change, author, clock.now()),
    ]);
    return stored;
  }

  async function changeIn(
    connection: Connection,
    author: OperationContext,
    name: PromotionName,
    decide: Decide,
  ): Promise<ChangedPromotion> {
    const before = await lockPromotion(connection, author.projectId, name);
    if (before === undefined) throw problem("promotion-not-found");
    const decided = await decide(before, connection);
    if (decided === null) nothingChanged(author);
    return { before, after: decided === null ? before : await apply(connection, author, before, decided) };
  }

  async function change(author: OperationContext, name: PromotionName, decide: Decide): Promise<Promotion> {
    const changed = await withTransaction(database, author.projectId, (connection) =>
      changeIn(connection, author, name, decide),
    );
    return settled(changed);
  }

  function updateOf(row: PromotionRow, document: unknown): Change {
    requireEditable(row);
    return { change: "updated", status: row.status, document };
  }

  function moveOf(row: PromotionRow, transition: Transition): Change {
    const rule = transitions[transition];
    const status = shownStatus(row, clock.now());
    if (!rule.from.includes(status)) {
      const detail = `It is ${status}; to ${transition} it, it must be ${rule.from.join(" or ")}.`;
      throw problem("promotion-state-conflict", { detail });
    }
    return { change: rule.change, status: rule.to };
  }

  /** Whoever changed the rules and asks for a price next gets it by the new ones. */
  async function settled({ before, after }: ChangedPromotion): Promise<Promotion> {
    if (after !== before && touchesRules(before, after))
      await rulebooks.reach(after.projectId, after.revision);
    return shown(after, clock.now());
  }

  return {
    ...promotionReading(database, clock),

    async create(author, document) {
      const row = await withTransaction(database, author.projectId, (connection) =>
        insert(connection, author, document),
      );
      if (row === null) throw problem("promotion-key-taken", { errors: [keyTaken] });
      return shown(row, clock.now());
    },

    async putByKey(author, key, document) {
      if (document.key !== key) throw invalid("/key", "key_mismatch", "Must be the key in the path.");
      const changed = await withTransaction(database, author.projectId, async (connection) => {
        const known = await lockPromotion(connection, author.projectId, { key });
        const created = known === undefined ? await insert(connection, author, document) : null;
        if (created !== null) return { before: created, after: created };
        const before = known ?? (await lockPromotion(connection, author.projectId, { key }));
        if (before === undefined) throw problem("promotion-not-found");
        const { document: wanted } = await prepare(connection, author.projectId, before.id, document);
        if (isDeepStrictEqual(wanted, before.document)) {
          nothingChanged(author);
          return { before, after: before };
        }
        requireEditable(before);
        const { status } = before;
        return {
          before,
          after: await apply(connection, author, before, { change: "updated", status, document }),
        };
      });
      return settled(changed);
    },

    update(author, id, ifMatch, document) {
      return change(author, { id }, (row) => {
        if (ifMatch !== "*" && ifMatch !== String(row.version)) throw problem("precondition-failed");
        return updateOf(row, document);
      });
    },

    move: (author, id, transition) => change(author, { id }, (row) => moveOf(row, transition)),

    updateIn: (connection, author, id, document) =>
      changeIn(connection, author, { id }, (row) => updateOf(row, document)),

    moveIn: (connection, author, id, transition) =>
      changeIn(connection, author, { id }, (row) => moveOf(row, transition)),

    async moveAllIn(connection, author, campaign, keys, transition) {
      const status = transition === "pause" ? "active" : null;
      const sought = { keys, status } as const;
      // All of them before the first is changed: whoever changes one of them waits for us, not we for them.
      const rows = await lockCampaignPromotions(connection, author.projectId, campaign, sought);
      const changed: ChangedPromotion[] = [];
      for (const before of rows) {
        const isKilled = before.killedAt !== null;
        if (isKilled || !transitions[transition].from.includes(shownStatus(before, clock.now()))) continue;
        const after = await apply(connection, author, before, moveOf(before, transition));
        changed.push({ before, after });
      }
      return changed;
    },

    settled,

    kill(author, id, reason) {
      return change(author, { id }, (row) => {
        const status = shownStatus(row, clock.now());
        if (!killable.includes(status))
          throw problem("promotion-state-conflict", { detail: `It is ${status}: there is nothing to kill.` });
        return { change: "killed", status: row.status === "active" ? "paused" : row.status, reason };
      });
    },

    revert(author, id, version) {
      return change(author, { id }, async (row, connection) => {
        const old = await findVersion(connection, author.projectId, id, version);
        if (old === undefined) throw invalid("/version", "version_unknown", "There is no such version.");
        requireEditable(row);
        return { change: "reverted", status: row.status, document: old.document };
      });
    },
  };
}

const keyTaken = { path: "/key", code: "key_taken", message: "Another promotion has this key." };

function invalid(path: string, code: string, message: string) {
  return problem("invalid-request", { errors: [{ path, code, message }] });
}

function requireEditable({ status }: PromotionRow): void {
  if (!isEditable(status)) {
    throw problem("promotion-state-conflict", { detail: `It is ${status}, and so stays as it is.` });
  }
}

type Force = Pick<PromotionRow, "status" | "killedAt">;

/** What is not in force, before and after, changes no evaluation; whether it is killed must be known everywhere. */
function touchesRules(before: Force, after: Force): boolean {
  const isKilledOrRaised = before.killedAt?.getTime() !== after.killedAt?.getTime();
  return before.status === "active" || after.status === "active" || isKilledOrRaised;
}

/** What of a promotion the audit trail keeps. */
function audited({ status, version, killedAt, document }: PromotionRow) {
  return { status, version, killedAt, document };
}
