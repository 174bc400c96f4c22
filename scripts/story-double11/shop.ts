/** The staff and systems of the shop, each with the key of its role, and what they all do over and over. */
import { setTimeout as pause } from "node:timers/promises";
import { type Client, dealwright } from "../../src/client/client.ts";
import type { Service, StoryClock } from "./service.ts";

export interface Shop {
  readonly marketing: Client;
  readonly checkout: Client;
  readonly erp: Client;
  readonly clock: StoryClock;
}

export async function openShop({ url, adminKey }: Service, clock: StoryClock): Promise<Shop> {
  const clientOf = (apiKey: string) =>
    dealwright({ baseUrl: url, apiKey, timeoutMilliseconds: 60_000, mostAttempts: 8 });
  const admin = clientOf(adminKey);
  const issued = async (role: "marketing" | "checkout" | "erp") => {
    const { data } = await admin.createApiKey({ body: { name: `story ${role}`, role, environment: "live" } });
    return clientOf(data.secret);
  };
  return {
    marketing: await issued("marketing"),
    checkout: await issued("checkout"),
    erp: await issued("erp"),
    clock,
  };
}

/** Each of `items` once, `most` at a time. */
export async function allAtOnce<Item>(
  items: readonly Item[],
  most: number,
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) await work(items[at]!);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
}

const patienceMilliseconds = 900_000;

/** What the service does in the background is there a moment later. Throws once it has taken a quarter of an hour: thousands of orders are added up behind the day. */
export async function until<Answer>(
  what: string,
  read: () => Promise<Answer>,
  holds: (answer: Answer) => boolean,
): Promise<Answer> {
  const end = performance.now() + patienceMilliseconds;
  for (;;) {
    const answer = await read();
    if (holds(answer)) return answer;
    if (performance.now() > end)
      throw new Error(`${what} did not come about: ${JSON.stringify(answer).slice(0, 500)}`);
    await pause(150);
  }
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** All pages of a list. */
export async function everything<Item>(
  read: (query: { limit: number; after?: string }) => Promise<{ data: Page<Item> }>,
): Promise<Item[]> {
  const found: Item[] = [];
  let after: string | null = null;
  do {
    const { data }: { data: Page<Item> } = await read({ limit: 200, ...(after !== null && { after }) });
    found.push(...data.items);
    after = data.nextCursor;
  } while (after !== null);
  return found;
}

/** The same numbers for the same seed (mulberry32), 0 to 1. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
