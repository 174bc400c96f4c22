/** Campaigns: promotions that share dates, goals and a budget. Which promotions those are, they say themselves. */

import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { recordChange } from "../audit/audit-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import { bumpRevision } from "../projects/project-service.ts";
import { campaignStatusAt, shownUnallocated, soundCampaign } from "./campaign-document.ts";
import { type CampaignGuards, campaignInForce } from "./campaign-guards.ts";
import type { Campaign, CampaignDocument, CampaignQuery } from "./campaign-schemas.ts";
import {
  columnsOf,
  findCampaign,
  findCampaignsInForce,
  insertCampaign,
  listCampaigns,
  lockCampaign,
  updateCampaign,
} from "./campaign-store.ts";
import type { CampaignRow } from "./campaign-tables.ts";

export interface CampaignService {
  create(context: OperationContext, document: CampaignDocument): Promise<Campaign>;
  replace(
    context: OperationContext,
    key: string,
    ifMatch: string,
    document: CampaignDocument,
  ): Promise<Campaign>;
  archive(context: OperationContext, key: string): Promise<Campaign>;
  campaign(projectId: string, key: string): Promise<Campaign>;
  list(projectId: string, query: CampaignQuery): Promise<Page<Campaign>>;
  /** In the caller's transaction; call `reach` with the revision once that is committed. */
  changeGuardsIn(
    connection: Connection,
    context: OperationContext,
    key: string,
    change: (guards: CampaignGuards) => CampaignGuards,
  ): Promise<{ before: CampaignGuards; after: CampaignGuards; revision: number | null }>;
  reach(projectId: string, revision: number): Promise<void>;
  /** Until the caller's transaction ends. */
  lockIn(connection: Connection, projectId: string, key: string): Promise<void>;
}

export interface CampaignOptions {
  database: Database;
  clock: Clock;
  /** Whoever changed what carts are priced by then sees it at once. */
  reach: (projectId: string, revision: number) => Promise<void>;
  /** Whether it is noted of anybody that they met the campaign. */
  hasExposures: (connection: Connection, projectId: string, campaign: string) => Promise<boolean>;
}

const cursor = cursorOf("campaigns", z.tuple([z.int(), z.string()]));

/** As it is planned; undefined where there is none. */
export async function findCampaignDocument(
  connection: Connection,
  projectId: string,
  key: string,
): Promise<CampaignDocument | undefined> {
  return (await findCampaign(connection, projectId, key))?.document;
}

/** What carts must know of campaigns. */
export const campaignsInForce = findCampaignsInForce;

/** Throws unless it is there. */
export async function existingCampaign(
  connection: Connection,
  projectId: string,
  key: string,
): Promise<CampaignRow> {
  const row = await findCampaign(connection, projectId, key);
  if (row === undefined) throw problem("campaign-not-found");
  return row;
}

/** The revision of the rules from which on carts are priced so; null: they are priced as before. */
async function revisionOf(
  connection: Connection,
  before: CampaignRow | null,
  after: CampaignRow,
): Promise<number | null> {
  const ruled = (row: CampaignRow | null) => (row === null ? null : campaignInForce(row.document));
  return isDeepStrictEqual(ruled(before), ruled(after)) ? null : bumpRevision(connection, after.projectId);
}

