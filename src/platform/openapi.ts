import { deprecationReason } from "./deprecation.ts";
import { type JsonSchema, type JsonSchemas, mapSchema, referencedId } from "./json-schema.ts";
import type { Operation } from "./operation.ts";
import { operationSchemas } from "./operation-schemas.ts";
import { type ProblemCode, problems } from "./problem.ts";
import type { StreamOperation } from "./stream-operation.ts";

export interface OpenApiInfo {
  title: string;
  version: string;
  description: string;
}

export type OpenApiDocument = Record<string, unknown> & { paths: Record<string, Record<string, unknown>> };

/** The OpenAPI 3.1 document of the operations: what REST accepts and answers, and every way it can refuse. */
export function openApiDocument(
  operations: readonly Operation[],
  info: OpenApiInfo,
  streams: readonly StreamOperation[] = [],
): OpenApiDocument {
  const input = operationSchemas([...operations, ...streams.map(withoutBody)]).input();
  const output = operationSchemas(operations).output();
  const { schemas, nameInput } = componentsOf(input, output);
  const inputPart = (name: string) => pointed(input.parts[name] ?? {}, nameInput);

  const paths: OpenApiDocument["paths"] = {};
  for (const operation of operations) {
    const { id, method, path, summary, tag, roles, params, query, body, status = 200 } = operation;
    const parameters = [
      ...(params ? parametersOf("path", inputPart(`${id}.params`)) : []),
      ...(query ? parametersOf("query", inputPart(`${id}.query`)) : []),
      ...(operation.requiresIfMatch ? [ifMatchParameter] : []),
      ...(operation.takesIfMatch ? [{ ...ifMatchParameter, required: false }] : []),
      ...(operation.takesIdempotencyKey ? [idempotencyKeyParameter] : []),
    ];
    const result = pointed(output.parts[id] ?? {}, (name) => name);
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = {
      operationId: id,
      tags: [tag],
      summary,
      ...descriptionOf(operation),
      ...(operation.deprecated && { deprecated: true }),
      ...(parameters.length > 0 && { parameters }),
      ...(body && {
        requestBody: {
          required: !body.isOptional(),
          content: {
            "application/json": {
              schema: inputPart(`${id}.body`),
              ...(operation.example !== undefined && { example: operation.example }),
            },
          },
        },
      }),
      responses: {
        [status]: {
          description: status === 204 ? "Done." : summary,
          ...headersOf(operation),
          ...(status !== 204 && { content: { "application/json": { schema: result } } }),
        },
        ...problemResponses(problemsOf(operation)),
      },
      security: roles === null ? [] : [{ apiKey: [] }],
      ...(roles !== null && { "x-roles": roles.length === 0 ? ["any"] : [...roles, "admin"] }),
    };
  }
  for (const operation of streams) {
    const { id, method, path, summary, tag, roles, params, query, consumes, produces } = operation;
    const parameters = [
      ...(params ? parametersOf("path", inputPart(`${id}.params`)) : []),
      ...(query ? parametersOf("query", inputPart(`${id}.query`)) : []),
      ...(operation.takesLastEventId ? [lastEventIdParameter] : []),
    ];
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = {
      operationId: id,
      tags: [tag],
      summary,
      ...descriptionOf(operation, streamNote),
      ...(operation.deprecated && { deprecated: true }),
      ...(parameters.length > 0 && { parameters }),
      ...(consumes && { requestBody: { required: true, content: streamContent(consumes) } }),
      responses: {
        "200": { description: summary, ...headersOf(operation), content: streamContent(produces) },
        ...problemResponses(streamProblemsOf(operation)),
      },
      security: [{ apiKey: [] }],
      "x-roles": roles.length === 0 ? ["any"] : [...roles, "admin"],
    };
  }
  return {
    openapi: "3.1.0",
    info: { ...info, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    servers: [{ url: "/" }],
    tags: [...new Set([...operations, ...streams].map(({ tag }) => tag))].map((name) => ({
      name,
      description: tagDescriptions[name] ?? `Operations on ${name.replaceAll("-", " ")}.`,
    })),
    paths,
    components: {
      schemas: { ...schemas, Problem: problemSchema },
      headers: sharedHeaders,
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "An API key of the project." },
      },
    },
  };
}

