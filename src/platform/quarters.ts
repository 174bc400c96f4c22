/**
 * A table that is kept in quarters of the year: they are made two years ahead, and dropped as a whole when their time is up, which
 * costs nothing however much is in them. Both change the schema, so this works as the owner of the table, over a connection of its
 * own: the service owns nothing.
 */
import pg from "pg";
import type { Log } from "./log.ts";
import { enterProject } from "./walls.ts";

/** Its quarters are called `<name>_2026q4`, and what belongs to none is in `<name>_rest`, its default partition. */
export interface QuarteredTable {
  readonly name: string;
  /** By which it is partitioned. */
  readonly column: string;
  /** A table with the same column, whose rows go when their quarter does. */
  readonly companion: string;
}

export interface QuarterOptions {
  /** Quarters are made by it; they go by it or by the database's clock, whichever is behind: what is dropped does not come back. */
  readonly now: number;
  /** Whole quarters that ended longer ago than this go. Null: none does. */
  readonly keepMonths: number | null;
}

export interface QuarterChanges {
  readonly made: string[];
  readonly dropped: string[];
}

const quartersAhead = 8;
/** Any number will do that nobody else uses. */
const advisoryLock = 7_305_118_203;

/** Does nothing where another process is at it. Throws where a table is in use for seconds: the next time will do. */
export async function keepQuarters(
  directUrl: string,
  table: QuarteredTable,
  { now, keepMonths }: QuarterOptions,
  log: Log,
): Promise<QuarterChanges> {
  const client = new pg.Client({
    connectionString: directUrl,
    application_name: "dealwright-quarters",
    connectionTimeoutMillis: 5_000,
  });
  client.on("error", (error) => log.warn({ err: error }, "the connection that keeps quarters was lost"));
  await client.connect();
  try {
    const from = keepMonths === null ? null : keptFrom(Math.min(now, await databaseNow(client)), keepMonths);
    // Each by itself: what makes one locks its rows' old place first, what drops one the whole table, as those who read it do.
    const dropped = from === null ? [] : await alone(client, () => dropOld(client, table, from));
    const made = await alone(client, () => makeAhead(client, table, now));
    if (from !== null) await deleteOld(client, table, from);
    const changes = { made, dropped };
    if (changes.made.length + changes.dropped.length > 0)
      log.info({ table: table.name, ...changes }, "quarters of a table");
    return changes;
  } finally {
    await client.end();
  }
}

async function databaseNow(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ now: Date }>("select now()");
  return rows[0]!.now.getTime();
}

/** In one transaction, or not at all where another process is at it. */
async function alone(client: pg.Client, change: () => Promise<string[]>): Promise<string[]> {
  // Whoever waits for a lock has everybody else wait behind.
  await client.query("begin; set local lock_timeout = '2s'; set local statement_timeout = '60s'");
  const changed = (await isOurs(client)) ? await change() : [];
  await client.query("commit");
  return changed;
}

async function isOurs(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ is_ours: boolean }>(
    "select pg_try_advisory_xact_lock($1) as is_ours",
    [advisoryLock],
  );
  return rows[0]?.is_ours === true;
}

interface Quarter {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** Quarters are counted from year 0, in UTC. */
function quarterAt(table: string, index: number): Quarter {
  const start = (at: number) => new Date(Date.UTC(Math.floor(at / 4), (at % 4) * 3, 1)).toISOString();
  return {
    name: `${table}_${Math.floor(index / 4)}q${(index % 4) + 1}`,
    from: start(index),
    to: start(index + 1),
  };
}

function indexOf(time: number): number {
  const date = new Date(time);
  return date.getUTCFullYear() * 4 + Math.floor(date.getUTCMonth() / 3);
}

async function existing(client: pg.Client, table: string): Promise<Map<string, Quarter>> {
  const { rows } = await client.query<{ name: string }>(
    "select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass",
    [table],
  );
  const quarters = rows.flatMap(({ name }) => {
    const [, year, quarter] = /_(\d{4})q([1-4])$/.exec(name) ?? [];
    return year === undefined ? [] : [quarterAt(table, Number(year) * 4 + Number(quarter) - 1)];
  });
  return new Map(quarters.map((quarter) => [quarter.name, quarter]));
}

async function makeAhead(client: pg.Client, table: QuarteredTable, now: number): Promise<string[]> {
  const known = await existing(client, table.name);
  const made: string[] = [];
  for (let index = indexOf(now); index <= indexOf(now) + quartersAhead; index += 1) {
    const quarter = quarterAt(table.name, index);
    if (known.has(quarter.name)) continue;
    await make(client, table, quarter);
    made.push(quarter.name);
  }
  return made;
}

/** Attached when it is whole: made as a partition, it would shut everybody out meanwhile. */
async function make(client: pg.Client, table: QuarteredTable, { name, from, to }: Quarter): Promise<void> {
  await client.query(`create table ${name} (like ${table.name} including all)`);
  // What came for it before it was there. The owner is held by the walls, too, while they are forced.
  await overWalls(
    client,
    `${table.name}_rest`,
    `
    with early as (
      delete from ${table.name}_rest where ${table.column} >= '${from}' and ${table.column} < '${to}' returning *
    )
    insert into ${name} select * from early`,
  );
  await client.query(`select wall('${name}')`);
  await client.query(
    `alter table ${table.name} attach partition ${name} for values from ('${from}') to ('${to}')`,
  );
}

async function dropOld(client: pg.Client, table: QuarteredTable, from: number): Promise<string[]> {
  const quarters = [...(await existing(client, table.name)).values()];
  const old = quarters.filter(({ to }) => Date.parse(to) <= from).map(({ name }) => name);
  for (const name of old) {
    await client.query(`alter table ${table.name} detach partition ${name}`);
    await client.query(`drop table ${name}`);
  }
  return old;
}

const rowsAtOnce = 20_000;

/** What is in no quarter of its own, a project at a time: that needs no lock that others would wait for. */
async function deleteOld(
  client: pg.Client,
  { name, column, companion }: QuarteredTable,
  keptFrom: number,
): Promise<void> {
  const from = new Date(keptFrom).toISOString();
  for (const table of [`${name}_rest`, companion]) {
    const { rows } = await client.query<{ project: string }>(
      `select distinct project_id as project from ${table} where ${column} < $1`,
      [from],
    );
    for (const { project } of rows)
      for (let gone = rowsAtOnce; gone === rowsAtOnce; ) {
        await client.query(`begin; ${enterProject(project)}`);
        const { rowCount } = await client.query(
          `delete from ${table} where ctid = any (array(
             select ctid from ${table} where project_id = $1 and ${column} < $2 limit ${rowsAtOnce}))`,
          [project, from],
        );
        await client.query("commit");
        gone = rowCount ?? 0;
      }
  }
}

/** The start of the oldest quarter that is kept: the one of so many months ago. Epoch milliseconds. */
export function keptFrom(now: number, keepMonths: number): number {
  const date = new Date(now);
  // By the first of the month: months have no 31st to count back to.
  const cutoff = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - keepMonths, 1);
  return Date.parse(quarterAt("", indexOf(cutoff)).from);
}

/** In this transaction alone; others see the walls as they were. */
async function overWalls(client: pg.Client, walled: string, statement: string): Promise<void> {
  await client.query(`alter table ${walled} no force row level security`);
  await client.query(statement);
  await client.query(`alter table ${walled} force row level security`);
}
