/** GraphQL requests made from the schema: any operations, any selection, arguments as they should and should not be. */
import fc from "fast-check";
import {
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
} from "graphql";
import { damaged, mutated } from "./json-arbitrary.ts";

export interface GraphqlRequest {
  readonly query: string;
  readonly variables: unknown;
}

/** Arguments by the name of the field they are for. */
export type Arguments = (field: string) => fc.Arbitrary<unknown>;

export function graphqlArbitrary(
  schema: GraphQLSchema,
  argumentsOf: Arguments,
): fc.Arbitrary<GraphqlRequest> {
  const fieldsOf = (type: "query" | "mutation") =>
    Object.values((type === "query" ? schema.getQueryType() : schema.getMutationType())?.getFields() ?? {});
  const whole = fc.constantFrom("query" as const, "mutation" as const).chain((type) =>
    fc
      .array(fc.constantFrom(...fieldsOf(type)), { minLength: 1, maxLength: type === "query" ? 3 : 2 })
      .chain((fields) => fc.tuple(...fields.map((field, index) => callOf(field, index, argumentsOf))))
      .map((calls) => ({
        query: `${type} ${declared(calls)}{ ${calls.map(({ text }) => text).join(" ")} }`,
        variables: Object.assign({}, ...calls.map(({ variables }) => variables)) as unknown,
      })),
  );
  return fc.oneof(
    { weight: 6, arbitrary: whole },
    {
      weight: 2,
      arbitrary: whole.chain(({ query, variables }) =>
        mutated(fc.constant(variables)).map((odd) => ({ query, variables: odd })),
      ),
    },
    {
      weight: 2,
      arbitrary: whole.chain(({ query, variables }) =>
        damaged(fc.constant(query)).map((odd) => ({ query: odd, variables })),
      ),
    },
  );
}

interface FieldCall {
  readonly text: string;
  readonly declarations: readonly string[];
  readonly variables: Readonly<Record<string, unknown>>;
}

function callOf(
  field: GraphQLField<unknown, unknown>,
  index: number,
  argumentsOf: Arguments,
): fc.Arbitrary<FieldCall> {
  return fc.tuple(argumentsOf(field.name), selectionOf(field.type, 0)).map(([given, selection]) => {
    const values = (given ?? {}) as Record<string, unknown>;
    const used = field.args.filter(({ name }) => name in values);
    const passed = used.map(({ name }) => `${name}: $${name}${index}`).join(", ");
    return {
      text: `a${index}: ${field.name}${passed && `(${passed})`} ${selection}`,
      declarations: used.map(({ name, type }) => `$${name}${index}: ${type}`),
      variables: Object.fromEntries(used.map(({ name }) => [`${name}${index}`, values[name]])),
    };
  });
}

function declared(calls: readonly FieldCall[]): string {
  const all = calls.flatMap(({ declarations }) => declarations);
  return all.length === 0 ? "" : `(${all.join(", ")}) `;
}

function selectionOf(type: GraphQLOutputType, depth: number): fc.Arbitrary<string> {
  const named = getNamedType(type);
  if (!isObjectType(named)) return fc.constant("");
  const fields = Object.values(named.getFields()).filter(
    (field) => depth < 4 || !isObjectType(getNamedType(field.type)),
  );
  if (fields.length === 0) return fc.constant("{ __typename }");
  return fc
    .uniqueArray(fc.nat(fields.length - 1), { minLength: 1, maxLength: 5 })
    .chain((picks) =>
      fc.tuple(
        ...picks.map((pick) => {
          const field = fields[pick]!;
          return selectionOf(field.type, depth + 1).map((inner) => `${field.name} ${inner}`);
        }),
      ),
    )
    .map((parts) => `{ ${parts.join(" ")} }`);
}
