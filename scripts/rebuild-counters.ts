/**
 * `npx tsx scripts/rebuild-counters.ts --check` compares counters and the uses of coupons with the ledger; without `--check` makes
 * them what the ledger says. May run while the service works: whatever is mended is locked as the committer locks it.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type pg from "pg";
import { openDatabase } from "../src/platform/database.ts";
import { silentLog } from "../src/platform/log.ts";
import { enterProject, inProject } from "../src/platform/walls.ts";

export interface Difference {
  /** A counter, or the uses of a coupon. */
  kind: "counter" | "coupon";
  projectId: string;
  ruleId: string;
  measure: string;
  holder: string;
  period: string;
  /** What the row says; null if there is none. */
  used: number | null;
  reserved: number | null;
  /** What the entries come to. */
  usedByLedger: number;
  reservedByLedger: number;
}

/** What does not agree with the ledger of a project, as of one moment. */
export async function findDifferences(client: pg.ClientBase, projectId: string): Promise<Difference[]> {
  const { rows } = await client.query<Difference>(
    inProject(projectId, { text: differencesQuery, values: [projectId] }),
  );
  return rows;
}

const differencesQuery = `
select 'counter' as kind, project_id as "projectId", rule_id as "ruleId", measure, holder, period, c.used, c.reserved,
       coalesce(e.used, 0)::bigint as "usedByLedger", coalesce(e.reserved, 0)::bigint as "reservedByLedger"
  from (select * from counters where project_id = $1) c
  full join (select project_id, rule_id, measure, holder, period, sum(used) as used, sum(reserved) as reserved
               from ledger_postings where project_id = $1 and measure <> 'coupon' group by 1, 2, 3, 4, 5) e
       using (project_id, rule_id, measure, holder, period)
 where coalesce(c.used, 0) <> coalesce(e.used, 0) or coalesce(c.reserved, 0) <> coalesce(e.reserved, 0)
union all
select 'coupon', project_id, coalesce(pool_id, ''), 'coupon', 'code:' || code, '', c.used, c.reserved,
       coalesce(e.used, 0)::bigint, coalesce(e.reserved, 0)::bigint
  from (select * from coupons where project_id = $1) c
  full join (select project_id, substr(holder, 6) as code, sum(used) as used, sum(reserved) as reserved
               from ledger_postings where project_id = $1 and measure = 'coupon' group by 1, 2) e
       using (project_id, code)
 where coalesce(c.used, 0) <> coalesce(e.used, 0) or coalesce(c.reserved, 0) <> coalesce(e.reserved, 0)
 order by 1, 2, 3, 4, 5, 6`;

