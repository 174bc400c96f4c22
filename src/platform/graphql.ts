import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from "fastify";
import { type DocumentNode, GraphQLError, Kind, NoSchemaIntrospectionCustomRule } from "graphql";
import mercurius from "mercurius";
import { type Authenticator, type Caller, requireRole, unauthenticated } from "./auth.ts";
import { type Cohort, newCohort } from "./cohort.ts";
import { graphqlPath } from "./front-door.ts";
import { costGuard } from "./graphql-cost.ts";
import { type GraphqlDocuments, requireDocumentsFit, sourceOf } from "./graphql-documents.ts";
import { graphqlLimits, requireModestDocument, requireModestSource, tooComplex } from "./graphql-limits.ts";
import { documentLoads, greatestLoadOf } from "./graphql-load.ts";
import { graphqlSchema } from "./graphql-schema.ts";
import { allowLongWork } from "./long-work.ts";
import { type AnswerNotes, contextOf, type Operation, requireTold } from "./operation.ts";
import { type OperationSchemas, operationSchemas } from "./operation-schemas.ts";
import { type Gates, type Load, openToAll } from "./pressure.ts";
import { type Problem, problem } from "./problem.ts";
import type { FieldTimes } from "./request-times.ts";
import { authenticate, idempotencyKey, ifMatchOf } from "./rest.ts";
import { isNoNews, problemOf, sendProblem } from "./server.ts";
import { requireStorableText } from "./text-safety.ts";
import type { InputValidation } from "./validation.ts";

export interface GraphqlOptions {
  operations: readonly Operation[];
  validation: ReadonlyMap<string, InputValidation>;
  authenticator: Authenticator;
  /** False in production: neither introspection nor "did you mean" then tells what exists. */
  showsSchema: boolean;
  /** The only documents that are run; null for any. */
  documents?: GraphqlDocuments | null;
  gate?: Gates;
  door?: onRequestHookHandler;
  /** Told how long each field took. */
  times?: FieldTimes | undefined;
  schemas?: OperationSchemas;
  /** That of REST, where its carts are computed together with those. */
  cohort?: Cohort;
}

interface GraphqlBody {
  query: string;
  variables: Record<string, unknown>;
  operationName: string | undefined;
}

/** What resolvers know of the request. Mercurius adds `reply` to it. */
interface GraphqlContext {
  caller: Caller;
  requestId: string;
  address: string;
  socket: { readonly destroyed: boolean };
  mayHoldEscapes: boolean;
  operationName: string | undefined;
  /** As what it was let in. */
  load: Load;
  /** The `Idempotency-Key` that came with the request: of its one field that moves money (`costGuard` lets no second through). */
  keyInHeader: string | string[] | undefined;
  /** The fields whose answer is that of an earlier request. */
  replayed: string[];
}

/**
 * A document that came so often is compiled (graphql-jit): a quote with every field then costs two fifths less. What comes once or
 * twice is not worth compiling. That would not end for an input type that has itself as a field; there is none, and a test keeps it so.
 */
const compiledAfter = 3;

/** `POST /graphql`: the operations as fields, with a valid key only, one document per request. */
export async function mountGraphql(app: FastifyInstance, options: GraphqlOptions): Promise<void> {
  const { operations, validation, authenticator, showsSchema, documents = null, gate = openToAll } = options;
  const {
    schemas = operationSchemas(operations),
    door = openToAll("writing"),
    cohort = newCohort(),
  } = options;
  const schema = graphqlSchema(operations, timed(performWith(validation, cohort), options.times), schemas);
  const requireAffordable = costGuard(operations);
  const loadOfDocument = documentLoads(operations);
  if (documents !== null) requireDocumentsFit(documents, schema);
  await app.register(mercurius, {
    schema,
    routes: false,
    cache: 256,
    jit: compiledAfter,
    validationRules: showsSchema ? [] : [NoSchemaIntrospectionCustomRule],
    graphql: {
      parseOptions: { maxTokens: graphqlLimits.tokens },
      validateOptions: { maxErrors: 20 },
    },
    errorFormatter: ({ data, errors = [] }, context) => {
      // Nothing was asked of any field: the request itself is at fault, as one that cannot be parsed is.
      const isRefused = data == null && errors.every(({ path }) => path === undefined);
      const told = errors.map((error) => rendered(error, failureOf(error), requestOf(context), showsSchema));
      const response = { ...(!isRefused && { data: data ?? null }), errors: told };
      return { statusCode: isRefused ? 400 : 200, response: response as never };
    },
  });
  app.graphql.addHook("preValidation", async (_schema, document) => {
    requireModestDocument(document);
    requireAffordable(document);
  });

  // It came in as the most that its words could be; what it is shows when it has been read.
  app.graphql.addHook("preExecution", async (_schema, document, context) => {
    const { reply, operationName, load } = context as unknown as GraphqlContext & { reply: FastifyReply };
    const actual = loadOfDocument(document, operationName);
    if (actual !== load) await admitted(gate(actual), reply);
    return hasOneOperation(document) ? undefined : { document };
  });

  app.post(graphqlPath, { onRequest: [door, authenticate(authenticator)] }, async (request, reply) => {
    const { query, variables, operationName } = graphqlBody(request.body, documents);
    requireModestSource(query);
    if (request.caller === null) {
      throw unauthenticated();
    }
    const load = greatestLoadOf(query);
    await admitted(gate(load), reply);
    const context: GraphqlContext = {
      caller: request.caller,
      requestId: request.id,
      address: request.ip,
      socket: request.socket,
      mayHoldEscapes: query.includes("\\u"),
      operationName,
      load,
      keyInHeader: request.headers["idempotency-key"],
      replayed: [],
    };
    try {
      const answer = await reply.graphql(query, { ...context }, variables, operationName);
      return context.replayed.length === 0
        ? inOneOrder(answer)
        : { ...inOneOrder(answer), extensions: { idempotentReplayed: context.replayed } };
    } catch (error) {
      return refuse(error, request, reply, showsSchema);
    }
  });
}

