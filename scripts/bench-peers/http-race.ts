/** The faces of the service beside the empty route, all asked with the same cart, taking turns. */
import { graphqlDocuments } from "../bench/graphql-documents.ts";
import { load } from "../bench/load.ts";
import { median } from "../bench/measurement.ts";
import type { Ready } from "./server.ts";
import { cartBody, sizes } from "./shop.ts";

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
  const { inFields, asJson } = graphqlDocuments(root);
  const documents = { "Dealwright, GraphQL, every field": inFields, "Dealwright, GraphQL, JSON": asJson };
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
