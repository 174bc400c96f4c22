/** The faces of the service beside the empty route, all asked with the same cart, taking turns. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import autocannon from "autocannon";
import { buildSchema, type GraphQLNamedType, getNamedType, isObjectType } from "graphql";
import { median } from "../bench/measurement.ts";
import type { Ready } from "./server.ts";
import { cartBody, sizes } from "./shop.ts";

const connections = 16;
const warmUps = 2;

export interface Face {
  readonly name: string;
  /** By number of promotions; the empty route has one figure for all. */
  readonly perSecond: ReadonlyMap<number, number>;
}

interface Route {
  readonly name: string;
  readonly count: number;
  readonly url: string;
  readonly key?: string;
  readonly body: string;
  readonly perSecond: number[];
}

export async function raceFaces(
  { url, emptyUrl, keys }: Ready,
  { root, rounds, seconds }: { root: string; rounds: number; seconds: number },
): Promise<Face[]> {
  const body = JSON.stringify(cartBody);
  const documents = documentsOf(readFileSync(join(root, "openapi/schema.graphql"), "utf8"));
  const routes: Route[] = [
    { name: "empty Fastify route", count: 1_000, url: `${emptyUrl}/empty`, body, perSecond: [] },
    ...sizes.map((count) => ({
      name: "Dealwright over HTTP",
      count,
      url: `${url}/v1/evaluations`,
      key: keys[count]!,
      body,
      perSecond: [],
    })),
    ...Object.entries(documents).map(([name, query]) => ({
      name,
      count: 1_000,
      url: `${url}/graphql`,
      key: keys[1_000]!,
      body: JSON.stringify({ query, variables: { input: cartBody } }),
      perSecond: [],
    })),
  ];
  for (let round = -warmUps; round < rounds; round++)
    for (const route of routes) {
      const perSecond = await load(route, seconds);
      if (round >= 0) route.perSecond.push(perSecond);
    }
  const faces = new Map<string, Map<number, number>>();
  for (const { name, count, perSecond } of routes)
    faces.set(name, (faces.get(name) ?? new Map<number, number>()).set(count, median(perSecond)));
  return [...faces].map(([name, perSecond]) => ({ name, perSecond }));
}

/** The whole quote in fields, and as one value. */
function documentsOf(sdl: string): Record<string, string> {
  const schema = buildSchema(sdl);
  const field = schema.getQueryType()!.getFields().evaluate!;
  const input = field.args.find(({ name }) => name === "input")!.type;
  return {
    "Dealwright, GraphQL, every field": `query ($input: ${input}) { evaluate(input: $input)${selectionOf(getNamedType(field.type))} }`,
    "Dealwright, GraphQL, JSON": "query ($input: JSON!) { evaluateJson(input: $input) }",
  };
}

function selectionOf(type: GraphQLNamedType): string {
  if (!isObjectType(type)) return "";
  const fields = Object.values(type.getFields()).map(
    ({ name, type: of }) => `${name}${selectionOf(getNamedType(of))}`,
  );
  return ` { ${fields.join(" ")} }`;
}

async function load({ url, key, body }: Route, seconds: number): Promise<number> {
  const headers = {
    "content-type": "application/json",
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };
  const result = await autocannon({ url, method: "POST", headers, body, connections, duration: seconds });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} refusals, ${result.errors} errors`);
  return result.requests.total / result.duration;
}