const tagDescriptions: Readonly<Record<string, string>> = {
  evaluations: "What carts cost, and why.",
  promotions: "Rules, their life cycle and their versions.",
  redemptions: "Quotes made binding: reserved, committed, cancelled, returned.",
  offline: "Vouchers that tills accept without a network, and what became of them.",
  orders: "Orders as the ERP tells them.",
  campaigns: "Promotions with common dates, goals and a budget: planned, watched, reviewed.",
  "coupon-pools": "Coupons made together.",
  coupons: "Single codes.",
  jobs: "Work in the background.",
  segments: "Customers who have something in common, kept current.",
  project: "The project and its settings.",
  "api-keys": "Who may ask.",
  audit: "Who changed what.",
};

/** Everything an operation can refuse with: what it declares, and what follows from its declaration. */
export function problemsOf({
  method,
  roles,
  query,
  requiresIfMatch,
  takesIfMatch,
  takesIdempotencyKey,
  problems,
}: Operation): ProblemCode[] {
  const codes: ProblemCode[] = [
    "invalid-request",
    ...(query !== undefined && "after" in query.shape ? (["invalid-cursor"] as const) : []),
    // Also where none is asked for: a body that comes is read.
    ...(method === "GET"
      ? []
      : (["malformed-json", "request-timeout", "body-too-large", "unsupported-media-type"] as const)),
    ...(roles !== null ? (["unauthenticated", "too-many-requests"] as const) : []),
    ...(roles !== null && roles.length > 0 ? (["forbidden-role"] as const) : []),
    ...(requiresIfMatch ? (["precondition-required"] as const) : []),
    ...(requiresIfMatch || takesIfMatch ? (["precondition-failed"] as const) : []),
    ...(takesIdempotencyKey ? (["idempotency-key-reused", "idempotency-key-in-use"] as const) : []),
    ...problems,
    "internal-error",
    "unavailable",
  ];
  return [...new Set(codes)];
}

type Described = Pick<Operation, "description" | "deprecated">;

function descriptionOf({ description, deprecated }: Described, note?: string) {
  const parts = [description, deprecated && `Deprecated. ${deprecationReason(deprecated)}`, note];
  const text = parts.filter((part) => part !== undefined).join("\n\n");
  return text === "" ? {} : { description: text };
}

/** Headers of many answers; each answer of the tests is held to have those that are required. */
const sharedHeaders = {
  "X-Request-Id": {
    description: "The request in the service's log: what came as `X-Request-Id`, or a new one.",
    required: true,
    schema: { type: "string" },
  },
  "RateLimit-Policy": {
    description:
      'How many requests the key has in how many seconds (draft-ietf-httpapi-ratelimit-headers): `"key";q=600000;w=60`.',
    schema: { type: "string" },
  },
  RateLimit: {
    description: 'How many are left, and the seconds until all are there again: `"key";r=599999;t=42`.',
    schema: { type: "string" },
  },
  "Retry-After": {
    description: "Seconds after which it is worth asking again (RFC 9110).",
    required: true,
    schema: { type: "string" },
  },
};

function sharedHeader(...names: (keyof typeof sharedHeaders)[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

const ofEveryAnswer = sharedHeader("X-Request-Id");
const refusedForNow = { ...ofEveryAnswer, ...sharedHeader("Retry-After") };
const ofEveryKey = { ...ofEveryAnswer, ...sharedHeader("RateLimit-Policy", "RateLimit") };

type Answering = Pick<Operation, "roles" | "etag" | "takesIdempotencyKey" | "deprecated">;

function headersOf({ roles, etag, takesIdempotencyKey, deprecated }: Answering) {
  const headers = {
    ...(roles === null ? ofEveryAnswer : ofEveryKey),
    ...(deprecated && {
      Deprecation: { description: "Since when (RFC 9745).", schema: { type: "string" } },
      ...(deprecated.sunset && {
        Sunset: { description: "Until when (RFC 8594).", schema: { type: "string" } },
      }),
    }),
    ...(etag && { ETag: { schema: { type: "string" } } }),
    ...(takesIdempotencyKey && {
      "Idempotent-Replayed": {
        description: "`true` on the answer of an earlier request, given again.",
        schema: { type: "string" },
      },
    }),
  };
  return { headers };
}

/** The same of a stream operation. */
export function streamProblemsOf({ roles, consumes, problems }: StreamOperation): ProblemCode[] {
  const codes: ProblemCode[] = [
    "invalid-request",
    ...(consumes !== undefined ? (["request-timeout", "unsupported-media-type"] as const) : []),
    "not-acceptable",
    "unauthenticated",
    "too-many-requests",
    ...(roles.length > 0 ? (["forbidden-role"] as const) : []),
    ...problems,
    "internal-error",
    "unavailable",
  ];
  return [...new Set(codes)];
}

const streamNote =
  "A stream, over REST only: GraphQL cannot stream. An answer that ends in a broken connection is not complete.";

function withoutBody({
  id,
  params,
  query,
}: StreamOperation): Pick<Operation, "id" | "params" | "query" | "body"> {
  return { id, ...(params && { params }), ...(query && { query }) };
}

function streamContent(types: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(types.map((type) => [type, { schema: { type: "string" } }]));
}

function problemResponses(codes: readonly ProblemCode[]): Record<string, unknown> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, those]) => [
      status,
      {
        description: those.map((code) => `\`${code}\`: ${problems[code].title}`).join("\n\n"),
        headers: status === 429 || status === 503 ? refusedForNow : ofEveryAnswer,
        content: {
          "application/problem+json": {
            schema: { $ref: "#/components/schemas/Problem", properties: { code: { enum: those } } },
          },
        },
      },
    ]),
  );
}

