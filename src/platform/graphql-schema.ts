import {
  GraphQLBoolean,
  GraphQLEnumType,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
} from "graphql";
import { deprecationReason } from "./deprecation.ts";
import {
  beyondPages,
  connectionArguments,
  connectionOf,
  connectionTypes,
  isPage,
} from "./graphql-connections.ts";
import { integerScalar, jsonScalar, textScalar } from "./graphql-scalars.ts";
import { type JsonSchema, type JsonSchemas, referencedId, withoutNull } from "./json-schema.ts";
import type { Operation } from "./operation.ts";
import { type OperationSchemas, operationSchemas } from "./operation-schemas.ts";

export type Perform = (
  operation: Operation,
  args: Readonly<Record<string, unknown>>,
  context: unknown,
  /** The name of the field in the answer: its alias, if it has one. */
  alias: string,
) => unknown;

type Field = GraphQLFieldConfig<unknown, unknown>;
const graphqlName = /^(?!__)[_A-Za-z]\w*$/;

/** The GraphQL schema of the operations. Type names are meta ids; what has none is named after where it stands. */
export function graphqlSchema(
  operations: readonly Operation[],
  perform: Perform,
  schemas = operationSchemas(operations),
): GraphQLSchema {
  const types = typeBuilder(schemas);
  const fieldOf = (operation: Operation): Field => ({
    description: operation.description
      ? `${operation.summary}\n\n${operation.description}`
      : operation.summary,
    deprecationReason: operation.deprecated && deprecationReason(operation.deprecated),
    args: types.argumentsOf(operation),
    type: types.resultOf(operation),
    resolve: (_source, args, context, { path }) => {
      const call = (given: typeof args) => perform(operation, given, context, String(path.key));
      return types.answersPages(operation) ? connectionOf(call, args) : call(args);
    },
  });
  const jsonFieldOf = (operation: Operation): Field => ({
    ...fieldOf(operation),
    description: `\`${operation.id}\` with its input and its answer as single JSON values, as over REST: faster.`,
    args: { ...types.argumentsOf(operation), input: { type: types.json } },
    type: types.json,
  });
  const fieldsOf = (kind: Operation["graphql"]) =>
    Object.fromEntries(
      operations
        .filter(({ graphql }) => graphql === kind)
        .flatMap((operation): [string, Field][] => [
          [operation.id, fieldOf(operation)],
          ...(operation.jsonField === undefined
            ? []
            : [[operation.jsonField, jsonFieldOf(operation)] as [string, Field]]),
        ]),
    );
  const mutations = fieldsOf("mutation");
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: "Query", fields: fieldsOf("query") }),
    mutation:
      Object.keys(mutations).length > 0
        ? new GraphQLObjectType({ name: "Mutation", fields: mutations })
        : null,
  });
}

