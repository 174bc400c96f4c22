import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { z } from "zod";
import { isKeepable, outOfRange } from "./instants.ts";
import { issueWords } from "./issue-words.ts";
import { type JsonSchema, type JsonSchemas, mapSchema, referencedId } from "./json-schema.ts";
import { lazily } from "./lazily.ts";
import type { Operation } from "./operation.ts";
import { type Input, inputName, operationSchemas } from "./operation-schemas.ts";
import { type ProblemError, problem } from "./problem.ts";
import { pointer } from "./text-safety.ts";

/** Throws `invalid-request` unless the value matches; fills in defaults in place. */
export type Validate = (value: unknown) => void;

export interface InputValidation {
  readonly params: Validate;
  readonly query: Validate;
  readonly body: Validate;
}

/** So many tell what is wrong; a thousand of the same kind would only be long. */
export const mostErrorsReported = 20;

/** What an operation does not take is refused, lest somebody thinks that it was heeded. An empty object says nothing. */
const acceptNothing: Validate = (value) => {
  if (value === undefined || value === null) return;
  const names = typeof value === "object" && !Array.isArray(value) ? Object.keys(value) : null;
  if (names?.length === 0) return;
  throw problem("invalid-request", {
    errors:
      names === null
        ? [{ path: "", code: "invalid_type", message: "Nothing is expected here." }]
        : names.slice(0, mostErrorsReported).map((name) => ({
            path: pointer([name]),
            code: "unrecognized_key",
            message: "There is no such field.",
          })),
  });
};

/**
 * The compiled checks of every operation, by its id, shared by REST and GraphQL. Each is compiled when it is first needed, but
 * those of computed operations at once: no checkout waits for that.
 *
 * Ajv decides, on every request. Zod runs only on input that was refused, because its words can be read and Ajv's on a
 * union cannot. Formats are left to the patterns zod writes beside them, so that the two always agree; only whether an instant can be
 * kept, which no pattern tells, is asked here.
 */
export function compileInputs(
  operations: readonly Pick<Operation, "id" | Input | "isComputed">[],
  schemas = operationSchemas(operations),
): Map<string, InputValidation> {
  const exact = lazily(() => validator(schemas.input(), false));
  const coercing = lazily(() => validator(schemas.input(), "array"));
  const checkOf = (operation: (typeof operations)[number], input: Input): Validate => {
    const schema = operation[input];
    if (schema === undefined) return acceptNothing;
    const isValid = lazily(() => {
      const json = schemas.input().parts[inputName(operation.id, input)];
      return (input === "body" ? exact : coercing)().compile(forAjv(json ?? {}));
    });
    if (operation.isComputed) isValid();
    return checked(isValid, schema);
  };
  return new Map(
    operations.map((operation) => [
      operation.id,
      {
        params: checkOf(operation, "params"),
        query: checkOf(operation, "query"),
        body: checkOf(operation, "body"),
      },
    ]),
  );
}

function validator(schemas: JsonSchemas, coerceTypes: false | "array"): Ajv {
  const ajv = new Ajv({
    coerceTypes,
    useDefaults: true,
    formats: { "date-time": isKeepable },
    strict: false,
    // What is coerced is coerced to the end: an error elsewhere must not make the limit of a query a text.
    allErrors: coerceTypes !== false,
    // Zod counts UTF-16 units, and so do we: counting characters would also mean to walk through every text.
    unicode: false,
    logger: false,
    // They come from zod; to check them takes as long as to read them.
    validateSchema: false,
    // Checks an evaluation in half a microsecond more; to optimise the code took half of a start.
    code: { optimize: false },
  });
  for (const [id, definition] of Object.entries(schemas.definitions)) {
    ajv.addSchema(forAjv(definition), id);
  }
  return ajv;
}

function forAjv(schema: JsonSchema): JsonSchema {
  // What `propertyNames` of a record says, that keys are texts, is so anyway.
  return mapSchema(schema, ({ scalar: _scalar, propertyNames, ...node }) => {
    const id = referencedId(node);
    if (id !== undefined) return { ...node, $ref: `${id}#` };
    return withoutPlainUnion(isAnyText(propertyNames) ? node : { ...node, propertyNames });
  });
}

function isAnyText(schema: unknown): boolean {
  return schema === undefined || JSON.stringify(schema) === '{"type":"string"}';
}

