import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Authenticator, Caller, Role } from "../../src/platform/auth.ts";
import { mountGraphql } from "../../src/platform/graphql.ts";
import type { GraphqlDocuments } from "../../src/platform/graphql-documents.ts";
import { openApiDocument } from "../../src/platform/openapi.ts";
import { defineOperation, type Operation } from "../../src/platform/operation.ts";
import { cursorOf, pageOf, pageQuery } from "../../src/platform/pagination.ts";
import { problem } from "../../src/platform/problem.ts";
import { mountRest } from "../../src/platform/rest.ts";
import { createServer } from "../../src/platform/server.ts";
import { compileInputs } from "../../src/platform/validation.ts";
import { contractCheck, watchContract } from "../contract/contract-check.ts";

const minorUnits = z.int().min(0).meta({ id: "MinorUnits" });
const rule: z.ZodType = z
  .lazy(() =>
    z.union([
      z.strictObject({ all: z.array(rule) }),
      z.strictObject({ kind: z.literal("channel"), in: z.array(z.string()) }),
    ]),
  )
  .meta({ id: "Rule", scalar: true });
const line = z
  .strictObject({
    sku: z.string().min(1),
    quantity: z.int().min(1).max(1000),
    price: minorUnits,
    note: z.string().nullable().optional(),
  })
  .meta({ id: "Line" });
const cart = z
  .strictObject({
    lines: z.array(line),
    unit: z.enum(["piece", "box"]).default("piece"),
    rule: rule.optional(),
    attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    at: z.iso.datetime({ offset: true }).optional(),
  })
  .meta({ id: "Cart" });
const receipt = z
  .object({
    total: minorUnits,
    unit: z.enum(["piece", "box"]),
    lines: z.array(
      z
        .object({ sku: z.string(), total: minorUnits, note: z.string().nullable() })
        .meta({ id: "ReceiptLine" }),
    ),
    rule: rule.nullable(),
    attributes: z.record(z.string(), z.unknown()),
    role: z.string(),
  })
  .meta({ id: "Receipt" });
const item = z.object({ id: z.string(), size: z.int() }).meta({ id: "Item" });

const cursor = cursorOf("items", z.int());
const items = Array.from({ length: 7 }, (_, index) => ({ id: `i${index}`, size: index * 2 ** 33 }));

/** Operations that together use everything a declaration can say. */
const declared: Operation[] = [
  defineOperation({
    id: "priceCart",
    method: "POST",
    path: "/v1/carts/price",
    graphql: "query",
    tag: "test",
    summary: "Prices a cart, synchronously.",
    roles: ["checkout"],
    body: cart,
    result: receipt,
    problems: [],
    handler: ({ body, context }) => ({
      total: body.lines.reduce((sum, { quantity, price }) => sum + quantity * price, 0),
      unit: body.unit,
      lines: body.lines.map(({ sku, quantity, price, note }) => ({
        sku,
        total: quantity * price,
        note: note ?? null,
      })),
      rule: body.rule ?? null,
      attributes: body.attributes ?? {},
      role: context.role,
    }),
  }),
  defineOperation({
    id: "items",
    method: "GET",
    path: "/v1/items",
    graphql: "query",
    tag: "test",
    summary: "A list.",
    roles: [],
    query: pageQuery.extend({ atLeast: z.int().optional(), isLarge: z.boolean().optional() }),
    result: pageOf(item, "ItemPage"),
    problems: [],
    handler: ({ query: { limit, after, atLeast = 0 } }) => {
      const from = cursor.decode(after) ?? -1;
      const rows = items.filter(({ size }, index) => index > from && size >= atLeast).slice(0, limit + 1);
      return cursor.page(
        rows,
        limit,
        (row) => items.indexOf(row),
        (row) => row,
      );
    },
  }),
  defineOperation({
    id: "item",
    method: "GET",
    path: "/v1/items/{id}",
    graphql: "query",
    tag: "test",
    summary: "One of the list, or a failure.",
    roles: [],
    params: z.strictObject({ id: z.string().max(40) }),
    result: item,
    etag: ({ size }) => `s${size}`,
    problems: ["promotion-not-found"],
    handler: async ({ params: { id } }) => {
      if (id === "broken") {
        throw new Error("password=hunter2 at 10.0.0.7");
      }
      if (id === "away") {
        throw Object.assign(new Error("connect ECONNREFUSED 10.0.0.7:5432"), { code: "ECONNREFUSED" });
      }
      const found = items.find((one) => one.id === id);
      if (found === undefined) {
        throw problem("promotion-not-found", { detail: `There is no ${id}.` });
      }
      return found;
    },
  }),
  defineOperation({
    id: "replaceItem",
    method: "PUT",
    path: "/v1/items/{id}",
    graphql: "mutation",
    tag: "test",
    audit: { unaudited: "It changes nothing." },
    summary: "Answers with the tag it was given.",
    roles: ["marketing"],
    params: z.strictObject({ id: z.string() }),
    requiresIfMatch: true,
    status: 201,
    result: z.object({ ifMatch: z.string() }).meta({ id: "Replaced" }),
    problems: [],
    handler: ({ ifMatch }) => ({ ifMatch }),
  }),
  defineOperation({
    id: "removeItem",
    method: "DELETE",
    path: "/v1/items/{id}",
    graphql: "mutation",
    tag: "test",
    audit: { unaudited: "It changes nothing." },
    summary: "Says nothing over REST.",
    roles: ["marketing"],
    params: z.strictObject({ id: z.string() }),
    status: 204,
    result: z.object({ id: z.string() }).meta({ id: "Removed" }),
    problems: [],
    handler: async ({ params: { id } }) => ({ id }),
  }),
  defineOperation({
    id: "motto",
    method: "GET",
    path: "/v1/motto",
    graphql: "query",
    tag: "test",
    summary: "Open to anyone.",
    roles: null,
    result: z.object({ text: z.string() }).meta({ id: "Motto" }),
    problems: [],
    handler: () => ({ text: "the best price, exact to the cent" }),
  }),
];

