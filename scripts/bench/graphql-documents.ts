import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSchema, type GraphQLNamedType, getNamedType, isObjectType } from "graphql";

export interface GraphqlDocuments {
  /** The whole quote in fields. */
  readonly inFields: string;
  /** The same as one value. */
  readonly asJson: string;
}

/** What evaluates a cart in GraphQL; each has one variable, `input`. */
export function graphqlDocuments(root: string): GraphqlDocuments {
  const schema = buildSchema(readFileSync(join(root, "openapi/schema.graphql"), "utf8"));
  const field = schema.getQueryType()!.getFields().evaluate!;
  const input = field.args.find(({ name }) => name === "input")!.type;
  return {
    inFields: `query ($input: ${input}) { evaluate(input: $input)${selectionOf(getNamedType(field.type))} }`,
    asJson: "query ($input: JSON!) { evaluateJson(input: $input) }",
  };
}

function selectionOf(type: GraphQLNamedType): string {
  if (!isObjectType(type)) return "";
  const fields = Object.values(type.getFields()).map(
    ({ name, type: of }) => `${name}${selectionOf(getNamedType(of))}`,
  );
  return ` { ${fields.join(" ")} }`;
}
