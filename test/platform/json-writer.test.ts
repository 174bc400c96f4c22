import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../../src/platform/json-schema.ts";
import { jsonWriter } from "../../src/platform/json-writer.ts";

const line: JsonSchema = {
  type: "object",
  properties: {
    note: { type: "string" },
    id: { type: "string" },
    amount: { type: "integer" },
    rate: { type: "number" },
    isOn: { type: "boolean" },
    code: { type: "string", nullable: true },
    tags: { type: "array", items: { type: "string" } },
    whatever: {},
  },
  required: ["id", "amount", "isOn", "code", "tags"],
};
const cart: JsonSchema = {
  type: "object",
  properties: {
    first: { type: "string" },
    second: { type: "integer" },
    lines: { type: "array", items: line },
    best: { ...line, nullable: true },
    amounts: { type: "object", additionalProperties: { type: "integer" } },
  },
};

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom('"', "\\", "\u2028", "满减", "\ud800"),
);
const aLine = fc.record(
  {
    note: text,
    id: text,
    amount: fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constantFrom(0, -0, 9, 10, 999_999_999, 1e9)),
    rate: fc.double(),
    isOn: fc.boolean(),
    code: fc.option(text),
    tags: fc.array(text),
    whatever: fc.jsonValue(),
  },
  { requiredKeys: ["id", "amount", "isOn", "code", "tags"] },
);
const aCart = fc.record(
  {
    first: text,
    second: fc.integer(),
    lines: fc.array(aLine),
    best: fc.option(aLine),
    amounts: fc.dictionary(
      text.filter((key) => !key.startsWith("__")),
      fc.integer(),
    ),
  },
  { requiredKeys: [] },
);

describe("the JSON of an answer", () => {
  // Names in the order of the schema, as the arbitraries make them; a record lists integer-like names first, as JSON.stringify does.
  it("is to the byte that of JSON.stringify, whatever is left out and whatever texts hold", () => {
    const write = jsonWriter(cart);
    fc.assert(
      fc.property(aCart, (value) => {
        expect(write(value)).toBe(JSON.stringify(value));
      }),
    );
  });

  it("is whole however long it is, and after a longer one", () => {
    const write = jsonWriter({ type: "array", items: line });
    const one = { id: "ü".repeat(50), amount: 1, isOn: true, code: null, tags: ["a"] };
    for (const length of [1, 1_000, 12_000, 2]) {
      const value = Array.from({ length }, () => one);
      expect(write(value)).toBe(JSON.stringify(value));
    }
  });

  it("holds nothing that its schema does not name", () => {
    const write = jsonWriter(line);
    const value = { id: "1", amount: 2, isOn: false, code: null, tags: [] };
    expect(write({ secret: 1, ...value })).toBe(JSON.stringify(value));
  });

  it("is refused where something required is missing", () => {
    expect(() => jsonWriter(line)({ id: "1" })).toThrow('"amount" is required!');
  });
});
