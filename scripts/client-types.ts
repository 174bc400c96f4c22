/**
 * `src/client/api-types.ts`: what the OpenAPI document says, as TypeScript. A page of our own instead of
 * openapi-typescript, whose compiler is another one than ours: so `npm run generate` writes it with the other generated
 * files, and nobody can forget to.
 */
import type { JsonSchema } from "../src/platform/json-schema.ts";
import type { OpenApiDocument } from "../src/platform/openapi.ts";
import type { Operation } from "../src/platform/operation.ts";

export function clientTypes(document: OpenApiDocument, operations: readonly Operation[]): string {
  const { schemas } = document.components as { schemas: Readonly<Record<string, JsonSchema>> };
  return [
    "// Generated from openapi/openapi.json by `npm run generate`; do not edit.\n",
    ...Object.entries(schemas).map(
      ([name, schema]) => `${commented(schema)}export type ${name} = ${typeOf(schema, "")};\n`,
    ),
    "export interface Operations {",
    ...operations.map(
      (operation) => `${doc(operation.summary, "  ")}  ${operation.id}: ${callType(document, operation)};`,
    ),
    "}\n",
    "/** How each is asked over HTTP, and whether it may be asked again when nobody knows what became of it. */",
    "export const routes = {",
    ...operations.map(
      (operation) =>
        `  ${operation.id}: { method: "${operation.method}", path: "${operation.path}", isRepeatable: ${isRepeatable(operation)}, takesIdempotencyKey: ${operation.takesIdempotencyKey === true} },`,
    ),
    "} as const satisfies Readonly<Record<keyof Operations, object>>;\n",
  ].join("\n");
}

/** Asking twice does what asking once does. With an Idempotency-Key that is so as well; the client sends one. */
function isRepeatable({ method, graphql, takesIdempotencyKey }: Operation): boolean {
  return method !== "POST" && method !== "PATCH" ? true : graphql === "query" || takesIdempotencyKey === true;
}

interface Documented {
  readonly parameters?: readonly {
    name: string;
    in: string;
    required: boolean;
    description?: string;
    schema: JsonSchema;
  }[];
  readonly requestBody?: { required: boolean; content: { "application/json": { schema: JsonSchema } } };
  readonly responses: Readonly<Record<string, { content?: { "application/json": { schema: JsonSchema } } }>>;
}

function callType(document: OpenApiDocument, operation: Operation): string {
  const { method, path, status = 200 } = operation;
  const {
    parameters = [],
    requestBody,
    responses,
  } = document.paths[path]![method.toLowerCase()] as Documented;
  const fieldsIn = (place: string) => {
    const those = parameters.filter((parameter) => parameter.in === place);
    const fields = those.map(
      ({ name, required, schema }) => `${name}${required ? "" : "?"}: ${typeOf(schema, "")}`,
    );
    const isOptional = those.every(({ required }) => !required);
    return those.length === 0 ? null : { type: `{ ${fields.join("; ")} }`, isOptional };
  };
  const [params, query] = [fieldsIn("path"), fieldsIn("query")];
  const request = [
    params && `params: ${params.type}`,
    query && `query${query.isOptional ? "?" : ""}: ${query.type}`,
    requestBody &&
      `body${requestBody.required ? "" : "?"}: ${typeOf(requestBody.content["application/json"].schema, "    ")}`,
    operation.requiresIfMatch && "ifMatch: string",
    operation.takesIfMatch && "ifMatch?: string",
    operation.takesIdempotencyKey && "idempotencyKey?: string",
  ].filter((part) => typeof part === "string");
  const answer = responses[status]?.content?.["application/json"].schema;
  return `{ request: { ${request.join("; ")} }; answer: ${answer ? typeOf(answer, "    ") : "null"} }`;
}

function typeOf(schema: JsonSchema, indent: string): string {
  if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1) ?? "unknown";
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return union(schema.enum.map((value) => JSON.stringify(value)));
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) return union(branches.map((branch) => typeOf(branch, indent)));
  if (schema.allOf !== undefined) return schema.allOf.map((part) => `(${typeOf(part, indent)})`).join(" & ");
  if (Array.isArray(schema.type))
    return union(schema.type.map((type) => typeOf({ ...schema, type }, indent)));
  switch (schema.type) {
    case "string":
    case "boolean":
    case "null":
      return schema.type;
    case "integer":
    case "number":
      return "number";
    case "array":
      return `readonly (${typeOf(schema.items ?? {}, indent)})[]`;
    case "object":
      return objectType(schema, indent);
    default:
      return "unknown";
  }
}

function objectType({ properties, required = [], additionalProperties }: JsonSchema, indent: string): string {
  if (properties === undefined) {
    const values =
      typeof additionalProperties === "object" ? typeOf(additionalProperties, indent) : "unknown";
    return `{ readonly [key: string]: ${values} }`;
  }
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(
    ([name, property]) =>
      `${commented(property, inner)}${inner}${/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name)}${required.includes(name) ? "" : "?"}: ${typeOf(property, inner)};`,
  );
  return fields.length === 0 ? "{ readonly [key: string]: never }" : `{\n${fields.join("\n")}\n${indent}}`;
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(" | ") || "never";
}

function commented({ description }: JsonSchema, indent = ""): string {
  return description === undefined ? "" : doc(description, indent);
}

function doc(text: string, indent: string): string {
  return `${indent}/** ${text.replaceAll("*/", "* /").replaceAll(/\s+/g, " ")} */\n`;
}
