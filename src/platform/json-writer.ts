/**
 * Writes answers as JSON by their schema: source text made once for each schema, which puts every byte where it belongs.
 *
 * Fastify's own serializer adds an answer up from some two thousand small strings, which V8 keeps as a tree until it is sent.
 * Of an evaluation's 10 kB that took twice the time of this, and left several times as much to be collected.
 */
import type { JsonSchema } from "./json-schema.ts";

export type JsonWriter = (value: unknown) => string;

/** Answers are written one at a time, all in the same place. It grows with them; what only the longest need is not kept. */
let scratch = Buffer.allocUnsafeSlow(65_536);
const mostBytesKept = 1_048_576;
let isAscii = true;

/** `schema`: as `serializationSchema` makes it. The writer throws where something required is not there. */
export function jsonWriter(schema: JsonSchema): JsonWriter {
  const functions: string[] = [];
  const root = functionSource(schema, functions);
  const build = new Function(
    "text",
    "integer",
    "anything",
    "missing",
    `"use strict";\n${functions.join("\n")}\nreturn ${root};`,
  );
  const write = build(text, integer, anything, missing) as Write<unknown>;
  return (value) => {
    let bytes = scratch;
    for (;;) {
      isAscii = true;
      const end = write(bytes, value, 0);
      // What does not fit is written nowhere, but counted.
      if (end <= bytes.length) return bytes.toString(isAscii ? "latin1" : "utf8", 0, end);
      bytes = Buffer.allocUnsafeSlow(end);
      if (end <= mostBytesKept) scratch = bytes;
    }
  };
}

/** Writes a value at a position and answers the position after it. */
type Write<Value> = (bytes: Buffer, value: Value, at: number) => number;

// ---------------------------------------------------------------- source text

/** In it `b` are the bytes, `p` is the position and `v` the value. Answers the name of the function. */
function functionSource(schema: JsonSchema, functions: string[]): string {
  const body =
    schema.type === "array"
      ? arrayBody(schema, functions)
      : schema.type === "object"
        ? objectBody(schema, functions)
        : valueSource(schema, "v", functions);
  const name = `write${functions.length}`;
  functions.push(`function ${name}(b, v, p) {\n${body}\nreturn p;\n}`);
  return name;
}

function valueSource({ nullable, ...schema }: JsonSchema, value: string, functions: string[]): string {
  if (nullable)
    return `if (${value} === null) { ${literal("null")} } else { ${valueSource(schema, value, functions)} }`;
  switch (schema.type) {
    case "object":
    case "array":
      return `p = ${functionSource(schema, functions)}(b, ${value}, p);`;
    case "string":
      return `p = text(b, ${value}, p);`;
    case "integer":
      return `p = integer(b, ${value}, p);`;
    default:
      return `p = anything(b, ${value}, p);`;
  }
}

function arrayBody({ items = {} }: JsonSchema, functions: string[]): string {
  return `${literal("[")}
for (let i = 0; i < v.length; i++) {
if (i > 0) { ${literal(",")} }
${valueSource(items, "v[i]", functions)}
}
${literal("]")}`;
}

function objectBody(schema: JsonSchema, functions: string[]): string {
  const { properties = {}, required = [], additionalProperties: others } = schema;
  const parts = [literal("{")];
  let comma = "";
  for (const [name, property] of Object.entries(properties)) {
    const key = JSON.stringify(name);
    const isRequired = required.includes(name);
    const otherwise = isRequired ? `missing(${key});` : "";
    parts.push(
      `{ const x = v[${key}]; if (x === undefined) { ${otherwise} } else {`,
      `${comma} ${literal(`${key}:`)} ${valueSource(property, "x", functions)}`,
      "} }",
    );
    comma = isRequired || comma === always ? always : unlessFirst;
  }
  if (typeof others === "object")
    parts.push(
      `const names = ${JSON.stringify(Object.keys(properties))};`,
      "for (const key in v) { const x = v[key]; if (x !== undefined && !names.includes(key)) {",
      `${unlessFirst} p = text(b, key, p); ${literal(":")} ${valueSource(others, "x", functions)}`,
      "} }",
    );
  return [...parts, literal("}")].join("\n");
}

function literal(ascii: string): string {
  const bytes = Array.from(Buffer.from(ascii, "latin1"), (byte, i) => `b[p + ${i}] = ${byte};`);
  return `${bytes.join(" ")} p += ${bytes.length};`;
}

const always = literal(",");
const unlessFirst = `if (b[p - 1] !== ${"{".charCodeAt(0)}) { ${always} }`;

// ---------------------------------------------------------------- values

const quote = '"'.charCodeAt(0);
const backslash = "\\".charCodeAt(0);
const zero = "0".charCodeAt(0);

function text(bytes: Buffer, value: unknown, at: number): number {
  if (typeof value !== "string") return anything(bytes, value, at);
  bytes[at] = quote;
  let end = at + 1;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || code === quote || code === backslash) return anything(bytes, value, at);
    bytes[end++] = code;
  }
  bytes[end] = quote;
  return end + 1;
}

function integer(bytes: Buffer, value: number, at: number): number {
  // Amounts are mostly below this, and their digits can be told in 32 bits.
  if ((value | 0) !== value || value < 0 || value >= 1e9) return anything(bytes, value, at);
  const end = at + digitsOf(value);
  let rest = value;
  for (let place = end - 1; place >= at; place--) {
    const tenth = (rest / 10) | 0;
    bytes[place] = zero + rest - 10 * tenth;
    rest = tenth;
  }
  return end;
}

function digitsOf(value: number): number {
  if (value < 1e3) return value < 10 ? 1 : value < 100 ? 2 : 3;
  if (value < 1e6) return value < 1e4 ? 4 : value < 1e5 ? 5 : 6;
  return value < 1e7 ? 7 : value < 1e8 ? 8 : 9;
}

/** Whatever has no way of its own: unions, dates, texts with something to escape. */
function anything(bytes: Buffer, value: unknown, at: number): number {
  const json = JSON.stringify(value) ?? "null";
  // Of UTF-8 no character of a string takes more.
  const most = at + 3 * json.length;
  if (most > bytes.length) return most;
  const written = bytes.write(json, at, "utf8");
  if (written !== json.length) isAscii = false;
  return at + written;
}

function missing(name: string): never {
  throw new Error(`"${name}" is required!`);
}