function typeBuilder(schemas: OperationSchemas) {
  const input = schemas.input();
  const output = schemas.output();
  const objects = new Map<string, GraphQLObjectType>();
  const inputs = new Map<string, GraphQLInputObjectType>();
  const leaves = new Map<string, GraphQLScalarType | GraphQLEnumType>();
  const connectionType = connectionTypes();

  function once<Type extends GraphQLScalarType | GraphQLEnumType>(name: string, make: () => Type): Type {
    const known = leaves.get(name) as Type | undefined;
    const type = known ?? make();
    leaves.set(name, type);
    return type;
  }

  const json = () => once("JSON", () => jsonScalar("JSON", "Any JSON value."));
  const safeInt = () => once("SafeInt", () => integerScalar("SafeInt", "An integer up to 2^53 - 1 in size."));
  const dateTime = () => once("DateTime", () => textScalar("DateTime", "An RFC 3339 date and time."));

  /** A type without fields, or null if the schema needs some. `name` is its id or the place where it stands. */
  function leafOf(
    schema: JsonSchema,
    name: string,
    hasId: boolean,
  ): GraphQLScalarType | GraphQLEnumType | null {
    if (schema.scalar && hasId) {
      return once(name, () => jsonScalar(name, schema.description ?? "JSON, validated by its own schema."));
    }
    if (schema.enum !== undefined) {
      return enumOf(schema.enum, name, schema.description);
    }
    switch (schema.type) {
      case "string":
        if (schema.format === "date-time") {
          return dateTime();
        }
        return name.endsWith("_id") ? GraphQLID : GraphQLString;
      case "integer":
        if (hasId) {
          return once(name, () => integerScalar(name, schema.description ?? "An integer."));
        }
        return isWithinInt(schema) ? GraphQLInt : safeInt();
      case "number":
        return GraphQLFloat;
      case "boolean":
        return GraphQLBoolean;
      case "array":
        return null;
      default:
        return hasNamedFields(schema) ? null : json();
    }
  }

  function enumOf(values: readonly unknown[], place: string, description: string | undefined) {
    if (!values.every((value): value is string => typeof value === "string" && graphqlName.test(value))) {
      return values.every((value) => typeof value === "string") ? GraphQLString : json();
    }
    const wanted = pascal(place);
    const known = leaves.get(wanted);
    const isSame =
      known instanceof GraphQLEnumType &&
      known
        .getValues()
        .map(({ name }) => name)
        .join() === values.join();
    const name = known === undefined || isSame ? wanted : `${wanted}Input`;
    return once(
      name,
      () =>
        new GraphQLEnumType({
          name,
          description: description ?? null,
          values: Object.fromEntries(values.map((value) => [value, { value }])),
        }),
    );
  }

  function outputOf(given: JsonSchema, place: string): GraphQLOutputType {
    const { schema } = withoutNull(given);
    const id = referencedId(schema);
    const target = id === undefined ? schema : (output.definitions[id] ?? {});
    const name = id ?? place;
    const leaf = leafOf(target, name, id !== undefined);
    if (leaf !== null) {
      return leaf;
    }
    if (target.type === "array") {
      return new GraphQLList(required(outputOf(target.items ?? {}, name), target.items, output));
    }
    return objectOf(pascal(name), target);
  }

  function objectOf(name: string, schema: JsonSchema): GraphQLObjectType {
    const known = objects.get(name);
    if (known !== undefined) {
      return known;
    }
    const type = new GraphQLObjectType({
      name,
      description: schema.description ?? null,
      fields: () => outputFieldsOf(schema, name),
    });
    objects.set(name, type);
    return type;
  }

  function outputFieldsOf(schema: JsonSchema, name: string): Record<string, Field> {
    return Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([key, property]) => {
        const inner = outputOf(property, `${name}_${key}`);
        return [
          key,
          {
            type: schema.required?.includes(key) ? required(inner, property, output) : inner,
            description: property.description ?? null,
          },
        ];
      }),
    );
  }

  /** The id of the page that an operation answers with; undefined where it answers with anything else. */
  function pageIdOf({ id }: Operation): string | undefined {
    const result = referencedId(output.parts[id] ?? {});
    return result !== undefined && isPage(output.definitions[result] ?? {}) ? result : undefined;
  }

  function connectionOfPage(id: string): GraphQLObjectType {
    const page = output.definitions[id] ?? {};
    const item = page.properties?.items?.items ?? {};
    const type =
      objects.get(id) ??
      connectionType(id, page, {
        node: required(outputOf(item, id), item, output),
        own: outputFieldsOf(beyondPages(page), id),
      });
    objects.set(id, type);
    return type;
  }

  function inputOf(given: JsonSchema, place: string): GraphQLInputType {
    const { schema } = withoutNull(given);
    const id = referencedId(schema);
    const target = id === undefined ? schema : (input.definitions[id] ?? {});
    const name = id ?? place;
    const leaf = leafOf(target, name, id !== undefined);
    if (leaf !== null) {
      return leaf;
    }
    if (target.type === "array") {
      return new GraphQLList(required(inputOf(target.items ?? {}, name), target.items, input));
    }
    return inputObjectOf(pascal(name), target);
  }

  function inputObjectOf(base: string, schema: JsonSchema): GraphQLInputObjectType {
    const known = inputs.get(base);
    if (known !== undefined) {
      return known;
    }
    const type = new GraphQLInputObjectType({
      name: base.endsWith("Input") ? base : `${base}Input`,
      description: schema.description ?? null,
      fields: () => fieldsOf(schema, base),
    });
    inputs.set(base, type);
    return type;
  }

  function fieldsOf(schema: JsonSchema, place: string): GraphQLFieldConfigArgumentMap {
    return Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([key, property]) => {
        const inner = inputOf(property, `${place}_${key}`);
        const isRequired = schema.required?.includes(key) && property.default === undefined;
        return [
          key,
          {
            type: isRequired ? required(inner, property, input) : inner,
            description: property.description ?? null,
            ...(isPrimitive(property.default) && { defaultValue: property.default }),
          },
        ];
      }),
    );
  }

  return {
    json: new GraphQLNonNull(json()),
    answersPages: (operation: Operation): boolean => pageIdOf(operation) !== undefined,
    argumentsOf(operation: Operation): GraphQLFieldConfigArgumentMap {
      const { id, params, query, body, requiresIfMatch, takesIfMatch, takesIdempotencyKey } = operation;
      const bodySchema = input.parts[`${id}.body`];
      const filters = query ? fieldsOf(input.parts[`${id}.query`] ?? {}, id) : {};
      return {
        ...(params && fieldsOf(input.parts[`${id}.params`] ?? {}, id)),
        ...(pageIdOf(operation) === undefined ? filters : connectionArguments(filters)),
        ...(bodySchema && {
          input: {
            type: body?.isOptional()
              ? inputOf(bodySchema, id)
              : required(inputOf(bodySchema, id), bodySchema, input),
          },
        }),
        ...(requiresIfMatch && {
          ifMatch: {
            type: new GraphQLNonNull(GraphQLString),
            description: "The ETag that was read, or `*`.",
          },
        }),
        ...(takesIfMatch && {
          ifMatch: { type: GraphQLString, description: "The ETag that was read, or `*`; left out, any." },
        }),
        ...(takesIdempotencyKey && {
          idempotencyKey: {
            type: GraphQLString,
            description: "A repetition with the same key gets the first answer and changes nothing.",
          },
        }),
      };
    },
    resultOf(operation: Operation): GraphQLOutputType {
      const page = pageIdOf(operation);
      if (page !== undefined) return new GraphQLNonNull(connectionOfPage(page));
      const result = output.parts[operation.id] ?? {};
      return required(outputOf(result, `${operation.id}_result`), result, output);
    },
  };
}

function required<Type extends GraphQLInputType | GraphQLOutputType>(
  type: Type,
  schema: JsonSchema | undefined,
  { definitions }: JsonSchemas,
): Type {
  // `GraphQLNonNull` cannot say in its type that it keeps input types input and output types output.
  return mayBeNull(schema ?? {}, definitions) || type instanceof GraphQLNonNull
    ? type
    : (new GraphQLNonNull(type as GraphQLOutputType) as unknown as Type);
}

/** Also where the definition that is referred to says so. */
function mayBeNull(given: JsonSchema, definitions: JsonSchemas["definitions"]): boolean {
  const { schema, isNullable } = withoutNull(given);
  const target = definitions[referencedId(schema) ?? ""];
  return isNullable || (target !== undefined && mayBeNull(target, definitions));
}

function hasNamedFields({ type, properties }: JsonSchema): boolean {
  const names = Object.keys(properties ?? {});
  return type === "object" && names.length > 0 && names.every((name) => graphqlName.test(name));
}

function isWithinInt({ minimum, maximum }: JsonSchema): boolean {
  return (minimum ?? -Infinity) >= -(2 ** 31) && (maximum ?? Infinity) < 2 ** 31;
}

function isPrimitive(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function pascal(place: string): string {
  return place
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}
