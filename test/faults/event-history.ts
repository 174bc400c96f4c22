/** Writers that commit and roll back, readers and receivers that note what they got, and the checker that compares them. */
import { drizzle } from "drizzle-orm/node-postgres";
import type pg from "pg";
import { recordEvents } from "../../src/features/events/event-service.ts";
import { newEvent } from "../../src/features/events/event-types.ts";
import { enterProject } from "../../src/platform/walls.ts";
import type { TestDatabase } from "../database.ts";

/** An event as whoever wrote it or got it knows it: `place` counts the committed changes of its subject. */
export interface Seen {
  readonly id: string;
  readonly subject: string;
  readonly place: number;
}

export type Wrong = { lost: number; phantom: number; outOfOrder: number };

/** What came, in the order in which it came and as often, against what was committed. */
export function wrongsOf(committed: readonly Seen[], got: readonly Seen[]): Wrong {
  const first = new Map<string, Seen>();
  for (const seen of got) if (!first.has(seen.id)) first.set(seen.id, seen);
  const there = new Set(committed.map(({ id }) => id));
  const latest = new Map<string, number>();
  let outOfOrder = 0;
  for (const { subject, place } of first.values()) {
    if (place < (latest.get(subject) ?? 0)) outOfOrder += 1;
    latest.set(subject, Math.max(place, latest.get(subject) ?? 0));
  }
  return {
    lost: committed.filter(({ id }) => !first.has(id)).length,
    phantom: [...first.keys()].filter((id) => !there.has(id)).length,
    outOfOrder,
  };
}

export const nothingWrong: Wrong = { lost: 0, phantom: 0, outOfOrder: 0 };

const subjects = 200;

/** The things that are changed. Each change locks its thing, as those of promotions and redemptions do. */
export async function prepareThings(database: TestDatabase): Promise<void> {
  await database.pool.query(`
    create table things (subject text primary key, changes integer not null);
    insert into things select 'thing-' || i, 0 from generate_series(0, ${subjects - 1}) as i`);
}

export interface WriterOptions {
  database: TestDatabase;
  projectId: string;
  writers: number;
  /** So many events in all are committed, at least. */
  events: number;
  /** Writes an event although its change is rolled back: a bug. */
  tellsWhatNeverWas?: boolean;
}

/** Writes until enough is committed; one transaction in ten is rolled back, and they commit in another order than they write. */
export async function writeEvents(options: WriterOptions): Promise<Seen[]> {
  const { database, writers, events } = options;
  const committed: Seen[] = [];
  const writer = async () => {
    const client = await database.pool.connect();
    try {
      while (committed.length < events) committed.push(...(await changeOnce(client, options)));
    } finally {
      client.release();
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
  return committed;
}

async function changeOnce(client: pg.PoolClient, options: WriterOptions): Promise<Seen[]> {
  const { projectId, database, tellsWhatNeverWas = false } = options;
  const seen: Seen[] = [];
  await client.query(`begin; ${enterProject(projectId)}`);
  const subject = `thing-${Math.floor(Math.random() * subjects)}`;
  for (let i = 1 + Math.floor(Math.random() * 3); i > 0; i--) {
    const { rows } = await client.query<{ changes: number }>(
      "update things set changes = changes + 1 where subject = $1 returning changes",
      [subject],
    );
    const place = rows[0]!.changes;
    const event = newEvent("dealwright.webhook.test", subject, { webhook: String(place) });
    await recordEvents(drizzle(client), projectId, [event]);
    seen.push({ id: event.id, subject, place });
  }
  if (Math.random() < 0.5) await client.query("select pg_sleep(random() * 0.02)");
  if (Math.random() < 0.1) {
    await client.query("rollback");
    if (tellsWhatNeverWas) {
      const event = newEvent("dealwright.webhook.test", subject, { webhook: "0" });
      await recordEvents(drizzle(database.pool), projectId, [event]);
    }
    return [];
  }
  await client.query("commit");
  return seen;
}
