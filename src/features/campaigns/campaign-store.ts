import { and, desc, eq, gt, isNotNull, isNull, lte, type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { CampaignInForce } from "../promotions/campaign-in-force.ts";
import { campaignInForce } from "./campaign-guards.ts";
import type { CampaignDocument, CampaignQuery, CampaignStatus } from "./campaign-schemas.ts";
import { type CampaignRow, campaigns } from "./campaign-tables.ts";

const named = (projectId: string, key: string) =>
  and(eq(campaigns.projectId, projectId), eq(campaigns.key, key));

export async function findCampaign(
  connection: Connection,
  projectId: string,
  key: string,
): Promise<CampaignRow | undefined> {
  const [row] = await connection.select().from(campaigns).where(named(projectId, key));
  return row;
}

/** Until the transaction ends, so that two changes follow each other. */
export async function lockCampaign(
  connection: Connection,
  projectId: string,
  key: string,
): Promise<CampaignRow | undefined> {
  const [row] = await connection.select().from(campaigns).where(named(projectId, key)).for("no key update");
  return row;
}

/** A new one, as it is stored; undefined if the key is taken. */
export async function insertCampaign(
  connection: Connection,
  { projectId, document, at }: { projectId: string; document: CampaignDocument; at: Date },
): Promise<CampaignRow | undefined> {
  const { key } = document;
  const life = { version: 1, archivedAt: null, createdAt: at, updatedAt: at };
  const row: CampaignRow = { projectId, key, ...columnsOf(document), ...life };
  const [stored] = await connection.insert(campaigns).values(row).onConflictDoNothing().returning();
  return stored;
}

/** The document with what of it is searched for. */
export function columnsOf(document: CampaignDocument): Pick<CampaignRow, "document" | "startsAt" | "endsAt"> {
  return { document, startsAt: new Date(document.startsAt), endsAt: new Date(document.endsAt) };
}

/** As it is stored. */
export async function updateCampaign(connection: Connection, row: CampaignRow): Promise<CampaignRow> {
  const { projectId, key, createdAt: _createdAt, ...changes } = row;
  const [stored] = await connection.update(campaigns).set(changes).where(named(projectId, key)).returning();
  return stored!;
}

/** What carts are priced by. Also archived ones hold, as long as promotions name them. */
export async function findCampaignsInForce(
  connection: Connection,
  projectId: string,
): Promise<CampaignInForce[]> {
  const rows = await connection
    .select({ document: campaigns.document })
    .from(campaigns)
    .where(eq(campaigns.projectId, projectId));
  return rows.map(({ document }) => campaignInForce(document));
}

/** The latest beginning first. */
export async function listCampaigns(
  connection: Connection,
  projectId: string,
  { status, channel, q }: Omit<CampaignQuery, "limit" | "after">,
  { now, before, limit }: { now: Date; before: readonly [number, string] | null; limit: number },
): Promise<CampaignRow[]> {
  const part = q === undefined ? "" : `%${q.replaceAll(/[\\%_]/g, "\\$&")}%`;
  return connection
    .select()
    .from(campaigns)
    .where(
      and(
        eq(campaigns.projectId, projectId),
        before === null
          ? undefined
          : sql`(${campaigns.startsAt}, ${campaigns.key}) < (${new Date(before[0]).toISOString()}::timestamptz, ${before[1]}::text)`,
        status === undefined ? undefined : hasStatus(status, now),
        channel === undefined ? undefined : sql`${campaigns.document} -> 'channels' ? ${channel}`,
        q === undefined
          ? undefined
          : sql`(${campaigns.key} ilike ${part} or ${campaigns.document} ->> 'name' ilike ${part})`,
      ),
    )
    .orderBy(desc(campaigns.startsAt), desc(campaigns.key))
    .limit(limit);
}

/** `campaignStatusAt` in SQL. */
function hasStatus(status: CampaignStatus, now: Date): SQL | undefined {
  const { startsAt, endsAt, archivedAt } = campaigns;
  switch (status) {
    case "archived":
      return isNotNull(archivedAt);
    case "planned":
      return and(isNull(archivedAt), gt(startsAt, now));
    case "running":
      return and(isNull(archivedAt), lte(startsAt, now), gt(endsAt, now));
    default:
      return and(isNull(archivedAt), lte(endsAt, now));
  }
}
