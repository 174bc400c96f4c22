import { readFileSync } from "node:fs";
import { buildSchema, type GraphQLInputObjectType, getNamedType, isInputObjectType } from "graphql";
import { expect, test } from "vitest";

const schema = buildSchema(readFileSync("openapi/schema.graphql", "utf8"));

test("no input type has itself as a field: compiling a document would not end", () => {
  const inputs = Object.values(schema.getTypeMap()).filter(isInputObjectType);
  expect(inputs.length).toBeGreaterThan(0);
  expect(inputs.filter((type) => reaches(type, type))).toEqual([]);
});

function reaches(
  from: GraphQLInputObjectType,
  wanted: GraphQLInputObjectType,
  seen = new Set<unknown>(),
): boolean {
  return Object.values(from.getFields()).some((field) => {
    const type = getNamedType(field.type);
    if (type === wanted) return true;
    if (!isInputObjectType(type) || seen.has(type)) return false;
    seen.add(type);
    return reaches(type, wanted, seen);
  });
}
