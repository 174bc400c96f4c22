/**
 * Counts over short windows that all processes add to, without asking the database for any of it. Each process counts for
 * itself and tells the others about twice a second how far it has come (NOTIFY); what is known is one's own count, exactly,
 * and that of the others as last heard. So a limit may be passed by what the others let in meanwhile, and by nothing else.
 *
 * A process tells sums, not differences: a message that is lost is made up for by the next, and the count of a process that
 * has died stands until the window ends. The clocks of the machines should agree to a second or so.
 */
import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { type Background, repeated } from "./background.ts";
import type { Clock } from "./clock.ts";
import type { Database } from "./database.ts";
import type { Listener } from "./listen.ts";
import type { Log } from "./log.ts";

export interface SharedCounts {
  /** Adds to a count and answers what is known of it in this window. */
  add(name: string, windowSeconds: number, amount: number): number;
  /** Adds to a count that was below `most` before; answers what is then left of it, or -1 where nothing was. */
  take(name: string, windowSeconds: number, amount: number, most: number): number;
  known(name: string, windowSeconds: number): number;
  /** When the window that is now ends. Epoch milliseconds. */
  windowEnd(windowSeconds: number): number;
  /** How long that is; at least 1. */
  secondsLeft(windowSeconds: number): number;
  /** Begins to tell and to listen. Without it, a process counts for itself alone. */
  start(listener: Listener | undefined): Promise<void>;
  close(): Promise<void>;
}

export interface SharedCountsOptions {
  database: Database;
  clock: Clock;
  log: Log;
  exchangeMilliseconds?: number | undefined;
}

const channel = "dealwright_counts";
/** A notification holds less than 8,000 bytes. */
const mostPayloadBytes = 7_500;
/** In one round; the rest follows in the next. */
const mostPayloads = 20;

interface Count {
  readonly name: string;
  readonly windowSeconds: number;
  /** Which window since 1970 the numbers are of. */
  window: number;
  own: number;
  others: number;
  /** By process, its sum as last heard. */
  heard: Map<string, number> | null;
  isToBeTold: boolean;
}

/** Name, length of the window, which one, sum. */
type Told = [name: string, windowSeconds: number, window: number, sum: number];
interface Message {
  readonly from: string;
  /** Left out by a process that has just begun to listen and asks what there is. */
  readonly counts?: readonly Told[];
}

export function sharedCounts(options: SharedCountsOptions): SharedCounts {
  const { database, clock, log, exchangeMilliseconds = 500 } = options;
  const me = randomUUID();
  const counts = new Map<string, Count>();
  let toBeTold: Count[] = [];
  let isListening = false;

  function countOf(name: string, windowSeconds: number): Count {
    let count = counts.get(name);
    if (count === undefined) {
      count = { name, windowSeconds, window: -1, own: 0, others: 0, heard: null, isToBeTold: false };
      counts.set(name, count);
    }
    const window = windowAt(windowSeconds);
    if (count.window !== window) {
      count.window = window;
      count.own = 0;
      count.others = 0;
      count.heard = null;
    }
    return count;
  }

  function windowAt(windowSeconds: number): number {
    return Math.floor(clock.now() / (windowSeconds * 1_000));
  }

  function toTell(count: Count): void {
    if (count.isToBeTold || !isListening) return;
    count.isToBeTold = true;
    toBeTold.push(count);
  }

  function tellAll(): void {
    for (const count of counts.values()) if (count.own > 0) toTell(count);
  }

  function hear(payload: string): void {
    const { from, counts: told } = JSON.parse(payload) as Message;
    if (from === me) return;
    if (told === undefined) {
      tellAll();
      return;
    }
    for (const [name, windowSeconds, window, sum] of told) {
      const count = countOf(name, windowSeconds);
      if (window !== count.window) continue;
      count.heard ??= new Map();
      count.others += sum - (count.heard.get(from) ?? 0);
      count.heard.set(from, sum);
    }
  }

  async function tell(): Promise<void> {
    forgetPast();
    if (!isListening || toBeTold.length === 0) return;
    const { payloads, rest } = payloadsOf(toBeTold);
    toBeTold = rest;
    await notify(payloads);
  }

  function payloadsOf(those: readonly Count[]): { payloads: string[]; rest: Count[] } {
    const payloads: string[] = [];
    let told: Told[] = [];
    let bytes = 0;
    const finish = () => {
      if (told.length > 0) payloads.push(JSON.stringify({ from: me, counts: told } satisfies Message));
      told = [];
      bytes = 0;
    };
    let place = 0;
    for (; place < those.length && payloads.length < mostPayloads; place++) {
      const count = those[place]!;
      count.isToBeTold = false;
      const { name, windowSeconds, window, own } = count;
      const size = Buffer.byteLength(name) + 50;
      if (bytes + size > mostPayloadBytes) finish();
      told.push([name, windowSeconds, window, own]);
      bytes += size;
    }
    finish();
    return { payloads, rest: those.slice(place) };
  }

  async function notify(payloads: readonly string[]): Promise<void> {
    await database.outside.execute(
      sql`select pg_notify(${channel}, payload) from unnest(${sql.param(payloads)}::text[]) as u (payload)`,
    );
  }

  function forgetPast(): void {
    for (const [name, { windowSeconds, window }] of counts)
      if (window < windowAt(windowSeconds)) counts.delete(name);
  }

  function hello(): void {
    notify([JSON.stringify({ from: me } satisfies Message)]).catch(missed);
  }

  const missed = (error: unknown) => log.debug({ err: error }, "counts could not be told");
  const telling: Background = repeated(exchangeMilliseconds, tell, missed);

  return {
    add(name, windowSeconds, amount) {
      const count = countOf(name, windowSeconds);
      count.own += amount;
      toTell(count);
      return count.own + count.others;
    },
    take(name, windowSeconds, amount, most) {
      const count = countOf(name, windowSeconds);
      const before = count.own + count.others;
      if (before >= most) return -1;
      count.own += amount;
      toTell(count);
      return Math.max(most - before - amount, 0);
    },
    known(name, windowSeconds) {
      const count = counts.get(name);
      return count === undefined || count.window !== windowAt(windowSeconds) ? 0 : count.own + count.others;
    },
    windowEnd: (windowSeconds) => (windowAt(windowSeconds) + 1) * windowSeconds * 1_000,
    secondsLeft(windowSeconds) {
      return windowSeconds - (Math.floor(clock.now() / 1_000) % windowSeconds);
    },
    async start(listener) {
      telling.start();
      if (listener === undefined) return;
      await listener.subscribe(channel, hear, hello);
      isListening = true;
      tellAll();
      hello();
    },
    close: () => telling.close(),
  };
}