/**
 * One component per id, unless what may be sent differs from what is answered (a default makes a field optional in one
 * direction only): then the former is called `…Input`, and so is everything that leads to it.
 */
function componentsOf(input: JsonSchemas, output: JsonSchemas) {
  const differing = new Set(
    Object.keys(input.definitions).filter(
      (id) =>
        id in output.definitions &&
        JSON.stringify(input.definitions[id]) !== JSON.stringify(output.definitions[id]),
    ),
  );
  for (let size = -1; size !== differing.size; ) {
    size = differing.size;
    for (const [id, schema] of Object.entries(input.definitions)) {
      if (id in output.definitions && referencedIds(schema).some((other) => differing.has(other))) {
        differing.add(id);
      }
    }
  }
  const nameInput = (id: string) => (differing.has(id) ? `${id}Input` : id);
  const schemas: Record<string, JsonSchema> = {};
  for (const [id, schema] of Object.entries(output.definitions)) {
    schemas[id] = pointed(schema, (name) => name);
  }
  for (const [id, schema] of Object.entries(input.definitions)) {
    schemas[nameInput(id)] = pointed(schema, nameInput);
  }
  return {
    schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
    nameInput,
  };
}

function referencedIds(schema: JsonSchema): string[] {
  const ids: string[] = [];
  mapSchema(schema, (node) => {
    const id = referencedId(node);
    if (id !== undefined) {
      ids.push(id);
    }
    return node;
  });
  return ids;
}

function pointed(schema: JsonSchema, nameOf: (id: string) => string): JsonSchema {
  return mapSchema(schema, ({ scalar: _scalar, allOf, ...rest }) => {
    // Draft 7 wants a reference that has a description wrapped; OpenAPI 3.1 does not.
    const [only, ...others] = allOf ?? [];
    const node = { ...rest, ...(others.length > 0 ? { allOf } : only) } as JsonSchema;
    if (only?.$ref !== undefined && others.length === 0) return node;
    const id = referencedId(node);
    return id === undefined ? node : { ...node, $ref: `#/components/schemas/${nameOf(id)}` };
  });
}

function parametersOf(place: "path" | "query", { properties = {}, required = [] }: JsonSchema) {
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    ...(description !== undefined && { description }),
    schema,
  }));
}

const ifMatchParameter = {
  name: "If-Match",
  in: "header",
  required: true,
  description: "The ETag that was read, or `*`.",
  schema: { type: "string" },
};

const idempotencyKeyParameter = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "A repetition with the same key gets the first answer and changes nothing.",
  schema: { type: "string", maxLength: 200 },
};

const lastEventIdParameter = {
  name: "Last-Event-ID",
  in: "header",
  required: false,
  description: "The `id` of the last event that was read.",
  schema: { type: "string", maxLength: 1024 },
};

const problemSchema: JsonSchema = {
  type: "object",
  description: "RFC 9457 problem details.",
  properties: {
    type: { type: "string", format: "uri" },
    title: { type: "string" },
    status: { type: "integer" },
    code: { type: "string", enum: Object.keys(problems) },
    detail: { type: "string" },
    errors: {
      type: "array",
      items: {
        type: "object",
        properties: {
          path: { type: "string", description: "A JSON Pointer." },
          code: { type: "string" },
          message: { type: "string" },
        },
        required: ["path", "code", "message"],
      },
    },
    requestId: { type: "string" },
    quote: { description: "With `price_changed` and `code-not-applied`: what the order would cost now." },
  },
  required: ["type", "title", "status", "code", "requestId"],
};
