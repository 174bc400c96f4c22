/** JSON as a schema of the OpenAPI document has it, and JSON that is a little or quite something else. */
import fc from "fast-check";
import type { JsonSchema } from "../../src/platform/json-schema.ts";

export type Definitions = Readonly<Record<string, JsonSchema>>;

const deepest = 6;
const names = fc.constantFrom(
  "CNY",
  "EUR",
  "JPY",
  "en",
  "zh-CN",
  "level",
  "a b",
  "__proto__",
  "constructor",
  "",
);

/** Values that keep the schema, as far as an arbitrary can; where it cannot, some will be refused. */
export function jsonArbitrary(schema: JsonSchema, definitions: Definitions): fc.Arbitrary<unknown> {
  const known = new Map<string, fc.Arbitrary<unknown>>();

  const of = (node: JsonSchema, depth: number): fc.Arbitrary<unknown> => {
    // What goes on for ever, such as a condition within a condition, ends somewhere.
    if (depth > deepest + 2) return fc.constant({});
    if (node.$ref !== undefined) {
      const id = `${node.$ref} ${depth}`;
      const found = known.get(id) ?? of(definitions[node.$ref.split("/").at(-1) ?? ""] ?? {}, depth);
      known.set(id, found);
      return found;
    }
    if (node.const !== undefined) return fc.constant(node.const);
    if (node.enum !== undefined) return fc.constantFrom(...node.enum);
    const branches = node.anyOf ?? node.oneOf;
    if (branches !== undefined) return fc.oneof(...branches.map((branch) => of(branch, depth)));
    if (node.allOf !== undefined) return of(node.allOf[0] ?? {}, depth);
    if (Array.isArray(node.type)) return fc.oneof(...node.type.map((type) => of({ ...node, type }, depth)));
    switch (node.type) {
      case "string":
        return text(node);
      case "integer":
        return within(node);
      case "number":
        return fc.double({ ...bounds(node), noNaN: true, noDefaultInfinity: true });
      case "boolean":
        return fc.boolean();
      case "null":
        return fc.constant(null);
      case "array":
        return fc.array(of(node.items ?? {}, depth + 1), {
          minLength: Number(node.minItems ?? 0),
          maxLength: Math.max(Number(node.minItems ?? 0), depth < deepest ? 3 : 0),
        });
      case "object":
        return object(node, depth);
      default:
        return fc.jsonValue({ maxDepth: 2 });
    }
  };

  const object = ({ properties = {}, required = [], additionalProperties }: JsonSchema, depth: number) => {
    const kept = Object.entries(properties).filter(([name]) => depth < deepest || required.includes(name));
    const record = fc.record(Object.fromEntries(kept.map(([name, inner]) => [name, of(inner, depth + 1)])), {
      requiredKeys: required.filter((name) => name in properties),
    });
    if (typeof additionalProperties !== "object") return record;
    const rest = fc.dictionary(names, of(additionalProperties, depth + 1), { maxKeys: 2 });
    return fc.tuple(rest, record).map(([more, stated]) => ({ ...more, ...stated }));
  };

  return of(schema, 0);
}

function text({ format, pattern, minLength, maxLength }: JsonSchema): fc.Arbitrary<string> {
  if (format === "date-time")
    return fc
      .date({ min: new Date("2000-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
      .map((at) => at.toISOString());
  const plain = fc.oneof(
    fc.constantFrom("TEA", "MUG", "c-42", "spring", "welcome", "WELCOME20", "CNY", "web"),
    fc.string({ minLength: Number(minLength ?? 0), maxLength: Math.min(Number(maxLength ?? 20), 20) }),
  );
  if (pattern === undefined) return plain;
  try {
    return fc.stringMatching(new RegExp(pattern));
  } catch {
    return plain;
  }
}

function bounds({ minimum, maximum }: JsonSchema) {
  return { min: Math.max(minimum ?? -1e6, -(2 ** 53) + 1), max: Math.min(maximum ?? 1e6, 2 ** 53 - 1) };
}

function within(node: JsonSchema): fc.Arbitrary<number> {
  const { min, max } = bounds(node);
  const usual = [1, 2, 100].filter((value) => min <= value && value <= max);
  const any = fc.integer({ min, max });
  return usual.length === 0 ? any : fc.oneof(any, fc.constantFrom(...usual));
}

/** What clients send when something is wrong with them, and what attackers try first. */
export const oddities: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  -0,
  2 ** 31,
  2 ** 53,
  -(2 ** 53),
  1e308,
  5e-324,
  "",
  " ",
  "0",
  "null",
  "NaN",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\u202e",
  "é",
  "🧾",
  "x".repeat(300),
  "x".repeat(20_000),
  "'; drop table promotions; --",
  "%00",
  "../..",
  "__proto__",
  "2026-02-30T00:00:00Z",
  "+275760-09-13T00:00:00.000Z",
  "0000-01-01T00:00:00Z",
  "9999-12-31T23:59:59Z",
  "infinity",
  "P9999Y",
  [],
  [[]],
  {},
  { $ref: "#" },
  JSON.parse('{"__proto__":{"role":"admin"},"constructor":{"prototype":1}}'),
  JSON.parse("[".repeat(40) + "]".repeat(40)),
];

export const oddity = fc.constantFrom(...oddities);

/** One place of the value changed: another value, a field left out, a field too many, an item twice. */
export function mutated(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.tuple(value, fc.nat(), fc.nat(3), oddity).map(([given, at, how, odd]) => {
    const copy = structuredClone(given);
    const places = placesIn(copy);
    const place = places[at % Math.max(places.length, 1)];
    if (place === undefined) return odd;
    const { parent, key } = place;
    if (how === 0 && Array.isArray(parent)) parent.push(structuredClone(parent[Number(key)]));
    else if (how === 0) delete (parent as Record<string, unknown>)[key];
    else if (how === 1 && !Array.isArray(parent)) (parent as Record<string, unknown>)[`${key}X`] = odd;
    else (parent as Record<string, unknown>)[key] = odd;
    return copy;
  });
}

function placesIn(value: unknown): { parent: object; key: string }[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [{ parent: value, key }, ...placesIn(inner)]);
}

/** Text that was damaged on its way. */
export function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const piece = fc.constantFrom(
    "",
    '"',
    "{",
    "}",
    "[",
    "]",
    ",",
    "\\u0000",
    "\\ud800",
    "1e999",
    "…",
    "\u0000",
    "{".repeat(70),
    "@include(if:",
    "...",
  );
  return fc
    .tuple(text, fc.nat(), fc.nat(5), piece)
    .map(
      ([whole, at, cut, put]) =>
        whole.slice(0, at % (whole.length + 1)) + put + whole.slice((at % (whole.length + 1)) + cut),
    );
}
