/** A project with promotions, made by way of a running server, and what its books say in the end. */
import { expect } from "vitest";
import type { OwnersDatabase } from "../database.ts";
import { type ProjectWithKeys, projectWithKeys } from "../features/project-fixture.ts";
import { type Answer, type Client, openClient } from "./http-client.ts";

export interface Shop {
  readonly project: ProjectWithKeys;
  /** With the checkout's key. */
  readonly client: Client;
  /** Creates the promotion and puts it into force; ten yuan off the order unless it says otherwise. */
  promotion(key: string, document: object): Promise<string>;
  /** Running for weeks yet. */
  campaign(key: string, guards: object): Promise<void>;
  close(): void;
}

export async function openShop(server: string, database: Pick<OwnersDatabase, "orm">): Promise<Shop> {
  const project = await projectWithKeys(database, Date.now());
  const admin = openClient(project.keys.admin);
  const client = openClient(project.keys.checkout);
  return {
    project,
    client,
    async promotion(key, document) {
      const created = await admin.call("POST", `${server}/v1/promotions`, {
        key,
        benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 1_000 } }],
        ...document,
      });
      expect([created.status, created.text]).toEqual([201, expect.any(String)]);
      const { id } = JSON.parse(created.text) as { id: string };
      let active: Answer;
      // On a machine that is busy with everything else its database may keep a server waiting for seconds.
      do active = await admin.call("POST", `${server}/v1/promotions/${id}/activate`);
      while (active.status === 503);
      expect([active.status, active.text]).toEqual([200, expect.any(String)]);
      return id;
    },
    async campaign(key, guards) {
      const [startsAt, endsAt] = [-1, 30].map((days) =>
        new Date(Date.now() + days * 86_400_000).toISOString(),
      );
      const body = { key, name: key, startsAt, endsAt, guards };
      const created = await admin.call("POST", `${server}/v1/campaigns`, body);
      expect([created.status, created.text]).toEqual([201, expect.any(String)]);
    },
    close() {
      admin.close();
      client.close();
    },
  };
}

let orders = 0;
/** An order of 100.00 that nobody has placed before. */
export function orderOf(overrides: object = {}): Record<string, unknown> {
  orders += 1;
  return {
    currency: "CNY",
    lines: [{ id: "1", sku: "MUG", quantity: 1, unitPrice: 10_000 }],
    orderRef: `order-${process.pid}-${orders}`,
    ...overrides,
  };
}

/** A server learns of a new promotion a moment after it was put into force: until a quote with its code shows it. */
export async function untilKnown(servers: readonly string[], { client }: Shop, quote: object): Promise<void> {
  for (const server of servers)
    await expect
      .poll(
        async () => {
          const { text } = await client.call("POST", `${server}/v1/evaluations`, {
            currency: "CNY",
            lines: [{ id: "1", sku: "MUG", quantity: 1, unitPrice: 10_000 }],
            ...quote,
          });
          return (JSON.parse(text) as { codes: { status: string }[] }).codes[0]?.status;
        },
        { timeout: 10_000 },
      )
      .toBe("applied");
}

export interface Books {
  /** Redemptions that stand, by order. */
  readonly standing: number;
  /** Used and reserved, by counter and by ledger. */
  readonly counter: number;
  readonly ledger: number;
}

/** What a measure of a rule comes to, over all holders and periods that are like these. */
export async function booksOf(
  { pool }: Pick<OwnersDatabase, "pool">,
  projectId: string,
  rule: string,
  measure: string,
  { holder = "", period = "" }: { holder?: string | undefined; period?: string | undefined } = {},
): Promise<Books> {
  const { rows } = await pool.query<Books>(
    `select (select count(*) from redemptions where project_id = $1 and state not in ('cancelled', 'expired')) as standing,
            (select coalesce(sum(used + reserved), 0)::bigint from counters
              where project_id = $1 and rule_id = $2 and measure = $3 and holder like $4 and period like $5) as counter,
            (select coalesce(sum(used + reserved), 0)::bigint from ledger_postings
              where project_id = $1 and rule_id = $2 and measure = $3 and holder like $4 and period like $5) as ledger`,
    [projectId, rule, measure, holder, period],
  );
  return rows[0]!;
}