export function campaignService({ database, clock, reach, hasExposures }: CampaignOptions): CampaignService {
  async function change(
    context: OperationContext,
    key: string,
    what: "updated" | "archived",
    work: (before: CampaignRow, connection: Connection) => CampaignRow | Promise<CampaignRow>,
  ): Promise<Campaign> {
    const { projectId } = context;
    const { after, revision } = await withTransaction(database, projectId, (connection) =>
      changeIn(connection, context, key, what, work),
    );
    if (revision !== null) await reach(projectId, revision);
    return shownCampaign(after, clock.now());
  }

  async function changeIn(
    connection: Connection,
    context: OperationContext,
    key: string,
    what: "updated" | "archived",
    work: (before: CampaignRow, connection: Connection) => CampaignRow | Promise<CampaignRow>,
  ) {
    const { projectId } = context;
    const before = await lockCampaign(connection, projectId, key);
    if (before === undefined) throw problem("campaign-not-found");
    const after = await updateCampaign(connection, {
      ...(await work(before, connection)),
      version: before.version + 1,
      updatedAt: new Date(clock.now()),
    });
    await recordChange(connection, context, { id: key, before: audited(before), after: audited(after) });
    await recordEvents(connection, projectId, [campaignEvent(what, after, context)]);
    return { before, after, revision: await revisionOf(connection, before, after) };
  }

  function requireOpen({ archivedAt }: CampaignRow): void {
    if (archivedAt !== null) throw problem("campaign-state-conflict", { detail: "It is archived." });
  }

  return {
    async create(context, told) {
      const { projectId } = context;
      const document = soundCampaign(told);
      const at = new Date(clock.now());
      const { stored, revision } = await withTransaction(database, projectId, async (connection) => {
        const row = await insertCampaign(connection, { projectId, document, at });
        if (row === undefined) {
          const errors = [{ path: "/key", code: "key_taken", message: "Another campaign has this key." }];
          throw problem("campaign-key-taken", { errors });
        }
        await recordChange(connection, context, { id: row.key, before: null, after: audited(row) });
        await recordEvents(connection, projectId, [campaignEvent("created", row, context)]);
        return { stored: row, revision: await revisionOf(connection, null, row) };
      });
      if (revision !== null) await reach(projectId, revision);
      return shownCampaign(stored, clock.now());
    },

    async replace(context, key, ifMatch, told) {
      if (told.key !== key) {
        const message = "The key of a campaign never changes.";
        throw problem("invalid-request", { errors: [{ path: "/key", code: "key_immutable", message }] });
      }
      const document = soundCampaign(told);
      return change(context, key, "updated", async (before, connection) => {
        if (ifMatch !== "*" && ifMatch !== String(before.version)) throw problem("precondition-failed");
        requireOpen(before);
        const errors = splitChanges(before.document, document);
        if (errors.length > 0 && (await hasExposures(connection, context.projectId, key)))
          throw problem("campaign-state-conflict", { errors });
        return { ...before, ...columnsOf(document) };
      });
    },

    archive: (context, key) =>
      change(context, key, "archived", (before) => {
        requireOpen(before);
        return { ...before, archivedAt: new Date(clock.now()) };
      }),

    async changeGuardsIn(connection, context, key, change) {
      const { before, after, revision } = await changeIn(connection, context, key, "updated", (row) => {
        requireOpen(row);
        return { ...row, document: { ...row.document, guards: change(row.document.guards ?? {}) } };
      });
      return { before: before.document.guards ?? {}, after: after.document.guards ?? {}, revision };
    },

    reach,

    async lockIn(connection, projectId, key) {
      if ((await lockCampaign(connection, projectId, key)) === undefined) throw problem("campaign-not-found");
    },

    async campaign(projectId, key) {
      return shownCampaign(await existingCampaign(database.of(projectId), projectId, key), clock.now());
    },

    async list(projectId, { limit, after, ...filters }) {
      const now = clock.now();
      const before = cursor.decode(after);
      const page = { now: new Date(now), before, limit: limit + 1 };
      const rows = await listCampaigns(database.of(projectId), projectId, filters, page);
      return cursor.page(
        rows,
        limit,
        ({ startsAt, key }) => [startsAt.getTime(), key],
        (row) => shownCampaign(row, now),
      );
    },
  };
}

/** What nobody may change once customers met it: they are noted in the arm that they were in then, by the sample of then. */
function splitChanges(before: CampaignDocument, after: CampaignDocument) {
  const [was, is] = [campaignInForce(before), campaignInForce(after)];
  const code = "already_met";
  const message = "Customers have met the campaign: what was noted of them would no longer be comparable.";
  return [
    ...(was.holdoutPercent === is.holdoutPercent ? [] : [{ path: "/holdout/percent", code, message }]),
    ...(was.samplePercent === is.samplePercent ? [] : [{ path: "/exposures/samplePercent", code, message }]),
  ];
}

function audited({ version, document, archivedAt }: CampaignRow) {
  return { version, document, archivedAt };
}

function campaignEvent(
  what: "created" | "updated" | "archived",
  { key, version }: CampaignRow,
  { apiKeyId }: OperationContext,
) {
  return newEvent(`dealwright.campaign.${what}`, key, { campaign: key, version, changedBy: apiKeyId });
}

function shownCampaign(row: CampaignRow, now: number): Campaign {
  const { document, version, createdAt, updatedAt } = row;
  return {
    ...document,
    status: campaignStatusAt(row, now),
    unallocated: shownUnallocated(document),
    version,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