const ownKeywords: Readonly<Record<string, readonly string[]>> = {
  string: ["minLength", "maxLength", "pattern"],
  number: ["minimum", "maximum"],
  boolean: [],
  array: ["minItems", "maxItems", "items"],
};

/**
 * A union of different plain types as one schema with a list of types. Every keyword speaks of one type only, so it means
 * the same; but Ajv would write an error for each branch that did not match, on every request.
 */
function withoutPlainUnion({ anyOf, ...node }: JsonSchema): JsonSchema {
  if (anyOf === undefined) return node;
  const types = new Set<string>();
  for (const { type, ...keywords } of anyOf) {
    const known = typeof type === "string" ? ownKeywords[type] : undefined;
    if (known === undefined || types.has(type as string)) return { ...node, anyOf };
    if (Object.keys(keywords).some((keyword) => !known.includes(keyword))) return { ...node, anyOf };
    types.add(type as string);
  }
  return Object.assign({}, node, ...anyOf, { type: [...types] });
}

function checked(compiled: () => ValidateFunction, schema: z.ZodType): Validate {
  const mayBeLeftOut = schema.isOptional();
  return (value) => {
    if (value === undefined && mayBeLeftOut) return;
    const isValid = compiled();
    if (isValid(value)) return;
    const ajvErrors = isValid.errors ?? [];
    throw problem("invalid-request", { errors: explain(schema, value, ajvErrors) });
  };
}

function explain(schema: z.ZodType, value: unknown, ajvErrors: readonly ErrorObject[]): ProblemError[] {
  if (value === undefined) {
    const missing = fieldsMissingIn(schema);
    if (missing.length > 0) return missing;
  }
  const parsed = schema.safeParse(value, { reportInput: true });
  const errors = parsed.success ? whatAjvSays(ajvErrors) : problemErrorsOf(parsed.error.issues);
  return errors.slice(0, mostErrorsReported);
}

function whatAjvSays(errors: readonly ErrorObject[]): ProblemError[] {
  const outside = errors.filter(({ keyword }) => keyword === "format");
  if (outside.length > 0) return outside.map(({ instancePath }) => ({ path: instancePath, ...outOfRange }));
  return errors.map(({ instancePath, keyword, message = "" }) => ({
    path: instancePath,
    code: keyword,
    message,
  }));
}

/** What somebody who sent nothing has to send: names help more than that something is missing. */
function fieldsMissingIn(schema: z.ZodType): ProblemError[] {
  const { error } = schema.safeParse({}, { reportInput: true });
  const errors = problemErrorsOf(error?.issues ?? []);
  return errors.filter(({ path, code }) => path !== "" && code === "required").slice(0, mostErrorsReported);
}

/** Zod's issues as problem errors. Also for rules a service checks with zod itself, such as a stored promotion. */
export function problemErrorsOf(
  issues: readonly z.core.$ZodIssue[],
  prefix: readonly PropertyKey[] = [],
): ProblemError[] {
  return issues.flatMap((issue, place): ProblemError[] => {
    if (isToldBetter(issue, issues[place + 1])) return [];
    const path = [...prefix, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        path: pointer([...path, key]),
        code: "unrecognized_key",
        message: "There is no such field.",
      }));
    }
    if (issue.code === "invalid_union") {
      const branch = likeliestBranch(issue.errors);
      if (branch !== undefined) {
        return problemErrorsOf(branch, path);
      }
    }
    const isMissing = "input" in issue && issue.input === undefined;
    return [
      {
        path: pointer(path),
        code: isMissing ? "required" : issue.code,
        message: isMissing ? "This field is required." : issueWords(issue),
      },
    ];
  });
}

/** What no whole number may pass is told of one that passes the bound of its field as well: that says more. */
function isToldBetter(issue: z.core.$ZodIssue, next: z.core.$ZodIssue | undefined): boolean {
  return "note" in issue && issue.code === next?.code && pointer(issue.path) === pointer(next.path);
}

/** The alternative the caller most likely meant: not one with another `kind`, and the one that got furthest. */
function likeliestBranch(
  branches: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] | undefined {
  const cost = (issues: readonly z.core.$ZodIssue[]): number =>
    issues.reduce((sum, { code, path }) => {
      const isOtherAlternative = path.length === 0 || (code === "invalid_value" && path.length === 1);
      return sum + (isOtherAlternative ? 1000 : 1) - Math.min(path.length, 9) / 10;
    }, 0);
  const [best] = [...branches].filter((issues) => issues.length > 0).sort((a, b) => cost(a) - cost(b));
  return best;
}
