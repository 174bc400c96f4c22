/**
 * Lists as connections (GraphQL Cursor Connections Specification, https://relay.dev/graphql/connections.htm). They follow
 * from how every list is declared: a page of `items` with its `nextCursor`, asked for with `limit` and `after`.
 */
import {
  GraphQLBoolean,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
} from "graphql";
import type { JsonSchema } from "./json-schema.ts";
import { cursorOfItem, type OpenPage, type Page } from "./pagination.ts";
import { Problem, problem } from "./problem.ts";

/** How REST and GraphQL call the size of a page. */
export const sizeName = { rest: "limit", graphql: "first" } as const;
const pageMembers: readonly string[] = [
  "items",
  "nextCursor",
  "hasMore",
] satisfies (keyof OpenPage<unknown>)[];

interface Connection {
  readonly page: Page<unknown> | OpenPage<unknown>;
  readonly isContinued: boolean;
}
interface Edge {
  readonly page: Page<unknown>;
  readonly index: number;
}

export function isPage({ properties }: JsonSchema): boolean {
  return properties?.items?.type === "array" && properties.nextCursor !== undefined;
}

/** What a page says besides being one. */
export function beyondPages({ properties = {}, ...schema }: JsonSchema): JsonSchema {
  const own = Object.entries(properties).filter(([name]) => !pageMembers.includes(name));
  return { ...schema, properties: Object.fromEntries(own) };
}

/** The arguments of a list's query as a connection has them. */
export function connectionArguments(query: GraphQLFieldConfigArgumentMap): GraphQLFieldConfigArgumentMap {
  const { [sizeName.rest]: size, after, ...filters } = query;
  if (size === undefined || after === undefined) throw new Error("a list is asked with `limit` and `after`");
  return {
    ...filters,
    [sizeName.graphql]: { ...size, description: "How many edges to return at most." },
    after: { ...after, description: "The `cursor` of an edge, or the `endCursor` of a page." },
  };
}

/** Asks for a page and answers with it as a connection; a refusal names the arguments as they are called here. */
export async function connectionOf(
  ask: (args: Readonly<Record<string, unknown>>) => unknown,
  { [sizeName.graphql]: size, ...args }: Readonly<Record<string, unknown>>,
): Promise<Connection> {
  try {
    const page = (await ask({ ...args, [sizeName.rest]: size })) as Page<unknown>;
    return { page, isContinued: typeof args.after === "string" };
  } catch (error) {
    if (!(error instanceof Problem) || error.errors === undefined) throw error;
    const errors = error.errors.map((one) =>
      one.path === `/${sizeName.rest}` ? { ...one, path: `/${sizeName.graphql}` } : one,
    );
    throw problem(error.code, { ...error, errors });
  }
}

/** Makes the connection types of one schema, which share their `PageInfo`. */
export function connectionTypes() {
  const pageInfo = new GraphQLObjectType<Connection>({
    name: "PageInfo",
    fields: {
      hasNextPage: {
        type: new GraphQLNonNull(GraphQLBoolean),
        description: "Whether there is more already.",
        resolve: ({ page }) => ("hasMore" in page ? page.hasMore : page.nextCursor !== null),
      },
      hasPreviousPage: {
        type: new GraphQLNonNull(GraphQLBoolean),
        description: "Whether this is what comes after a cursor. Lists are read forwards only.",
        resolve: ({ isContinued }) => isContinued,
      },
      startCursor: {
        type: GraphQLString,
        description: "The cursor of the first edge; null where there is none.",
        resolve: ({ page }) => (page.items.length === 0 ? null : cursorOfItem(page, 0)),
      },
      endCursor: {
        type: GraphQLString,
        description:
          "Pass it as `after` to read on. The cursor of the last edge; of a list that goes on, such as events, the place up to which it was read, with or without edges.",
        resolve: ({ page: { items, nextCursor }, page }) =>
          nextCursor ?? (items.length === 0 ? null : cursorOfItem(page, items.length - 1)),
      },
    },
  });

  /** The type of the pages with this id, which may have members of their own besides. */
  return (
    id: string,
    { description }: JsonSchema,
    { node, own }: { node: GraphQLOutputType; own: Record<string, GraphQLFieldConfig<unknown, unknown>> },
  ): GraphQLObjectType => {
    const name = id.replace(/Page$/, "");
    const edge = new GraphQLObjectType<Edge>({
      name: `${name}Edge`,
      fields: {
        node: { type: node, resolve: ({ page, index }) => page.items[index] },
        cursor: {
          type: new GraphQLNonNull(GraphQLString),
          description: "Pass it as `after` to read on after this node.",
          resolve: ({ page, index }) => cursorOfItem(page, index),
        },
      },
    });
    return new GraphQLObjectType<Connection>({
      name: `${name}Connection`,
      description: description ?? null,
      fields: {
        edges: {
          type: listOf(edge),
          resolve: ({ page }) => page.items.map((_, index): Edge => ({ page, index })),
        },
        nodes: {
          type: listOf(node),
          description: "The nodes of the edges, for who needs no cursor of each.",
          resolve: ({ page }) => page.items,
        },
        pageInfo: { type: new GraphQLNonNull(pageInfo), resolve: (connection) => connection },
        ...Object.fromEntries(
          Object.entries(own).map(([key, field]) => [
            key,
            { ...field, resolve: ({ page }: Connection) => new Map(Object.entries(page)).get(key) },
          ]),
        ),
      },
    });
  };
}

function listOf(type: GraphQLOutputType): GraphQLOutputType {
  const member = type instanceof GraphQLNonNull ? type : new GraphQLNonNull(type as GraphQLObjectType);
  return new GraphQLNonNull(new GraphQLList(member));
}