/**
 * Mercurius keeps what it compiled by the text alone, compiled for the operation that the request of that moment named: with more
 * than one, the next caller would run another's. It compiles no document that a hook hands it back.
 */
function hasOneOperation({ definitions }: DocumentNode): boolean {
  return definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length === 1;
}

/** Errors first, as the specification advises, whether the document was compiled or not: the same question has the same bytes. */
function inOneOrder<Answer extends { data?: unknown; errors?: unknown }>(answer: Answer): Answer {
  if (answer.errors === undefined) return answer;
  const { errors, ...rest } = answer;
  return { errors, ...rest } as Answer;
}

function admitted(gate: ReturnType<Gates>, reply: FastifyReply): Promise<void> {
  return new Promise((resolve, reject) => {
    gate.call(reply.server, reply.request, reply, (error) => (error ? reject(error) : resolve()));
  });
}

type Perform = ReturnType<typeof performWith>;

function timed(perform: Perform, times: FieldTimes | undefined): Perform {
  if (times === undefined) return perform;
  return (operation, args, given, alias) => {
    const began = performance.now();
    const note = (hasFailed: boolean) =>
      times.observe(operation.id, hasFailed, (performance.now() - began) / 1_000);
    try {
      const result = perform(operation, args, given, alias);
      if (result instanceof Promise)
        result.then(
          () => note(false),
          () => note(true),
        );
      else note(false);
      return result;
    } catch (error) {
      note(true);
      throw error;
    }
  };
}

/** What is computed joins the cohort: a document with many carts gives way to others between them. */
function performWith(validation: ReadonlyMap<string, InputValidation>, cohort: Cohort) {
  return (
    operation: Operation,
    args: Readonly<Record<string, unknown>>,
    given: unknown,
    alias: string,
  ): unknown => {
    const { id, roles, handler, takesIdempotencyKey, isComputed, maySeconds } = operation;
    const { caller, requestId, address, socket, mayHoldEscapes, keyInHeader, replayed } =
      given as GraphqlContext;
    requireRole(roles, caller.role);
    if (mayHoldEscapes) {
      requireStorableText(args);
    }
    const params = argumentsNamed(operation.params?.shape, args);
    const query = argumentsNamed(operation.query?.shape, args);
    const body = plain(args.input) ?? undefined;
    const input = validation.get(id);
    input?.params(params);
    input?.query(query);
    input?.body(body);
    const ifMatch = ifMatchOf(operation, args.ifMatch == null ? undefined : quoted(String(args.ifMatch)));
    const key = takesIdempotencyKey
      ? idempotencyKey(oneKeyOf((args.idempotencyKey as string | null) ?? undefined, keyInHeader))
      : null;
    const notes: AnswerNotes = { isReplay: false };
    const context = contextOf(operation, caller, { id: requestId, ip: address, socket });
    if (maySeconds !== undefined) allowLongWork(socket, maySeconds);
    const compute = () =>
      handler({ params, query, body, ifMatch, idempotencyKey: key, answer: notes, context });
    const result = isComputed ? cohort.join(compute) : compute();
    if (!(result instanceof Promise)) return result;
    return result.then((value: unknown) => {
      requireTold(context);
      if (notes.isReplay) replayed.push(alias);
      return value;
    });
  };
}

/** Said in either place, or alike in both. */
function oneKeyOf(argument: string | undefined, header: string | string[] | undefined) {
  if (argument !== undefined && header !== undefined && argument !== header) {
    const message = "The argument and the header Idempotency-Key are two keys of one request.";
    throw problem("invalid-request", { errors: [{ path: "/idempotencyKey", code: "two_keys", message }] });
  }
  return argument ?? header;
}

