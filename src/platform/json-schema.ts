import { z } from "zod";

/** A JSON Schema node, as far as the faces read it. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  /** Ours: GraphQL carries it whole, as a scalar, instead of as a type with fields. */
  scalar?: boolean;
  [keyword: string]: unknown;
}

export interface JsonSchemas<Part extends string = string> {
  /** What was asked for, by the caller's own names. */
  readonly parts: Readonly<Record<Part, JsonSchema>>;
  /** Every schema with a meta id that the parts reach, by that id. */
  readonly definitions: Readonly<Record<string, JsonSchema>>;
}

export type Direction = "input" | "output";
const definitionsPrefix = "#/definitions/";

/** Converts schemas together, so that those with a meta id become shared definitions instead of copies. */
export function jsonSchemasOf(parts: Readonly<Record<string, z.ZodType>>, direction: Direction): JsonSchemas {
  const document = z.toJSONSchema(z.object(parts), { target: "draft-7", io: direction }) as JsonSchema & {
    definitions?: Record<string, JsonSchema>;
  };
  return { parts: document.properties ?? {}, definitions: document.definitions ?? {} };
}

/** The id a `$ref` of `jsonSchemasOf` names. */
export function referencedId(schema: JsonSchema): string | undefined {
  return schema.$ref?.startsWith(definitionsPrefix) ? schema.$ref.slice(definitionsPrefix.length) : undefined;
}

/** A copy in which `change` had its say over every node, from the leaves up. */
export function mapSchema(schema: JsonSchema, change: (node: JsonSchema) => JsonSchema): JsonSchema {
  const each = (node: JsonSchema) => mapSchema(node, change);
  const copy: JsonSchema = { ...schema };
  for (const keyword of ["anyOf", "oneOf", "allOf"] as const) {
    const branches = schema[keyword];
    if (branches !== undefined) {
      copy[keyword] = branches.map(each);
    }
  }
  if (schema.properties !== undefined) {
    copy.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [name, each(property)]),
    );
  }
  if (schema.items !== undefined) {
    copy.items = each(schema.items);
  }
  if (typeof schema.additionalProperties === "object") {
    copy.additionalProperties = each(schema.additionalProperties);
  }
  return change(copy);
}

/** `X | null` as X and whether null is allowed; draft 7's one-branch `allOf` (a `$ref` with a description) unwrapped. */
export function withoutNull(schema: JsonSchema): { schema: JsonSchema; isNullable: boolean } {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) {
    const others = branches.filter((branch) => branch.type !== "null");
    const [only] = others;
    if (others.length < branches.length && others.length === 1 && only !== undefined) {
      return { schema: { ...described(schema), ...unwrapped(only) }, isNullable: true };
    }
    const isNullable = others.length < branches.length;
    return { schema: isNullable ? { ...schema, anyOf: others } : schema, isNullable };
  }
  if (Array.isArray(schema.type) && schema.type.includes("null")) {
    const types = schema.type.filter((type) => type !== "null");
    const [only] = types;
    return { schema: { ...schema, type: types.length === 1 && only ? only : types }, isNullable: true };
  }
  return { schema: unwrapped(schema), isNullable: false };
}

function unwrapped(schema: JsonSchema): JsonSchema {
  const [only, ...others] = schema.allOf ?? [];
  return only !== undefined && others.length === 0 ? { ...described(schema), ...only } : schema;
}

function described({ description, default: fallback }: JsonSchema): JsonSchema {
  return {
    ...(description !== undefined && { description }),
    ...(fallback !== undefined && { default: fallback }),
  };
}

/**
 * A schema to serialize by: everything inlined, only what shapes the output kept.
 *
 * Unions and scalars become "anything", which is written with JSON.stringify: fast-json-stringify would otherwise run a
 * validator on every value to find its branch.
 */
export function serializationSchema(
  schema: JsonSchema,
  definitions: JsonSchemas["definitions"],
  open: readonly string[] = [],
): JsonSchema {
  const { schema: inner, isNullable } = withoutNull(schema);
  const id = referencedId(inner);
  if (id !== undefined) {
    const target = definitions[id];
    return target === undefined || target.scalar || open.includes(id)
      ? {}
      : nullable(serializationSchema(target, definitions, [...open, id]), isNullable);
  }
  if (inner.scalar || inner.anyOf || inner.oneOf || inner.allOf || Array.isArray(inner.type)) {
    return {};
  }
  const each = (node: JsonSchema) => serializationSchema(node, definitions, open);
  switch (inner.type) {
    case "object":
      return nullable(
        {
          type: "object",
          ...(inner.properties && {
            properties: Object.fromEntries(
              Object.entries(inner.properties).map(([name, property]) => [name, each(property)]),
            ),
          }),
          ...(inner.required && { required: inner.required }),
          ...(typeof inner.additionalProperties === "object" && {
            additionalProperties: each(inner.additionalProperties),
          }),
        },
        isNullable,
      );
    case "array":
      return nullable({ type: "array", items: each(inner.items ?? {}) }, isNullable);
    case "string":
    case "integer":
    case "number":
    case "boolean":
      return nullable({ type: inner.type }, isNullable);
    default:
      return {};
  }
}

function nullable(schema: JsonSchema, isNullable: boolean): JsonSchema {
  return isNullable && Object.keys(schema).length > 0 ? { ...schema, nullable: true } : schema;
}
