/**
 * Registered GraphQL documents: where a folder of them is configured, nothing else runs. A client sends the SHA-256 of
 * its document instead of the document, as Apollo's persisted queries and the GraphQL over HTTP draft have it.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type GraphQLSchema, parse, validate } from "graphql";
import { problem } from "./problem.ts";

/** Sources by the SHA-256 of their bytes, in hex. */
export type GraphqlDocuments = ReadonlyMap<string, string>;

/** Every `*.graphql` of the folder; a document is registered by being put there. */
export async function readGraphqlDocuments(folder: string): Promise<GraphqlDocuments> {
  const files = await readdir(folder).catch((cause: Error) => {
    throw new Error(`The folder of GRAPHQL_DOCUMENTS cannot be read: ${cause.message}`, { cause });
  });
  const names = files.filter((name) => name.endsWith(".graphql")).sort();
  const sources = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return new Map(sources.map((source) => [hashOf(source), source]));
}

/** Throws, with every fault, when a document no longer fits the schema: better at the start than at the checkout. */
export function requireDocumentsFit(documents: GraphqlDocuments, schema: GraphQLSchema): void {
  const faults = [...documents].flatMap(([hash, source]) =>
    faultsOf(source, schema).map((message) => `${hash.slice(0, 12)}…: ${message}`),
  );
  if (faults.length > 0) throw new Error(`Registered GraphQL documents do not fit:\n${faults.join("\n")}`);
}

function faultsOf(source: string, schema: GraphQLSchema): string[] {
  try {
    return validate(schema, parse(source)).map(({ message }) => message);
  } catch (error) {
    return [(error as Error).message];
  }
}

export function hashOf(source: string): string {
  return createHash("sha256").update(source).digest("hex");
}

interface DocumentRequest {
  readonly query?: unknown;
  readonly documentId?: unknown;
  readonly extensions?: { readonly persistedQuery?: { readonly sha256Hash?: unknown } } | null;
}

/** The source to run: the one sent or the one named. Undefined when the request has neither. */
export function sourceOf(request: DocumentRequest, registered: GraphqlDocuments | null): unknown {
  const { query, documentId, extensions } = request;
  const named = extensions?.persistedQuery?.sha256Hash ?? documentId;
  if (query === undefined && named === undefined) return undefined;
  if (query !== undefined && (registered === null || typeof query !== "string")) return query;
  const hash = typeof query === "string" ? hashOf(query) : String(named).replace(/^sha256:/, "");
  const source = registered?.get(hash);
  if (source === undefined) throw problem("graphql-document-unknown");
  return source;
}
