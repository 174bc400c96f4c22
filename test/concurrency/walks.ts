/** Walks over a list that is written to meanwhile, through either face, and what must not have happened on the way (G39). */
import { expect } from "vitest";
import type { TestDatabase } from "../database.ts";
import type { Api } from "../features/api.ts";
import { orderOf } from "../features/orders-fixture.ts";

interface Step {
  readonly ids: readonly string[];
  /** Where to read on; null at the end. */
  readonly after: string | null;
}

/** One page of the orders after a cursor. */
export type Face = (api: Api, after: string | null, size: number) => Promise<Step>;

interface Edge {
  readonly cursor: string;
  readonly node: { readonly externalId: string };
}

export const faces: Readonly<Record<"REST" | "GraphQL", Face>> = {
  REST: async (api, after, size) => {
    const { status, text, body } = await api.rest(
      "GET",
      `/v1/orders?limit=${size}${after === null ? "" : `&after=${after}`}`,
    );
    expect(status, text).toBe(200);
    return {
      ids: body.items.map(({ externalId }: { externalId: string }) => externalId),
      after: body.nextCursor,
    };
  },
  /** Reads on from an edge in the middle of each page, not from its end: every edge's cursor is as good. */
  GraphQL: async (api, after, size) => {
    const { body, text } = await api.graphql(
      `query ($first: Int, $after: String) {
        orders(first: $first, after: $after) { edges { cursor node { externalId } } pageInfo { hasNextPage } }
      }`,
      { first: size, after },
    );
    expect(body.errors, text).toBeUndefined();
    const { edges, pageInfo } = body.data.orders as { edges: Edge[]; pageInfo: { hasNextPage: boolean } };
    const kept = pageInfo.hasNextPage ? edges.slice(0, Math.ceil((size * 3) / 4)) : edges;
    return {
      ids: kept.map(({ node }) => node.externalId),
      after: pageInfo.hasNextPage ? (kept.at(-1)?.cursor ?? null) : null,
    };
  },
};

const standing = "stands-";
const deletable = "goes-";
const start = Date.parse("2026-11-01T00:00:00Z");
const secondMs = 1000;
/** So many of one instant: pages end between orders that were placed at the same time. */
const sameInstant = 7;

/** As many orders that stay as they are; between them a tenth as many that are deleted while somebody walks. */
export async function prepareOrders(api: Api, database: TestDatabase, count: number): Promise<void> {
  const model = await api.rest("PUT", "/v1/orders/model", { body: orderOf({ customer: undefined }) });
  expect(model.status, model.text).toBe(200);
  // In pieces, so that none takes longer than a statement may.
  for (const [prefix, rows, step] of [
    [standing, count, 1],
    [deletable, Math.ceil(count / 10), 10],
  ] as const)
    for (let from = 1; from <= rows; from += 2_000)
      await database.pool.query(
        `insert into orders
       select (jsonb_populate_record(model, jsonb_build_object(
                'external_id', $1 || n,
                'placed_at', timestamptz '${new Date(start).toISOString()}' + n * $2 / ${sameInstant} * interval '1 second'))).*
         from orders model, generate_series($3::int, $4::int) n
        where model.project_id = $5 and model.external_id = 'model'`,
        [prefix, step, from, Math.min(rows, from + 1_999), api.project.id],
      );
  await database.pool.query("analyze orders");
}

/** Five who write: each call is one round, in which all of them write at once. */
export function fiveWriters(
  api: Api,
  database: TestDatabase,
  count: number,
): (last?: string) => Promise<void> {
  let round = 0;
  let version = 1;
  const seconds = Math.ceil(count / sameInstant);
  const put = async (id: string, second: number) => {
    const placedAt = new Date(start + second * secondMs).toISOString();
    version += 1;
    const { status, text } = await api.rest("PUT", `/v1/orders/${id}`, {
      body: orderOf({ customer: undefined, placedAt, version }),
    });
    expect(status, text).toBe(200);
  };
  return async (last) => {
    round += 1;
    const gone = last?.startsWith(deletable) ? last : `${deletable}${round}`;
    await Promise.all([
      // One is the newest, and shifts all that come after it; one comes in anywhere.
      put(`new-${round}`, seconds + round),
      put(`between-${round}`, (round * 7_919) % seconds),
      // Two move about: from the front to the back, and from the back to the front.
      put(`falls-${round % 5}`, seconds - ((round * 31) % seconds)),
      put(`rises-${round % 5}`, (round * 31) % seconds),
      // And one deletes, best what a cursor stands on.
      database.pool.query("delete from orders where project_id = $1 and external_id = $2", [
        api.project.id,
        gone,
      ]),
    ]);
  };
}

/** What a walk over all pages told, with a round of writes during each of its reads. */
export async function walk(
  api: Api,
  face: Face,
  size: number,
  write: (last?: string) => Promise<void>,
  beforeRead: (told: number) => void = () => {},
): Promise<string[]> {
  const told: string[] = [];
  let after: string | null = null;
  do {
    beforeRead(told.length);
    const [step]: [Step, unknown] = await Promise.all([face(api, after, size), write(told.at(-1))]);
    told.push(...step.ids);
    ({ after } = step);
  } while (after !== null);
  return told;
}

/** Of the orders that stood throughout: which a walk did not tell, and which it told twice. */
export function wrongsOf(told: readonly string[], count: number): { missing: string[]; repeated: string[] } {
  const times = new Map<string, number>();
  for (const id of told) times.set(id, (times.get(id) ?? 0) + 1);
  const ids = Array.from({ length: count }, (_, index) => `${standing}${index + 1}`);
  return {
    missing: ids.filter((id) => !times.has(id)),
    repeated: ids.filter((id) => (times.get(id) ?? 0) > 1),
  };
}

export const nothingWrong = { missing: [], repeated: [] };
