/** The operations as the two documents tell of them, and requests made from a row of the matrix for either face. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import {
  buildSchema,
  type GraphQLNamedType,
  getNamedType,
  isEnumType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from "graphql";
import type { Role } from "../../src/platform/auth.ts";
import type { Answer, Api } from "../features/api.ts";
import type { Row } from "./matrix-rows.ts";

export interface DocumentedOperation {
  /** `POST /v1/promotions/{id}/end`. */
  readonly name: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly id: string;
  readonly needsKey: boolean;
  /** Null: any. */
  readonly roles: readonly Role[] | null;
  /** The field of the SDL; null where there is none, as for streams. */
  readonly field: DocumentedField | null;
  /** The one that takes and answers JSON values, where there is one. */
  readonly jsonField: DocumentedField | null;
}

export interface DocumentedField {
  readonly root: "query" | "mutation";
  readonly text: string;
  readonly args: readonly string[];
}

interface Documented {
  operationId: string;
  security?: unknown[];
  "x-roles"?: string[];
}

export function documentedOperations(): DocumentedOperation[] {
  const { paths } = JSON.parse(readFileSync("openapi/openapi.json", "utf8")) as {
    paths: Record<string, Record<string, Documented>>;
  };
  const fields = graphqlFields();
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([verb, operation]) => {
      const method = verb.toUpperCase();
      if (!["GET", "POST", "PUT", "PATCH", "DELETE"].includes(method)) return [];
      const roles = operation["x-roles"] ?? ["any"];
      return [
        {
          name: `${method} ${path}`,
          method: method as DocumentedOperation["method"],
          path,
          id: operation.operationId,
          needsKey: (operation.security ?? []).length > 0,
          roles: roles.includes("any") ? null : (roles as Role[]),
          field: fields.get(operation.operationId) ?? null,
          jsonField: fields.get(`${operation.operationId}Json`) ?? null,
        },
      ];
    }),
  );
}

/** By name; each with a selection of everything that can be read of it without asking further. */
export function graphqlFields(): Map<string, DocumentedField> {
  const schema = buildSchema(readFileSync("openapi/schema.graphql", "utf8"));
  const found = new Map<string, DocumentedField>();
  for (const root of ["query", "mutation"] as const) {
    const type = root === "query" ? schema.getQueryType() : schema.getMutationType();
    for (const field of Object.values(type?.getFields() ?? {})) {
      const declared = field.args.map(({ name, type: of }) => `$${name}: ${of}`).join(", ");
      const passed = field.args.map(({ name }) => `${name}: $${name}`).join(", ");
      const selection = selectionOf(getNamedType(field.type), 3);
      found.set(field.name, {
        root,
        args: field.args.map(({ name }) => name),
        text: `${root}${declared && ` (${declared})`} { ${field.name}${passed && `(${passed})`}${selection} }`,
      });
    }
  }
  return found;
}

function selectionOf(type: GraphQLNamedType, depth: number): string {
  if (!isObjectType(type)) return "";
  // The rows of a list lie two steps deeper than its name, and need not be told twice.
  const isConnection = type.name.endsWith("Connection");
  const steps = isConnection ? depth + 2 : depth;
  const parts = Object.values(type.getFields()).flatMap((field) => {
    if (isConnection && field.name === "nodes") return [];
    if (field.args.some(({ type: of }) => isNonNullType(of))) return [];
    const named = getNamedType(field.type);
    if (isScalarType(named) || isEnumType(named)) return [field.name];
    return steps > 1 && isObjectType(named) ? [`${field.name}${selectionOf(named, steps - 1)}`] : [];
  });
  return ` { ${["__typename", ...parts].join(" ")} }`;
}

export interface Asked {
  readonly key: string | null;
  readonly ids: Readonly<Record<string, string>>;
}

export function overRest(
  api: Api,
  { method, path }: DocumentedOperation,
  row: Row,
  { key, ids }: Asked,
): Promise<Answer> {
  const values = row.path?.(ids) ?? {};
  const place = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
  const query = new URLSearchParams(row.query?.(ids)).toString();
  const body = row.body?.(ids);
  const url = `${place}${query && `?${query}`}`;
  if (row.brokenOffAfter !== undefined) return overSocket(api, url, key, row.brokenOffAfter);
  return api.rest(method, url, {
    key,
    headers: {
      "if-match": "*",
      ...(row.contentType !== undefined && { "content-type": row.contentType }),
    },
    ...(body !== undefined && { body }),
  });
}

/** A stream that never ends, over a real connection that is broken off once `enough` has come; a refusal ends by itself. */
async function overSocket(api: Api, path: string, key: string | null, enough: RegExp): Promise<Answer> {
  const { server } = api.app;
  if (!server.listening) await api.app.listen({ host: "127.0.0.1", port: 0 });
  const request = get({
    port: (server.address() as AddressInfo).port,
    path,
    headers: key === null ? {} : { authorization: `Bearer ${key}` },
  });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  let text = "";
  // Leaving the loop breaks off the connection.
  for await (const piece of response.setEncoding("utf8")) {
    text += piece;
    if (enough.test(text)) break;
  }
  return { status: response.statusCode ?? 0, headers: response.headers, text, body: undefined };
}

/** The answer with the status that REST would have given. */
export async function overGraphql(
  api: Api,
  { field }: DocumentedOperation,
  row: Row,
  { key, ids }: Asked,
): Promise<Answer> {
  if (field === null) throw new Error("no field");
  const { limit: first, ...filters } = row.query?.(ids) ?? {};
  const given: Record<string, unknown> = { ...filters, ...row.path?.(ids), ifMatch: "*" };
  if (first !== undefined) given.first = Number(first);
  const body = row.body?.(ids);
  if (body !== undefined) given.input = body;
  const variables = Object.fromEntries(
    field.args.flatMap((name) => (name in given ? [[name, given[name]]] : [])),
  );
  const answer = await api.graphql(field.text, variables, { key });
  const status = answer.body?.errors?.[0]?.extensions?.status ?? answer.status;
  return { ...answer, status };
}
