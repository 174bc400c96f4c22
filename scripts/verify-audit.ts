/**
 * `npm run verify-audit` follows every project's audit chain and says where it was tampered with. What was cut off at its
 * end, or written anew from some place on, shows only against a head that was noted elsewhere:
 * `-- --head <project>:<sequence>:<hash>`, or `-- --heads <file>` with the service's log.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { sql } from "drizzle-orm";
import { type ChainFault, type ChainPoint, ChainWalk, emptyHash } from "../src/features/audit/audit-chain.ts";
import { findHead, sealedEntries, unsealedEntries } from "../src/features/audit/audit-store.ts";
import { type Connection, type Database, openDatabase, withReadSnapshot } from "../src/platform/database.ts";
import { silentLog } from "../src/platform/log.ts";

export interface Witness extends ChainPoint {
  readonly projectId: string;
}

export interface Verdict {
  readonly projectId: string;
  readonly entries: number;
  readonly unsealed: number;
  readonly head: ChainPoint;
  readonly faults: readonly ChainFault[];
}

const rowsPerPage = 1_000;

/** Every project's chain, each as of one moment. Witnesses are heads that were seen before. */
export async function verifyAudit(
  database: Pick<Database, "connect" | "outside">,
  witnesses: readonly Witness[] = [],
): Promise<Verdict[]> {
  const { rows } = await database.outside.execute<{ id: string }>(sql`select id from project_ids() as id`);
  const projects = new Set([...rows.map(({ id }) => id), ...witnesses.map(({ projectId }) => projectId)]);
  const verdicts: Verdict[] = [];
  for (const projectId of projects) {
    const own = witnesses.filter((witness) => witness.projectId === projectId);
    const verdict = await withReadSnapshot(database, projectId, (connection) =>
      verifyProject(connection, projectId, own),
    );
    verdicts.push(verdict);
  }
  return verdicts;
}

async function verifyProject(
  connection: Connection,
  projectId: string,
  witnesses: readonly ChainPoint[],
): Promise<Verdict> {
  const row = await findHead(connection, projectId);
  const head = { sequence: row?.sequence ?? 0, hash: row?.hash ?? emptyHash };
  const checkpoint = {
    sequence: row?.checkpointSequence ?? 0,
    hash: row?.checkpointHash ?? emptyHash,
  };
  // What lies beyond the head is read as well, and shows.
  const upTo = Number.MAX_SAFE_INTEGER;
  const walk = new ChainWalk({ checkpoint, head, witnesses });
  let entries = 0;
  for (let after = 0; ; ) {
    const page = await sealedEntries(connection, projectId, {}, { after, upTo, limit: rowsPerPage });
    for (const entry of page) walk.take(entry);
    entries += page.length;
    if (page.length < rowsPerPage) break;
    after = page.at(-1)?.sequence ?? after;
  }
  const unsealed = await unsealedEntries(connection, projectId, rowsPerPage);
  for (const entry of unsealed) walk.explain(entry);
  return { projectId, entries, unsealed: unsealed.length, head, faults: walk.end() };
}

/** `prj_1:17:9f86…`, or lines of JSON that have all three, as the log's "audit head" lines do. */
export function witnessesOf(heads: readonly string[], log: string): Witness[] {
  const given = heads.map((text) => {
    const [projectId = "", sequence = "", hash = ""] = text.split(":");
    if (projectId === "" || !/^\d{1,15}$/.test(sequence) || !/^[0-9a-f]{64}$/.test(hash))
      throw new Error(`--head ${text}: must be <project>:<sequence>:<hash>`);
    return { projectId, sequence: Number(sequence), hash };
  });
  const logged = log.split("\n").flatMap((line) => {
    if (!line.includes('"audit head"')) return [];
    const { projectId, sequence, hash } = JSON.parse(line) as Witness;
    return [{ projectId, sequence, hash }];
  });
  return [...given, ...logged];
}

/** The exit code: 1 if a chain was tampered with, 2 if nothing could be verified. */
export async function main(argv: readonly string[], connectionString: string | undefined): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      head: { type: "string", multiple: true, default: [] },
      heads: { type: "string" },
    },
  });
  if (connectionString === undefined || connectionString === "") {
    process.stderr.write("DATABASE_URL is not set: name the database whose trail is meant.\n");
    return 2;
  }
  const log = values.heads === undefined ? "" : readFileSync(values.heads, "utf8");
  const witnesses = witnessesOf(values.head, log);
  const database = openDatabase({ connectionString, log: silentLog, poolSize: 1 });
  try {
    const verdicts = await verifyAudit(database, witnesses);
    for (const { projectId, entries, unsealed, head, faults } of verdicts) {
      for (const { sequence, fault, detail } of faults)
        process.stdout.write(`${projectId} ${sequence}: ${fault}. ${detail}\n`);
      const state = faults.length === 0 ? "intact" : "TAMPERED WITH";
      process.stdout.write(
        `${projectId}: ${state}; ${entries} entries, ${unsealed} not sealed yet; head ${projectId}:${head.sequence}:${head.hash}\n`,
      );
    }
    return verdicts.some(({ faults }) => faults.length > 0) ? 1 : 0;
  } finally {
    await database.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = await main(process.argv.slice(2), process.env.DATABASE_URL);
