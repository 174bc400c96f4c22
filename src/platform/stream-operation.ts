/**
 * Operations whose body, answer or both are streams: imports, exports, images. Declared once as the others are, and
 * with the same keys, roles, checks and problems; but over REST only, because GraphQL cannot stream.
 */
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { whileAdmitted } from "./admitted-stream.ts";
import { type Authenticator, anonymous, bearerToken, type Role, requireRole } from "./auth.ts";
import { type Deprecation, deprecationHeaders } from "./deprecation.ts";
import { type StreamPatience, tolerateLongUpload, usualStreamPatience } from "./long-upload.ts";
import { type Audit, contextOf, type OperationContext } from "./operation.ts";
import { type Gates, openToAll } from "./pressure.ts";
import { type ProblemCode, problem } from "./problem.ts";
import { authenticate } from "./rest.ts";
import { requireStorableUrl, sendProblem } from "./server.ts";
import { compileInputs, type InputValidation } from "./validation.ts";

export type StreamBodyType = "text/csv" | "application/x-ndjson";

export interface StreamInput<Params, Query> {
  readonly params: Params;
  readonly query: Query;
  /** Null where the operation consumes nothing. Read it with `readNdjson` or `readCsv`, which limit a line, not the whole. */
  readonly body: Readable | null;
  readonly contentType: StreamBodyType | null;
  /** The `Last-Event-ID` of the request; null without one, or unless `takesLastEventId`. */
  readonly lastEventId: string | null;
  /** Which of `produces` the caller asked for. */
  readonly accept: string;
  /** Aborted once nobody takes the answer any more: the client is gone, or its key is no longer valid. */
  readonly over: AbortSignal;
  readonly context: OperationContext;
}

export interface StreamAnswer {
  readonly contentType: string;
  /**
   * Asked for the next piece only when the client has taken the last one. What it throws before its first piece is
   * answered as a problem; after that the connection is cut, so that nobody takes a part for the whole. It is cut, too, once
   * the key is no longer valid; Server-Sent Events then just end.
   */
  readonly body: Readable | AsyncIterable<string | Buffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

interface StreamDeclaration<Handler> {
  readonly id: string;
  readonly method: "GET" | "POST" | "PUT";
  readonly path: `/v1/${string}`;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** Who may, besides `admin`. `[]` is anyone with a valid key. */
  readonly roles: readonly Role[];
  /** What the body may be; left out, there is none. */
  readonly consumes?: readonly StreamBodyType[];
  /** Answers Server-Sent Events, and goes on after the one that the caller has seen. */
  readonly takesLastEventId?: true;
  /** What may be answered; the first one unless `Accept` prefers another. */
  readonly produces: readonly [string, ...string[]];
  readonly problems: readonly ProblemCode[];
  /** As of an operation; left out, the primary. */
  readonly reads?: "replica";
  /** Needed for what consumes a body. */
  readonly audit?: Audit;
  readonly deprecated?: Deprecation;
  readonly handler: Handler;
}

/** One whose schemas' types are forgotten. */
export interface StreamOperation
  extends StreamDeclaration<(input: StreamInput<unknown, unknown>) => StreamAnswer | Promise<StreamAnswer>> {
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
}

type Shapeless = z.ZodObject<Record<never, z.ZodType>>;

export interface TypedStreamOperation<Params extends z.ZodObject, Query extends z.ZodObject>
  extends StreamDeclaration<
    (input: StreamInput<z.output<Params>, z.output<Query>>) => StreamAnswer | Promise<StreamAnswer>
  > {
  readonly params?: Params;
  readonly query?: Query;
}

export function defineStreamOperation<
  Params extends z.ZodObject = Shapeless,
  Query extends z.ZodObject = Shapeless,
>(operation: TypedStreamOperation<Params, Query>): StreamOperation {
  return operation as unknown as StreamOperation;
}

export function mountStreams(
  app: FastifyInstance,
  operations: readonly StreamOperation[],
  authenticator: Authenticator,
  patience = usualStreamPatience,
  gate: Gates = openToAll,
): void {
  const validation = compileInputs(operations);
  // A scope of its own: here, and only here, a body is handed on unread.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(["text/csv", "application/x-ndjson"], (_request, payload, done) =>
      done(null, payload),
    );
    for (const operation of operations) {
      const { id, method, path, roles } = operation;
      const input = validation.get(id);
      if (input === undefined) throw new Error(`operation ${id} was not compiled`);
      scope.route({
        method,
        url: path.replaceAll(/\{(\w+)\}/g, ":$1"),
        // It would run the whole export to throw it away.
        exposeHeadRoute: false,
        onRequest: [gate("bulk"), authenticate(authenticator, (caller) => requireRole(roles, caller.role))],
        handler: streamHandler(operation, input, authenticator, patience),
      });
    }
  });
}

