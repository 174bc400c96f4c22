import { type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type {
  CampaignKnowledge,
  CampaignKnowledgeQuery,
  CampaignReviewNotes,
} from "./campaign-review-schemas.ts";
import type { SearchWords } from "./campaign-words.ts";

export interface CampaignReviewRecord {
  readonly projectId: string;
  readonly campaign: string;
  readonly version: number;
  readonly notes: CampaignReviewNotes;
  readonly keyFigures: CampaignKnowledge["keyFigures"];
  /** Epoch milliseconds. */
  readonly updatedAt: number;
}

/** Milliseconds are all that cursors and clocks know. */
const milliseconds = sql`floor(extract(epoch from r.updated_at) * 1000)::bigint`;
const columns = sql`project_id as "projectId", campaign, version, notes, key_figures as "keyFigures", ${milliseconds} as "updatedAt"`;

export async function findReview(
  connection: Connection,
  projectId: string,
  campaign: string,
): Promise<CampaignReviewRecord | undefined> {
  const { rows } = await connection.execute<Record<keyof CampaignReviewRecord, never>>(sql`
    select ${columns} from campaign_reviews r where project_id = ${projectId} and campaign = ${campaign}`);
  return rows[0];
}

/** Undefined unless it stands at `version`; 0 is one that was never written, null any. */
export async function putReview(
  connection: Connection,
  { projectId, campaign, notes, keyFigures, updatedAt }: Omit<CampaignReviewRecord, "version">,
  words: SearchWords,
  version: number | null,
): Promise<CampaignReviewRecord | undefined> {
  const isExpected = version === null ? sql`true` : sql`r.version = ${version}`;
  const { rows } = await connection.execute<Record<keyof CampaignReviewRecord, never>>(sql`
    insert into campaign_reviews as r (project_id, campaign, version, notes, key_figures, words, updated_at)
    select ${projectId}, ${campaign}, 1, ${JSON.stringify(notes)}::jsonb, ${JSON.stringify(keyFigures)}::jsonb,
           to_tsvector('english', ${words.latin}) || to_tsvector('simple', ${words.runs}), ${new Date(updatedAt).toISOString()}::timestamptz
     where ${version === null || version === 0 ? sql`true` : sql`exists (select from campaign_reviews where project_id = ${projectId} and campaign = ${campaign})`}
    on conflict (project_id, campaign) do update
       set version = r.version + 1, notes = excluded.notes, key_figures = excluded.key_figures, words = excluded.words,
           updated_at = excluded.updated_at where ${isExpected}
    returning ${columns}`);
  return rows[0];
}

export interface FoundKnowledge extends CampaignReviewRecord {
  readonly name: string;
}

/** Entries with all these words, those written last first. */
export async function listKnowledge(
  connection: Connection,
  projectId: string,
  { type, words }: Pick<CampaignKnowledgeQuery, "type"> & { readonly words: SearchWords | null },
  { before, limit }: { before: readonly [number, string] | null; limit: number },
): Promise<FoundKnowledge[]> {
  const { rows } = await connection.execute<Record<keyof FoundKnowledge, never>>(sql`
    select r.project_id as "projectId", r.campaign, r.version, r.notes, r.key_figures as "keyFigures", ${milliseconds} as "updatedAt",
           c.document ->> 'name' as name
      from campaign_reviews r join campaigns c on c.project_id = r.project_id and c.key = r.campaign
     where r.project_id = ${projectId} and r.notes ? 'knowledge'
       and ${type === undefined ? sql`true` : sql`r.notes -> 'knowledge' ->> 'type' = ${type}`}
       and ${words === null ? sql`true` : matches(words)}
       and ${before === null ? sql`true` : sql`(r.updated_at, r.campaign) < (${new Date(before[0]).toISOString()}::timestamptz, ${before[1]}::text)`}
     order by r.updated_at desc, r.campaign desc limit ${limit}`);
  return rows;
}

/** What is left of a query without words, such as one of punctuation, finds nothing. */
function matches({ latin, runs }: SearchWords): SQL {
  const parts = [
    ...(latin === "" ? [] : [sql`r.words @@ websearch_to_tsquery('english', ${latin})`]),
    ...(runs === "" ? [] : [sql`r.words @@ plainto_tsquery('simple', ${runs})`]),
  ];
  return parts.length === 0 ? sql`false` : sql.join(parts, sql` and `);
}
