/**
 * What a client of an older OpenAPI document would notice: something it may send is refused, or something it relies on
 * is no longer answered. What is added, also a further value of an answer's enum or union, breaks nobody who was told
 * to expect more.
 */
import type { JsonSchema } from "../src/platform/json-schema.ts";

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: JsonSchema;
}
type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
  readonly "x-roles"?: readonly string[];
}
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

type Direction = "sent" | "answered";

/** Every breaking change, as a sentence with its place. */
export function openApiChanges(before: Document, after: Document): string[] {
  const faults: string[] = [];
  const schemas = schemaComparison(before, after, faults);
  for (const [path, methods] of Object.entries(before.paths)) {
    for (const [method, stated] of Object.entries(methods)) {
      const place = `${method.toUpperCase()} ${path}`;
      const now = after.paths[path]?.[method] as Operation | undefined;
      if (now === undefined) faults.push(`${place} is gone`);
      else compareOperations(place, stated as Operation, now);
    }
  }
  return [...new Set(faults)];

  function compareOperations(place: string, old: Operation, now: Operation): void {
    const key = (parameter: Parameter) => `${parameter.in} ${parameter.name}`;
    const known = new Map((old.parameters ?? []).map((parameter) => [key(parameter), parameter]));
    const kept = new Map((now.parameters ?? []).map((parameter) => [key(parameter), parameter]));
    for (const [name, parameter] of known) {
      const other = kept.get(name);
      if (other === undefined) faults.push(`${place}: ${name} is no longer taken`);
      else schemas(`${place} ${name}`, parameter.schema, other.schema, "sent");
    }
    for (const [name, { required }] of kept)
      if (required && known.get(name)?.required !== true) faults.push(`${place}: ${name} is now required`);
    for (const role of old["x-roles"] ?? [])
      if (!now["x-roles"]?.includes(role) && !now["x-roles"]?.includes("any"))
        faults.push(`${place}: the role ${role} may no longer`);
    if (now.requestBody?.required && !old.requestBody?.required)
      faults.push(`${place}: the body is now required`);
    compareContents(`${place} body`, old.requestBody?.content, now.requestBody?.content, "sent");
    for (const [status, response] of Object.entries(old.responses)) {
      // Which problems there are may change; that they are problems may not.
      if (Number(status) >= 400) continue;
      if (now.responses[status] === undefined) faults.push(`${place} no longer answers ${status}`);
      else compareContents(`${place} ${status}`, response.content, now.responses[status].content, "answered");
    }
  }

  function compareContents(place: string, old: Content = {}, now: Content = {}, direction: Direction): void {
    for (const [type, { schema }] of Object.entries(old)) {
      const other = now[type];
      if (other === undefined) faults.push(`${place} is no longer ${type}`);
      else schemas(place, schema, other.schema, direction);
    }
  }
}

const bounds = [
  ["minimum", 1],
  ["minLength", 1],
  ["minItems", 1],
  ["maximum", -1],
  ["maxLength", -1],
  ["maxItems", -1],
] as const;

function schemaComparison(before: Document, after: Document, faults: string[]) {
  const compared = new Set<string>();

  return function compare(place: string, given: JsonSchema, other: JsonSchema, direction: Direction): void {
    const pair = `${direction} ${given.$ref} ${other.$ref}`;
    if (given.$ref !== undefined && other.$ref !== undefined) {
      if (compared.has(pair)) return;
      compared.add(pair);
    }
    const old = resolved(given, before);
    const now = resolved(other, after);
    const [wide, narrow] = direction === "sent" ? [typesOf(old), typesOf(now)] : [typesOf(now), typesOf(old)];
    const lost = [...wide].filter(
      (type) => !narrow.has(type) && !(type === "integer" && narrow.has("number")),
    );
    if (narrow.size > 0 && wide.size > 0 && lost.length > 0)
      faults.push(
        `${place}: ${lost.join(", ")} ${direction === "sent" ? "is no longer taken" : "may now be answered"}`,
      );

    if (direction === "sent") {
      const gone = (old.enum ?? []).filter((value) => now.enum !== undefined && !now.enum.includes(value));
      if (gone.length > 0) faults.push(`${place}: ${gone.join(", ")} is no longer a value`);
      if (old.enum === undefined && now.enum !== undefined)
        faults.push(`${place}: only certain values are taken now`);
      if (now.pattern !== undefined && old.pattern !== now.pattern)
        faults.push(`${place}: the pattern is another`);
      for (const [keyword, sign] of bounds) {
        const limit = now[keyword] as number | undefined;
        const was = (old[keyword] as number | undefined) ?? -sign * Number.POSITIVE_INFINITY;
        if (limit !== undefined && sign * limit > sign * was)
          faults.push(`${place}: ${keyword} is now ${limit}`);
      }
    }

    for (const [name, property] of Object.entries(old.properties ?? {})) {
      const kept = now.properties?.[name];
      if (kept === undefined) {
        if (now.properties !== undefined) faults.push(`${place}.${name} is gone`);
        continue;
      }
      compare(`${place}.${name}`, property, kept, direction);
      if (direction === "answered" && old.required?.includes(name) && !now.required?.includes(name))
        faults.push(`${place}.${name} may now be missing`);
    }
    if (direction === "sent")
      for (const name of now.required ?? [])
        if (!old.required?.includes(name)) faults.push(`${place}.${name} is now required`);

    if (old.items !== undefined && now.items !== undefined)
      compare(`${place}[]`, old.items, now.items, direction);
    if (typeof old.additionalProperties === "object" && typeof now.additionalProperties === "object")
      compare(`${place}.*`, old.additionalProperties, now.additionalProperties, direction);

    const branches = namedBranches(now, after);
    for (const [name, branch] of namedBranches(old, before)) {
      const kept = branches.get(name);
      if (kept !== undefined) compare(`${place}<${name}>`, branch, kept, direction);
      else if (direction === "sent" && branches.size > 0) faults.push(`${place}: ${name} is no longer taken`);
    }
  };
}

function resolved(schema: JsonSchema, document: Document): JsonSchema {
  const [only] = schema.allOf ?? [];
  const target = schema.$ref ?? only?.$ref;
  return target === undefined
    ? schema
    : resolved(document.components.schemas[target.split("/").at(-1) ?? ""] ?? {}, document);
}

/** The types said outright; of a union each branch says its own. */
function typesOf({ type, anyOf, oneOf, const: value }: JsonSchema): Set<string> {
  const branches = anyOf ?? oneOf ?? [];
  if (branches.length > 0 && branches.every((branch) => typesOf(branch).size > 0))
    return new Set(branches.flatMap((branch) => [...typesOf(branch)]));
  if (type !== undefined) return new Set([type].flat());
  return new Set(value === null ? ["null"] : []);
}

/** A union's branches by what tells them apart: the constant they carry, their name, or their type. */
function namedBranches(schema: JsonSchema, document: Document): Map<string, JsonSchema> {
  return new Map(
    (schema.anyOf ?? schema.oneOf ?? []).map((branch, index) => {
      const inner = resolved(branch, document);
      const tag = Object.entries(inner.properties ?? {}).find(([, { const: value }]) => value !== undefined);
      const name =
        tag === undefined
          ? (branch.$ref?.split("/").at(-1) ?? inner.type ?? index)
          : `${tag[0]} ${tag[1].const}`;
      return [String(name), branch];
    }),
  );
}
