import { GraphQLError, GraphQLScalarType, Kind, type ValueNode, valueFromASTUntyped } from "graphql";

const integerIn = (name: string) => (value: unknown) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw new GraphQLError(`${name} must be an integer between -(2^53 - 1) and 2^53 - 1.`);
  }
  return value;
};

/** GraphQL's own Int ends at 32 bits, which is 21 million in a currency with cents. */
export function integerScalar(name: string, description: string): GraphQLScalarType {
  const parse = integerIn(name);
  return new GraphQLScalarType({
    name,
    description,
    serialize: (value) => ours(value, Number.isSafeInteger(value), name),
    parseValue: parse,
    parseLiteral: (node) => parse(node.kind === Kind.INT ? Number(node.value) : undefined),
  });
}

export function textScalar(name: string, description: string): GraphQLScalarType {
  const parse = (value: unknown) => {
    if (typeof value !== "string") {
      throw new GraphQLError(`${name} must be a string.`);
    }
    return value;
  };
  return new GraphQLScalarType({
    name,
    description,
    serialize: (value) => ours(value, typeof value === "string", name),
    parseValue: parse,
    parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined),
  });
}

/** Any JSON; the operation's own schema says what it may be, as it does for REST. */
export function jsonScalar(name: string, description: string): GraphQLScalarType {
  return new GraphQLScalarType({
    name,
    description,
    serialize: (value) => value,
    parseValue: (value) => value,
    parseLiteral: (node: ValueNode, variables) => plain(valueFromASTUntyped(node, variables)),
  });
}

/** A wrong value on the way out is our fault, which only a GraphQLError would make look like the caller's. */
function ours(value: unknown, isRight: boolean, name: string): unknown {
  if (!isRight) {
    throw new TypeError(`a result is no ${name}`);
  }
  return value;
}

/** graphql-js makes objects without a prototype, in which `__proto__` is an ordinary key. Elsewhere it would not be. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key === "__proto__") {
        throw new GraphQLError("The key __proto__ is not allowed.");
      }
      return [key, plain(item)];
    }),
  );
}