/**
 * Arguments written in the document itself come as objects without a prototype, which not every library can take, the
 * database driver among them; those sent as variables are plain already, and so is what they hold.
 */
function plain(input: unknown): unknown {
  if (Array.isArray(input)) return input.map(plain);
  if (typeof input !== "object" || input === null || Object.getPrototypeOf(input) === Object.prototype)
    return input;
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, plain(value)]));
}

/** A null argument is one left out: clients send null for variables that were not set. */
function argumentsNamed(
  shape: object | undefined,
  args: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const named: Record<string, unknown> = {};
  for (const name in shape) {
    const value = args[name];
    if (value !== undefined && value !== null) {
      named[name] = value;
    }
  }
  return named;
}

/** Over GraphQL the tag may come bare, as a version read from a field, or quoted, as the header had it. */
function quoted(tag: string): string {
  return tag === "*" || tag.endsWith('"') ? tag : `"${tag}"`;
}

function graphqlBody(body: unknown, documents: GraphqlDocuments | null): GraphqlBody {
  const wrong = (path: string, message: string) =>
    problem("invalid-request", { errors: [{ path, code: "invalid_type", message }] });
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw wrong("", "Send one object with a query; batches are not taken.");
  }
  const { variables, operationName } = body as Record<string, unknown>;
  const query = sourceOf(body, documents);
  if (typeof query !== "string" || query.trim() === "") {
    throw wrong("/query", "The GraphQL document as a string is required.");
  }
  if (variables !== undefined && (typeof variables !== "object" || Array.isArray(variables))) {
    throw wrong("/variables", "Must be an object.");
  }
  if (operationName !== undefined && operationName !== null && typeof operationName !== "string") {
    throw wrong("/operationName", "Must be a string.");
  }
  return {
    query,
    // Never undefined: mercurius checks variables only when there are some, and reports their absence as a failed run.
    variables: (variables ?? {}) as Record<string, unknown>,
    operationName: operationName ?? undefined,
  };
}

/** A document that was not run. Nothing has happened yet, so whatever is wrong is the document or its variables. */
function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply, showsSchema: boolean): unknown {
  const faults = (error as { errors?: unknown }).errors;
  if (Array.isArray(faults)) {
    reply.code(400);
    return { errors: faults.map((fault) => rendered(fault, refusalOf(fault), request, showsSchema)) };
  }
  const failure = problemOf(error);
  if (failure.status >= 500) {
    return sendProblem(error, request, reply);
  }
  reply.code(failure.status);
  return { errors: [rendered(failure, failure, request, showsSchema)] };
}

function refusalOf(fault: unknown): Problem {
  if (!(fault instanceof GraphQLError)) {
    return problem("invalid-graphql");
  }
  return fault.message.includes("Parsing aborted")
    ? tooComplex(`More than ${graphqlLimits.tokens} tokens; send values as variables.`)
    : problem("invalid-graphql", { detail: fault.message });
}

/** What a resolver threw; what graphql-js itself found, such as a directive without its value, is the document's fault. */
function failureOf({ originalError, message }: GraphQLError): Problem {
  return originalError === undefined || originalError instanceof GraphQLError
    ? problem("invalid-graphql", { detail: message })
    : problemOf(originalError);
}

interface RequestLog {
  readonly server: Pick<FastifyRequest["server"], "noteProblem">;
  readonly id: string;
  readonly log: FastifyRequest["log"];
}

function requestOf(context: unknown): RequestLog {
  return (context as { reply: FastifyReply }).reply.request;
}

/** One error as GraphQL shows it: a problem's members under `extensions`, and never a word of what we did not mean to say. */
function rendered(error: unknown, failure: Problem, request: RequestLog, showsSchema: boolean) {
  const isLocated = error instanceof GraphQLError;
  request.server.noteProblem?.(failure);
  if (failure.status >= 500 && !isNoNews(isLocated ? (error.originalError ?? error) : error, failure)) {
    request.log.error({ err: error, requestId: request.id }, failure.title);
  }
  const message = failure.detail ?? failure.title;
  return {
    message: showsSchema ? message : message.replace(/ Did you mean .*$/s, ""),
    ...(isLocated && error.locations && { locations: error.locations }),
    ...(isLocated && error.path && { path: error.path }),
    extensions: {
      code: failure.code,
      status: failure.status,
      ...(failure.errors && { errors: failure.errors }),
      ...failure.extensions,
      ...retryOf(failure),
      requestId: request.id,
    },
  };
}

/** GraphQL has no headers of its own: what REST says in `Retry-After` is said beside the error. */
function retryOf({ headers }: Problem): { retryAfterSeconds?: number } {
  const retryAfter = headers["retry-after"];
  return retryAfter === undefined ? {} : { retryAfterSeconds: Number(retryAfter) };
}
