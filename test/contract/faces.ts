/** One call of an operation through either face, with what the two must have in common. */
import { type GraphQLOutputType, type GraphQLSchema, getNamedType, isLeafType, isObjectType } from "graphql";
import { z } from "zod";
import type { Operation } from "../../src/platform/operation.ts";
import type { Api } from "../features/api.ts";

export interface Call {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly ifMatch?: string;
  readonly idempotencyKey?: string;
  readonly key: string | null;
}

export interface Outcome {
  /** Null when it was done. */
  readonly problem: {
    status: number;
    code: string;
    /** Each with its path and its code. */
    faults: string[];
    retryAfterSeconds: number | undefined;
  } | null;
  readonly data: unknown;
  readonly isReplay: boolean;
}

export async function overRest(
  api: Api,
  { method, path, status = 200 }: Operation,
  call: Call,
): Promise<Outcome> {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(call.params?.[name])));
  const search = new URLSearchParams(
    Object.entries(call.query ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const answer = await api.rest(method, search.size === 0 ? filled : `${filled}?${search}`, {
    key: call.key,
    ...(call.body !== undefined && { body: call.body }),
    headers: {
      ...(call.ifMatch !== undefined && { "if-match": call.ifMatch }),
      ...(call.idempotencyKey !== undefined && { "idempotency-key": call.idempotencyKey }),
    },
  });
  const isDone = answer.status < 400;
  if (isDone && answer.status !== status) throw new Error(`${answer.status} is not the documented ${status}`);
  return {
    problem: isDone ? null : problemOf(answer.body, Number(answer.headers["retry-after"])),
    data: isDone ? answer.body : undefined,
    isReplay: answer.headers["idempotent-replayed"] === "true",
  };
}

export async function overGraphql(
  api: Api,
  schema: GraphQLSchema,
  operation: Operation,
  call: Call,
): Promise<Outcome> {
  const { status, body } = await askGraphql(api, schema, operation, call);
  const [error] = body.errors ?? [];
  // Without a key there is no document yet, and the refusal is plain HTTP.
  const refusal = body.code === undefined ? error?.extensions : body;
  return {
    problem:
      refusal === undefined ? null : inRestWords(problemOf(refusal, refusal.retryAfterSeconds ?? status)),
    data:
      refusal === undefined ? pageOfConnection(body.data[operation.id], goesOn(operation.result)) : undefined,
    isReplay: body.extensions?.idempotentReplayed?.includes(operation.id) ?? false,
  };
}

/** The answer as it came. */
export async function askGraphql(
  api: Api,
  schema: GraphQLSchema,
  { id, graphql, params, query }: Operation,
  call: Call,
) {
  const field = (graphql === "query" ? schema.getQueryType() : schema.getMutationType())?.getFields()[id];
  if (field === undefined) throw new Error(`there is no field ${id}`);
  const { limit: first, ...filters } = call.query ?? {};
  const given: Record<string, unknown> = {
    ...(params && call.params),
    ...(query && filters),
    ...(first !== undefined && { first }),
    ...(call.body !== undefined && { input: call.body }),
    ...(call.ifMatch !== undefined && { ifMatch: call.ifMatch }),
    ...(call.idempotencyKey !== undefined && { idempotencyKey: call.idempotencyKey }),
  };
  const used = field.args.filter(({ name }) => name in given);
  const declared = used.map(({ name, type }) => `$${name}: ${type}`).join(", ");
  const passed = used.map(({ name }) => `${name}: $${name}`).join(", ");
  const document = `${graphql} ${declared && `(${declared})`} { ${id}${passed && `(${passed})`} ${everythingOf(field.type)} }`;
  return api.graphql(document, given, { key: call.key });
}

function problemOf(
  body: { status: number; code: string; errors?: { path: string; code: string }[] },
  retryAfterSeconds: number,
): Outcome["problem"] {
  return {
    status: body.status,
    code: body.code,
    faults: (body.errors ?? []).map(({ path, code }) => `${path} ${code}`),
    retryAfterSeconds: body.status === 503 || body.status === 429 ? retryAfterSeconds : undefined,
  };
}

/** What GraphQL calls `first` is `limit` to REST. */
function inRestWords(told: Outcome["problem"]): Outcome["problem"] {
  return told && { ...told, faults: told.faults.map((fault) => fault.replace(/^\/first /, "/limit ")) };
}

interface ConnectionShown {
  readonly edges: readonly { cursor: string; node: unknown }[];
  readonly pageInfo: { hasNextPage: boolean; startCursor: string | null; endCursor: string | null };
}

/** Whether it answers pages of a list that goes on, as that of the events. */
function goesOn(result: Operation["result"]): boolean {
  return result instanceof z.ZodObject && "nextCursor" in result.shape && "hasMore" in result.shape;
}

/** A connection as the page that REST answers with; anything else as it is. Throws where a connection contradicts itself. */
export function pageOfConnection(data: unknown, isOpen = false): unknown {
  if (typeof data !== "object" || data === null || !("edges" in data && "pageInfo" in data)) return data;
  const { edges, pageInfo } = data as unknown as ConnectionShown;
  const { hasNextPage, startCursor, endCursor } = pageInfo;
  if (startCursor !== (edges.at(0)?.cursor ?? null)) throw new Error("startCursor is not of the first edge");
  const items = edges.map(({ node }) => node);
  if (isOpen) return { items, nextCursor: endCursor, hasMore: hasNextPage };
  if (endCursor !== (edges.at(-1)?.cursor ?? null)) throw new Error("endCursor is not of the last edge");
  return { items, nextCursor: hasNextPage ? endCursor : null };
}

/** Every field there is below a type, as deep as it goes without coming back to itself. */
function everythingOf(type: GraphQLOutputType, above: readonly string[] = []): string {
  const named = getNamedType(type);
  if (isLeafType(named) || !isObjectType(named)) return "";
  const isConnection = named.name.endsWith("Connection");
  const fields = Object.values(named.getFields()).flatMap((field) => {
    // The nodes are those of the edges, and would only cost twice.
    if (isConnection && field.name === "nodes") return [];
    const inner = getNamedType(field.type);
    if (isLeafType(inner)) return [field.name];
    return above.includes(inner.name)
      ? []
      : [`${field.name} ${everythingOf(field.type, [...above, named.name])}`];
  });
  return `{ ${fields.join(" ")} }`;
}
