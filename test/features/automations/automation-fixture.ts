/** Automations by way of the API, and what became of them. */
import { expect } from "vitest";
import type { TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import type { Answer, Api, CallOptions } from "../api.ts";
import { couponsOf } from "../redemptions/redemption-fixture.ts";

let count = 0;

function nextEvent(type: string): string {
  count += 1;
  return `${type}-${count}`;
}

export function automationsOf(api: Api, database: TestDatabase, key?: string) {
  const own: CallOptions = key === undefined ? {} : { key };
  const rest = (method: "GET" | "POST" | "PUT" | "PATCH", url: string, body?: unknown, headers = {}) =>
    api.rest(method, url, { ...own, headers, ...(body !== undefined && { body }) });

  async function succeed(
    method: "GET" | "POST" | "PUT" | "PATCH",
    url: string,
    body?: unknown,
    headers = {},
  ) {
    const answer = await rest(method, url, body, headers);
    expect([answer.status, answer.text]).toEqual([
      expect.toSatisfy((status: number) => status < 300),
      expect.any(String),
    ]);
    return answer.body as Answer["body"];
  }

  return {
    rest,
    succeed,
    /** In force; its id. */
    async active(document: object): Promise<string> {
      count += 1;
      const { id } = await succeed("POST", "/v1/automations", {
        key: `automation-${count}`,
        trigger: { kind: "event", type: "share" },
        actions: [{ kind: "add_tag", tag: `tag-${count}` }],
        ...document,
      });
      await succeed("POST", `/v1/automations/${id}/activate`);
      return id as string;
    },
    tell: (customer: string, fields: object = {}) => succeed("PUT", `/v1/customers/${customer}`, fields),
    /** A pool with these codes in it. */
    pool: async (pool: string, codes: readonly string[], projectId = api.project.id) => {
      const known = "select id from coupon_pools where project_id = $1 and key = $2";
      const { rows } = await database.pool.query<{ id: string }>(known, [projectId, pool]);
      if (rows.length === 0) await couponsOf(database, projectId, pool, [...codes]);
      else
        await database.pool.query(
          "insert into coupons (project_id, code, pool_id, max_uses, created_at) select $1, code, $2, 1, now() from unnest($3::text[]) as u (code)",
          [projectId, rows[0]!.id, codes],
        );
    },
    track: (type: string, customer: string, data: object = {}, id = nextEvent(type)) =>
      succeed("POST", "/v1/events", {
        specversion: "1.0",
        id,
        source: "/test",
        type,
        time: new Date(api.clock.now()).toISOString(),
        data: { customer, ...data },
      }),
    async runs(id: string): Promise<Answer["body"][]> {
      return (await succeed("GET", `/v1/automations/${id}/runs?limit=200`)).items;
    },
    /** Customers with what became of their runs: "c-1 done", "c-2 skipped conditions"; sorted. */
    async outcomes(id: string): Promise<string[]> {
      const runs = await this.runs(id);
      return runs
        .map(({ customer, state, reason }) => [customer, state, reason].filter(Boolean).join(" "))
        .sort();
    },
    becomes(id: string, outcomes: readonly string[]): Promise<unknown> {
      return expect
        .poll(() => this.outcomes(id), { timeout: patience, interval: 50 })
        .toEqual([...outcomes].sort());
    },
    async couponsOwnedBy(customer: string, projectId = api.project.id): Promise<string[]> {
      const { rows } = await database.pool.query<{ code: string }>(
        "select code from coupons where project_id = $1 and customer_id = $2 order by code",
        [projectId, customer],
      );
      return rows.map(({ code }) => code);
    },
    async told(type: string): Promise<Record<string, unknown>[]> {
      const { rows } = await database.pool.query<{ data: Record<string, unknown> }>(
        "select data from outbox_events where type = $1 order by seq",
        [type],
      );
      return rows.map(({ data }) => data);
    },
  };
}