function streamHandler(
  operation: StreamOperation,
  input: InputValidation,
  authenticator: Authenticator,
  patience: StreamPatience,
) {
  const deprecation = operation.deprecated && deprecationHeaders(operation.deprecated);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    if (deprecation !== undefined) reply.headers(deprecation);
    requireStorableUrl(request);
    input.params(request.params);
    input.query(request.query);
    tolerateLongUpload(request.raw, patience, () => {
      if (reply.raw.headersSent) request.raw.destroy();
      else sendProblem(problem("request-timeout", { headers: { connection: "close" } }), request, reply);
    });
    const over = new AbortController();
    try {
      const contentType = bodyTypeOf(operation, request);
      const answer = await operation.handler({
        params: request.params,
        query: request.query,
        body: contentType === null ? null : (request.body as Readable),
        contentType,
        lastEventId: operation.takesLastEventId === true ? lastEventIdOf(request) : null,
        accept: acceptedOf(operation.produces, request.headers.accept),
        over: over.signal,
        context: contextOf(operation, request.caller ?? anonymous, request),
      });
      const type = answer.contentType;
      const body = await begun(
        whileAdmitted(answer.body as AsyncIterable<string | Buffer>, {
          authenticator,
          key: bearerToken(request.headers.authorization) ?? "",
          over,
          endsQuietly: type === "text/event-stream",
        }),
      );
      reply.headers({
        ...answer.headers,
        "content-type": type.startsWith("text/") ? `${type}; charset=utf-8` : type,
      });
      return reply.send(body);
    } catch (error) {
      if (request.raw.socket.destroyed) {
        // The client is gone; its broken upload is no failure of ours and there is nobody to tell.
        reply.hijack();
        return undefined;
      }
      // Whoever is refused in the middle of an upload need not be read to the end.
      if (!request.raw.complete) reply.header("connection", "close");
      throw error;
    }
  };
}

function bodyTypeOf({ consumes }: StreamOperation, request: FastifyRequest): StreamBodyType | null {
  if (consumes === undefined) return null;
  const [type = "", ...parameters] = (request.headers["content-type"] ?? "").split(";");
  const isOtherCharset = parameters.some((text) => /^\s*charset=(?!"?utf-?8"?\s*$)/i.test(text));
  const known = consumes.find((name) => name === type.trim().toLowerCase());
  if (known === undefined || isOtherCharset || request.body === undefined) {
    throw problem("unsupported-media-type", {
      detail: `Send ${consumes.join(" or ")}, in UTF-8.`,
    });
  }
  return known;
}

function lastEventIdOf({ headers }: FastifyRequest): string | null {
  const given = headers["last-event-id"];
  return typeof given === "string" && given !== "" ? given : null;
}

/** The offer that `Accept` weighs highest; among equals the one that is offered first. */
export function acceptedOf(produces: readonly [string, ...string[]], accept: string | undefined): string {
  if (accept === undefined || accept.trim() === "") return produces[0];
  const ranges = accept.split(",").map((text) => {
    const [range = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
    const weight = parameters.find((part) => part.startsWith("q="))?.slice(2);
    return { range, weight: weight === undefined ? 1 : Number(weight) || 0 };
  });
  const weightOf = (offer: string): number => {
    // The closest range counts: `text/csv` before `text/*` before `*/*`.
    for (const name of [offer, `${offer.split("/")[0]}/*`, "*/*"]) {
      const match = ranges.find(({ range }) => range === name);
      if (match !== undefined) return match.weight;
    }
    return 0;
  };
  const [best] = produces
    .map((offer) => ({ offer, weight: weightOf(offer) }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  if (best === undefined) throw problem("not-acceptable", { detail: `It can be ${produces.join(" or ")}.` });
  return best.offer;
}

/** An answer whose first piece is there. */
export async function begunAnswer(answer: StreamAnswer | Promise<StreamAnswer>): Promise<StreamAnswer> {
  const given = await answer;
  return { ...given, body: await begun(given.body) };
}

/** The body once its first piece is there, so that what goes wrong before can still be answered as a problem. */
async function begun(body: Readable | AsyncIterable<string | Buffer>): Promise<Readable> {
  const iterator = body[Symbol.asyncIterator]() as AsyncIterator<string | Buffer>;
  let first: IteratorResult<string | Buffer> | null = await iterator.next();
  const rest: AsyncIterator<string | Buffer> = {
    next: async () => {
      if (first === null) return iterator.next();
      const result = first;
      first = null;
      return result;
    },
    // Called when the client goes away, too: what the producer holds (a database client) is then let go.
    return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
  };
  return Readable.from({ [Symbol.asyncIterator]: () => rest }, { objectMode: false });
}
