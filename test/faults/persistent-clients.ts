/** Clients that ask again, by the same key, until they are answered: what they were told must be true in the end. */
import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../../src/platform/database.ts";
import { type Attempt, contradictions, History } from "./history.ts";
import { inParallel } from "./http-client.ts";
import { orderOf, type Shop } from "./shop.ts";

export interface Work {
  readonly history: History;
  /** Lets every client finish its order and stop. */
  stop(): Promise<void>;
  /** Answers once so many more orders were acknowledged. */
  acknowledged(more: number): Promise<void>;
}

/** What clients wait before they ask again; nothing is concluded from it. */
const backOffMilliseconds = 25;

/**
 * `server` is asked for before each attempt and may make them wait. Half of them have no order number, so that nothing but
 * the key tells a repetition.
 */
export function startWork(
  shop: Pick<Shop, "client">,
  clients: number,
  code: string,
  server: () => string | Promise<string>,
): Work {
  const history = new History();
  const waiting: { count: number; settle: () => void }[] = [];
  let isStopping = false;
  let granted = 0;

  async function place(client: number, number: number): Promise<void> {
    const { orderRef, ...anonymous } = orderOf({ codes: [code], explain: "none" });
    const request = number % 2 === 0 ? { ...anonymous, orderRef } : anonymous;
    const key = `client-${client}-${number}`;
    for (;;) {
      const attempt = await shop.client.redeem(await server(), "REST", request, { key, history });
      if (attempt.status === 201) break;
      if (isFinal(attempt)) return;
      await delay(backOffMilliseconds);
    }
    granted += 1;
    for (const wait of waiting.splice(0)) {
      if (wait.count <= granted) wait.settle();
      else waiting.push(wait);
    }
  }

  const running = Array.from({ length: clients }, async (_, client) => {
    for (let number = 0; !isStopping; number++) await place(client, number);
  });
  return {
    history,
    async stop() {
      isStopping = true;
      await Promise.all(running);
    },
    acknowledged: (more) => new Promise((settle) => waiting.push({ count: granted + more, settle })),
  };
}

/** Not to be cured by asking again. */
function isFinal({ status, code }: Attempt): boolean {
  return status !== null && status !== 503 && code !== "idempotency-key-in-use";
}

/** Every way in which clients were told what is not so, or were told it wrongly; none, if all is well. */
export async function lies(
  { history }: Work,
  shop: Shop,
  rule: string,
  database: Pick<Database, "pool">,
): Promise<string[]> {
  const found: string[] = [];
  const granted = new Set(history.granted().map(({ redemption }) => redemption));
  const keys = new Set(history.attempts.map(({ key }) => key));
  const { rows } = await database.pool.query<{ id: string; entries: number }>(
    `select r.id, count(e.step) as entries from redemptions r
       left join ledger_postings e on e.project_id = r.project_id and e.redemption_id = r.id and e.rule_id = $2
      where r.project_id = $1 group by r.id`,
    [shop.project.id, rule],
  );
  const stored = new Set(rows.map(({ id }) => id));
  const missing = [...granted].filter((id) => id === null || !stored.has(id));
  if (missing.length > 0) found.push(`${missing.length} acknowledged redemptions are not there`);
  const bare = rows.filter(({ entries }) => entries === 0);
  if (bare.length > 0) found.push(`${bare.length} redemptions have no entry in the ledger`);
  if (stored.size !== keys.size) found.push(`${keys.size} orders have ${stored.size} redemptions`);
  if (granted.size !== stored.size)
    found.push(`${stored.size} redemptions, of which ${granted.size} were told`);
  const { rows: counters } = await database.pool.query<{ used: number }>(
    "select used from counters where project_id = $1 and rule_id = $2 and measure = 'uses' and holder = ''",
    [shop.project.id, rule],
  );
  if ((counters[0]?.used ?? 0) !== stored.size)
    found.push(`the counter says ${counters[0]?.used}, there are ${stored.size} redemptions`);
  const twoFaced = contradictions(history);
  if (twoFaced.length > 0) found.push(`${twoFaced.length} repetitions were answered otherwise than at first`);
  return found;
}

/** Failures that do not say when to come again, or that say something else than "not now". */
export function rudeFailures({ history }: Pick<Work, "history">, mayBreak = false): string[] {
  const rude = history
    .refused()
    .filter(
      ({ status, code, retryAfter }) =>
        !(status === 503 && code === "unavailable" && retryAfter !== null) &&
        !(status === 409 && code === "idempotency-key-in-use" && retryAfter !== null) &&
        !(mayBreak && status === null),
    );
  return [...new Set(rude.map(({ status, code, retryAfter }) => `${status} ${code} ${retryAfter}`))];
}

/** Asks everything once more: who was acknowledged gets the very same answer. */
export async function replayAll(
  { history }: Work,
  shop: Pick<Shop, "client">,
  server: string,
): Promise<void> {
  const first = new Map(history.granted().map((attempt) => [attempt.key, attempt]));
  const asked = [...first.values()];
  await inParallel(asked.length, 16, async (index) => {
    const { request, key } = asked[index]!;
    await shop.client.redeem(server, "REST", { ...request }, { key, history });
  });
}