/** Counted by a test: which turn of the event loop it is. */
export const turns = { passed: 0 };
declared.push(
  defineOperation({
    id: "ponder",
    method: "GET",
    path: "/v1/ponder",
    graphql: "query",
    tag: "test",
    summary: "Computes for longer than a turn, and says in which it did.",
    roles: [],
    isComputed: true,
    result: z.object({ turn: z.int() }).meta({ id: "Pondered" }),
    problems: [],
    handler: () => {
      const until = performance.now() + 11;
      while (performance.now() < until);
      return { turn: turns.passed };
    },
  }),
);

const receiptOfPay = z.object({ id: z.string() }).meta({ id: "Paid" });
const pay = (id: string, path: `/v1/${string}`) =>
  defineOperation({
    id,
    method: "POST",
    path,
    graphql: "mutation",
    tag: "test",
    audit: { unaudited: "It changes nothing." },
    summary: "Moves money; a second time under one key it only says so.",
    roles: ["checkout"],
    takesIdempotencyKey: true,
    status: 201,
    result: receiptOfPay,
    problems: [],
    handler: async ({ idempotencyKey, answer }) => {
      if (idempotencyKey === "busy")
        throw problem("idempotency-key-in-use", { headers: { "retry-after": "7" } });
      answer.isReplay = idempotencyKey === "again";
      return { id };
    },
  });

declared.push(
  pay("pay", "/v1/payments"),
  pay("payOut", "/v1/payments/out"),
  defineOperation({
    id: "dearSearch",
    method: "GET",
    path: "/v1/dear",
    graphql: "query",
    tag: "test",
    summary: "Is said to be a lot of work, and to go.",
    roles: [],
    cost: 10_000,
    deprecated: { since: "2026-01-31T00:00:00Z", sunset: "2027-01-31T00:00:00Z", instead: "Use `items`." },
    result: item,
    problems: [],
    handler: () => items[0]!,
  }),
);

export { declared as operations };

/** A key is simply the name of its role here. */
const authenticator: Authenticator = {
  callerOf: (key) => {
    const caller: Caller = { projectId: "prj_1", environment: "live", apiKeyId: "key_1", role: key as Role };
    return key === "late" ? Promise.resolve({ ...caller, role: "admin" }) : key === "unknown" ? null : caller;
  },
};

export async function operationsApp(
  options: { showsSchema?: boolean; operations?: Operation[]; documents?: GraphqlDocuments } = {},
): Promise<FastifyInstance> {
  const { showsSchema = true, operations = declared, documents = null } = options;
  const app = createServer({ logLevel: "silent", bodyLimitBytes: 100_000 });
  const validation = compileInputs(operations);
  mountRest(app, operations, validation, authenticator);
  await mountGraphql(app, { operations, validation, authenticator, showsSchema, documents });
  const info = { title: "Operations", version: "1", description: "Everything a declaration can say." };
  watchContract(app, contractCheck(openApiDocument(operations, info)));
  return app;
}
