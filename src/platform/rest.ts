import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from "fastify";
import {
  type Authenticator,
  anonymous,
  bearerToken,
  type Caller,
  requireRole,
  unauthenticated,
} from "./auth.ts";
import { type Cohort, newCohort } from "./cohort.ts";
import { deprecationHeaders } from "./deprecation.ts";
import { serializationSchema } from "./json-schema.ts";
import { jsonWriter } from "./json-writer.ts";
import { lazily } from "./lazily.ts";
import { allowLongWork } from "./long-work.ts";
import { type AnswerNotes, contextOf, type Operation, requireTold } from "./operation.ts";
import { operationSchemas } from "./operation-schemas.ts";
import { type Gates, type Load, openToAll } from "./pressure.ts";
import { problem } from "./problem.ts";
import { requireStorableUrl, sendProblem } from "./server.ts";
import type { InputValidation } from "./validation.ts";

/** Gives every operation its REST route. What checks and writes is compiled once, at the latest by the first request. */
export function mountRest(
  app: FastifyInstance,
  operations: readonly Operation[],
  validation: ReadonlyMap<string, InputValidation>,
  authenticator: Authenticator,
  /** Routes that others mount, so that a wrong method on them is told apart from no route. */
  others: readonly Route[] = [],
  gate: Gates = openToAll,
  schemas = operationSchemas(operations),
  cohort = newCohort(),
): void {
  for (const operation of operations) {
    const { id, method, path, roles, status = 200 } = operation;
    const input = validation.get(id);
    if (input === undefined) throw new Error(`operation ${id} was not compiled`);
    const writer = lazily(() => {
      const { parts, definitions } = schemas.output();
      return jsonWriter(serializationSchema(parts[id] ?? {}, definitions));
    });
    if (operation.isComputed) writer();
    app.route({
      method,
      url: path.replaceAll(/\{(\w+)\}/g, ":$1"),
      // An answer without content has none to write.
      schema: status === 204 ? {} : { response: { [status]: {} } },
      serializerCompiler: () => (value) => writer()(value),
      onRequest: [
        gate(loadOf(operation)),
        ...(roles === null ? [] : [authenticate(authenticator, (caller) => requireRole(roles, caller.role))]),
      ],
      handler: routeHandler(operation, input, cohort),
    });
  }
  // A scope of its own: what is sent to no route is not parsed.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    scope.setNotFoundHandler(notFoundHandler([...operations, ...others]));
  });
}

/** What reads only its own request is pricing; whatever changes anything waits last for its turn to be refused. */
export function loadOf({ method, graphql }: Pick<Operation, "method" | "graphql">): Load {
  if (graphql === "mutation") return "writing";
  return method === "GET" ? "reading" : "pricing";
}

/** Before the body is read: who has no business here costs no parsing. */
export function authenticate(
  authenticator: Authenticator,
  admit: (caller: Caller) => void = () => {},
): onRequestHookHandler {
  return (request, _reply, done) => {
    const accept = (caller: Caller | null): void => {
      try {
        if (caller === null) {
          throw unauthenticated();
        }
        request.caller = caller;
        admit(caller);
      } catch (error) {
        done(error as Error);
        return;
      }
      done();
    };
    const token = bearerToken(request.headers.authorization);
    const caller = token === null ? null : authenticator.callerOf(token);
    if (caller instanceof Promise) {
      caller.then(accept, done);
    } else {
      accept(caller);
    }
  };
}

function routeHandler(operation: Operation, input: InputValidation, cohort: Cohort) {
  const { handler, status = 200, etag, takesIdempotencyKey, deprecated, isComputed, maySeconds } = operation;
  const deprecation = deprecated && deprecationHeaders(deprecated);
  const answer = (reply: FastifyReply, result: unknown, { isReplay }: AnswerNotes): unknown => {
    reply.code(status);
    if (isReplay) reply.header("idempotent-replayed", "true");
    if (deprecation !== undefined) reply.headers(deprecation);
    if (etag !== undefined) {
      reply.header("etag", `"${etag(result as never)}"`);
    }
    return status === 204 ? null : result;
  };
  // Not `async`: what fails before it is begun, and what answers at once, costs no promise.
  return (request: FastifyRequest, reply: FastifyReply): unknown => {
    requireStorableUrl(request);
    input.params(request.params);
    input.query(request.query);
    input.body(request.body);
    const notes: AnswerNotes = { isReplay: false };
    const context = contextOf(operation, request.caller ?? anonymous, request);
    if (maySeconds !== undefined) allowLongWork(request.socket, maySeconds);
    const compute = () =>
      handler({
        params: request.params,
        query: request.query,
        body: request.body,
        ifMatch: ifMatchOf(operation, request.headers["if-match"]),
        idempotencyKey: takesIdempotencyKey ? idempotencyKey(request.headers["idempotency-key"]) : null,
        answer: notes,
        context,
      });
    const result = isComputed ? cohort.join(compute) : compute();
    if (result instanceof Promise) {
      return result.then((value) => {
        requireTold(context);
        return answer(reply, value, notes);
      });
    }
    reply.send(answer(reply, result, notes));
    return undefined;
  };
}

const singleEntityTag = /^(?:W\/)?"([^"]{0,200})"$|^(\*)$/;

export function ifMatchOf(
  { requiresIfMatch, takesIfMatch }: Pick<Operation, "requiresIfMatch" | "takesIfMatch">,
  sent: string | undefined,
): string {
  return requiresIfMatch || (takesIfMatch && sent !== undefined) ? entityTag(sent) : "";
}

/** A weak tag is taken as well: proxies that compress weaken ours, and the versions behind them are exact. */
export function entityTag(ifMatch: string | undefined): string {
  if (ifMatch === undefined || ifMatch === "") {
    throw problem("precondition-required");
  }
  const match = singleEntityTag.exec(ifMatch.trim());
  const tag = match?.[1] ?? match?.[2];
  if (tag === undefined) {
    throw problem("invalid-request", {
      errors: [
        { path: "/ifMatch", code: "invalid_format", message: "Send one ETag in quotes, as it was answered." },
      ],
    });
  }
  return tag;
}

const acceptableIdempotencyKey = /^[\x21-\x7e]{1,200}$/;

/** Compared as it comes. Quotes, as the IETF draft of the header has them, are part of it. */
export function idempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header !== "string" || !acceptableIdempotencyKey.test(header)) {
    throw problem("invalid-request", {
      errors: [
        {
          path: "/idempotencyKey",
          code: "invalid_format",
          message: "An Idempotency-Key has 1 to 200 printable ASCII characters without spaces.",
        },
      ],
    });
  }
  return header;
}

/** A stream has no GraphQL face, and no HEAD either. */
type Route = Pick<Operation, "method" | "path"> & Partial<Pick<Operation, "graphql">>;

const startingPoints = "See /docs for the API, /console/ for the console, /readyz for health.";

function notFoundHandler(operations: readonly Route[]) {
  const routes = operations.map(({ method, path, graphql }) => ({
    method,
    hasHead: method === "GET" && graphql !== undefined,
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
  }));
  return (request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const here = routes.filter(({ pattern }) => pattern.test(path));
    const methods = new Set(here.map(({ method }) => method as string));
    if (here.some(({ hasHead }) => hasHead)) {
      methods.add("HEAD");
    }
    const failure =
      methods.size > 0
        ? problem("method-not-allowed", { headers: { allow: [...methods].join(", ") } })
        : problem("route-not-found", path === "/" ? { detail: startingPoints } : {});
    return sendProblem(failure, request, reply);
  };
}
