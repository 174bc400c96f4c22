import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { Log } from "./log.ts";

export interface Listener {
  /**
   * Calls `onMessage` for every notification on the channel. The promise is kept once the server listens, so that what is
   * read afterwards misses nothing. `onReconnect` follows every interruption: notifications were lost, read again.
   */
  subscribe(channel: string, onMessage: (payload: string) => void, onReconnect: () => void): Promise<void>;
  close(): Promise<void>;
}

interface Subscription {
  channel: string;
  onMessage: (payload: string) => void;
  onReconnect: () => void;
  onListening: () => void;
}

const firstPauseMilliseconds = 100;
const longestPauseMilliseconds = 5_000;

/** One connection of its own, past any pooler, that comes back by itself for as long as it is wanted. */
export function openListener(connectionString: string, log: Log): Listener {
  const subscriptions: Subscription[] = [];
  const closing = new AbortController();
  let listening: pg.Client | undefined;
  let running: Promise<void> | undefined;

  async function stayConnected(): Promise<void> {
    let pauseMilliseconds = firstPauseMilliseconds;
    let isFirst = true;
    while (!closing.signal.aborted) {
      const client = new pg.Client({
        connectionString,
        application_name: "dealwright-listen",
        keepAlive: true,
        connectionTimeoutMillis: 10_000,
      });
      const lost = whenLost(client);
      client.on("notification", ({ channel, payload = "" }) => deliver(channel, payload));
      try {
        await client.connect();
        // One added meanwhile is seen by this loop, too.
        for (const subscription of subscriptions) await listen(client, subscription);
        listening = client;
        if (!isFirst) for (const { onReconnect } of subscriptions) attempt(onReconnect);
        isFirst = false;
        pauseMilliseconds = firstPauseMilliseconds;
        if (!closing.signal.aborted) await lost;
      } catch (error) {
        log.warn({ err: error }, "cannot listen to the database");
      }
      listening = undefined;
      await client.end().catch(() => {});
      await delay(pauseMilliseconds, undefined, { signal: closing.signal }).catch(() => {});
      pauseMilliseconds = Math.min(pauseMilliseconds * 2, longestPauseMilliseconds);
    }
  }

  function whenLost(client: pg.Client): Promise<void> {
    return new Promise((settle) => {
      const lost = () => {
        // The signal lives as long as we do: a listener left on it for every connection would pile up.
        closing.signal.removeEventListener("abort", lost);
        settle();
      };
      client.on("error", (error) => {
        log.warn({ err: error }, "the listening database connection was lost");
        lost();
      });
      client.once("end", lost);
      closing.signal.addEventListener("abort", lost);
    });
  }

  function deliver(channel: string, payload: string): void {
    for (const subscription of subscriptions) {
      if (subscription.channel === channel) attempt(() => subscription.onMessage(payload));
    }
  }

  function attempt(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      log.error({ err: error }, "a listener failed");
    }
  }

  return {
    subscribe: (channel, onMessage, onReconnect) =>
      new Promise<void>((onListening) => {
        const subscription = { channel, onMessage, onReconnect, onListening };
        subscriptions.push(subscription);
        // Should this fail, the connection is on its way out and the next one listens to everything.
        if (listening !== undefined) listen(listening, subscription).catch(() => {});
        running ??= stayConnected();
      }),
    close: async () => {
      closing.abort();
      await running;
    },
  };
}

async function listen(client: pg.Client, { channel, onListening }: Subscription): Promise<void> {
  await client.query(`listen ${pg.escapeIdentifier(channel)}`);
  onListening();
}