/** Makes every counter of a project what the ledger says, all or none; answers what differed. */
export async function rebuildCounters(client: pg.ClientBase, projectId: string): Promise<Difference[]> {
  await client.query(`begin; ${enterProject(projectId)}`);
  try {
    const differences = await findDifferences(client, projectId);
    await insertMissing(client, differences);
    await lock(client, differences);
    // Whoever adds an entry holds the lock of its counter until it commits: from here on the sums stand still.
    await mend(client, differences);
    await client.query("commit");
    return differences;
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

const counterColumns = "unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])";

async function insertMissing(client: pg.ClientBase, differences: readonly Difference[]): Promise<void> {
  await client.query(
    `insert into counters (project_id, rule_id, measure, holder, period)
     select * from ${counterColumns} order by 1, 2, 3, 4, 5 on conflict do nothing`,
    keysOf(differences.filter(({ kind, used }) => kind === "counter" && used === null)),
  );
}

/** In the committer's order: coupons, then counters, each by its key. */
async function lock(client: pg.ClientBase, differences: readonly Difference[]): Promise<void> {
  const [projects, , , holders] = keysOf(differences.filter(({ kind }) => kind === "coupon"));
  await client.query(
    `select from coupons c
       join unnest($1::text[], $2::text[]) as u (project_id, holder)
         on c.project_id = u.project_id and c.code = substr(u.holder, 6) collate "C"
      order by c.project_id, c.code for update of c`,
    [projects, holders],
  );
  await client.query(
    `select from counters c
       join ${counterColumns} as u (project_id, rule_id, measure, holder, period)
         on c.project_id = u.project_id and c.rule_id = u.rule_id and c.measure = u.measure
        and c.holder = u.holder collate "C" and c.period = u.period
      order by c.project_id, c.rule_id, c.measure, c.holder, c.period for update of c`,
    keysOf(differences.filter(({ kind }) => kind === "counter")),
  );
}

async function mend(client: pg.ClientBase, differences: readonly Difference[]): Promise<void> {
  // A limit on the row is only the one it was last taken under; it must not keep the truth out.
  await client.query(
    `update counters c
        set used = s.used, reserved = s.reserved, lim = greatest(c.lim, s.used + s.reserved)
       from (select u.*, coalesce(sum(e.used), 0)::bigint as used, coalesce(sum(e.reserved), 0)::bigint as reserved
               from ${counterColumns} as u (project_id, rule_id, measure, holder, period)
               left join ledger_postings e
                 on e.project_id = u.project_id and e.rule_id = u.rule_id and e.measure = u.measure
                and e.holder = u.holder collate "C" and e.period = u.period
              group by 1, 2, 3, 4, 5) s
      where c.project_id = s.project_id and c.rule_id = s.rule_id and c.measure = s.measure
        and c.holder = s.holder collate "C" and c.period = s.period`,
    keysOf(differences.filter(({ kind }) => kind === "counter")),
  );
  const [projects, , , holders] = keysOf(differences.filter(({ kind }) => kind === "coupon"));
  // A coupon used more often than it may be is left to its constraint: that is no wrong sum but a wrong ledger.
  await client.query(
    `update coupons c
        set used = s.used, reserved = s.reserved
       from (select u.project_id, u.holder, coalesce(sum(e.used), 0)::int as used, coalesce(sum(e.reserved), 0)::int as reserved
               from unnest($1::text[], $2::text[]) as u (project_id, holder)
               left join ledger_postings e
                 on e.project_id = u.project_id and e.measure = 'coupon' and e.holder = u.holder collate "C"
              group by 1, 2) s
      where c.project_id = s.project_id and c.code = substr(s.holder, 6) collate "C"`,
    [projects, holders],
  );
}

function keysOf(differences: readonly Difference[]): string[][] {
  return [
    differences.map(({ projectId }) => projectId),
    differences.map(({ ruleId }) => ruleId),
    differences.map(({ measure }) => measure),
    differences.map(({ holder }) => holder),
    differences.map(({ period }) => period),
  ];
}

export function describeDifference(difference: Difference): string {
  const { kind, projectId, ruleId, measure, holder, period } = difference;
  const { used, reserved, usedByLedger, reservedByLedger } = difference;
  const name = kind === "coupon" ? `coupon ${holder.slice("code:".length)}` : `${measure} of ${ruleId}`;
  const whose = [kind === "coupon" ? "" : holder, period].filter((part) => part !== "").join(" ");
  const said = used === null ? "no row" : `${used} used, ${reserved} reserved`;
  return `${projectId}: ${name}${whose === "" ? "" : ` (${whose})`}: ${said}; by the ledger ${usedByLedger} used, ${reservedByLedger} reserved`;
}

/** The exit code: with `--check` 1 if anything differs. */
export async function main(argv: readonly string[], connectionString: string | undefined): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: { check: { type: "boolean", default: false } } });
  if (connectionString === undefined || connectionString === "") {
    process.stderr.write("DATABASE_URL is not set: name the database whose counters are meant.\n");
    return 2;
  }
  const database = openDatabase({
    connectionString,
    log: silentLog,
    poolSize: 1,
    statementTimeoutMilliseconds: 3_600_000,
  });
  try {
    const client = await database.pool.connect();
    try {
      const examine = values.check ? findDifferences : rebuildCounters;
      const differences: Difference[] = [];
      const { rows: projects } = await client.query<{ id: string }>("select id from project_ids() as id");
      for (const { id } of projects) differences.push(...(await examine(client, id)));
      for (const difference of differences) process.stdout.write(`${describeDifference(difference)}\n`);
      process.stdout.write(
        `${differences.length} of the counters ${values.check ? "differ" : "differed"} from the ledger.\n`,
      );
      return values.check && differences.length > 0 ? 1 : 0;
    } finally {
      client.release();
    }
  } finally {
    await database.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = await main(process.argv.slice(2), process.env.DATABASE_URL);
