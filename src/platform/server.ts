import { isUtf8 } from "node:buffer";
import { createServer as createHttpServer, type RequestListener, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import type { Caller } from "./auth.ts";
import { isConnectionLost, isDeadlock, queryCanceled, sqlStateOf } from "./database.ts";
import { DatabaseAway } from "./database-watch.ts";
import { carriesLongUpload } from "./long-upload.ts";
import { Problem, type ProblemCode, problem, problemBody } from "./problem.ts";
import { logSerializers } from "./redaction.ts";
import { parseJsonBody, requireStorableText } from "./text-safety.ts";
import { traceIdFor } from "./tracing.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set once the route's hook has accepted the key. */
    caller: Caller | null;
  }
  interface FastifyInstance {
    /** Told of every request that is refused, for those who count. */
    noteProblem: ((failure: Problem) => void) | null;
  }
}

export interface ServerOptions {
  logLevel: string;
  bodyLimitBytes?: number;
  /** Within which a request must have arrived, but for streams. */
  arrivalMilliseconds?: number;
  /** Addresses and networks of the proxies whose `X-Forwarded-For` is believed; none if left out. */
  trustedProxies?: readonly string[];
  /** What comes before the framework: see `front-door.ts`. */
  front?: (next: RequestListener) => RequestListener;
}

export const defaultBodyLimitBytes = 1_048_576;

/** The second is how senders of CloudEvents call theirs. */
const jsonTypes = ["application/json", "application/cloudevents+json"];

/** The bare HTTP server: limits, JSON, request ids, problems. It knows no route yet. */
export function createServer({
  logLevel,
  bodyLimitBytes = defaultBodyLimitBytes,
  arrivalMilliseconds = 9_000,
  trustedProxies = [],
  front = (next) => next,
}: ServerOptions): FastifyInstance {
  // Node looks for late requests only so often: the two together stay below ten seconds.
  const timing = {
    requestTimeout: arrivalMilliseconds,
    headersTimeout: arrivalMilliseconds,
    connectionsCheckingInterval: 500,
    keepAliveTimeout: 72_000,
  };
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    serverFactory: (handler) => createHttpServer(timing, front(handler as RequestListener)),
    forceCloseConnections: "idle",
    // What comes while the server closes is still answered; Fastify's own refusal would be no problem document.
    return503OnClosing: false,
    genReqId: requestIdOf,
    logger: logLevel === "silent" ? false : loggerOptions(logLevel),
    logController: new LogController({ disableRequestLogging: true }),
    // A child logger per request costs more than it tells: our lines name the request themselves.
    childLoggerFactory: (logger) => logger,
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: false },
    frameworkErrors: (error, request, reply) =>
      sendProblem(error, request as FastifyRequest, reply as FastifyReply),
    clientErrorHandler: refuseUnreadableRequest,
  });
  app.decorateRequest("caller", null);
  app.decorate("noteProblem", null);
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    done();
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(jsonTypes, { parseAs: "buffer" }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(textOf(body as Buffer)));
    } catch (error) {
      done(error as Error);
    }
  });
  app.setErrorHandler((error: Error, request, reply) => sendProblem(error, request, reply));
  // Asked now, not per request: an unused hook is not free.
  if (loggedLevels.has(logLevel)) {
    app.addHook("onResponse", (request, reply, done) => {
      // The route, never the URL: codes and customer ids travel in paths.
      request.log.info(
        {
          requestId: request.id,
          method: request.method,
          route: request.routeOptions.url ?? "unknown",
          status: reply.statusCode,
          milliseconds: Math.round(reply.elapsedTime * 10) / 10,
          apiKeyId: request.caller?.apiKeyId,
          traceId: traceIdFor(request),
        },
        "answered",
      );
      done();
    });
  }
  return app;
}

/** JSON is UTF-8 (RFC 8259, section 8.1). Read as if it were, names in another encoding would all be the same. */
function textOf(body: Buffer): string {
  if (isUtf8(body)) return body.toString("utf8");
  throw problem("malformed-json", {
    errors: [{ path: "", code: "not_utf8", message: "The body is not UTF-8." }],
  });
}

/** Lines of the same form as those of the process: levels by name, times that can be read. */
function loggerOptions(level: string) {
  return {
    level,
    serializers: logSerializers,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
}

const loggedLevels = new Set(["info", "debug", "trace"]);

const acceptableRequestId = /^[\w.:-]{1,100}$/;
const requestIdPrefix = `req_${process.pid.toString(36)}${Date.now().toString(36)}`;
let requestCount = 0;

/** The caller's own X-Request-Id when it is harmless to repeat, else one that is unique enough for a log. */
export function requestIdOf({ headers }: { headers: Record<string, string | string[] | undefined> }): string {
  const given = headers["x-request-id"];
  if (typeof given === "string" && acceptableRequestId.test(given)) {
    return given;
  }
  requestCount += 1;
  return `${requestIdPrefix}${requestCount.toString(36)}`;
}

/** Refuses NUL in a URL. It cannot come in any other way than percent-encoded. */
export function requireStorableUrl(request: FastifyRequest): void {
  if (request.url.includes("%00")) {
    requireStorableText(request.params);
    requireStorableText(request.query);
  }
}

/** The trace that a request belongs to (W3C Trace Context), where its caller says so; nothing else of the header is believed. */
const byFastifyCode: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "body-too-large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported-media-type",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "malformed-json",
  FST_ERR_CTP_EMPTY_TYPE: "unsupported-media-type",
  FST_ERR_BAD_URL: "invalid-request",
  FST_ERR_ASYNC_CONSTRAINT: "invalid-request",
  FST_ERR_MAX_PARAM_LENGTH: "invalid-request",
};

/** Any error as the problem a caller may see. What is not known to be the caller's doing is ours, and says nothing more. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) {
    return error;
  }
  const { code, statusCode } = (error ?? {}) as Partial<FastifyError>;
  const known = code === undefined ? undefined : byFastifyCode[code];
  if (known !== undefined) {
    return problem(known);
  }
  if (code === "EVALUATION_TOO_COMPLEX") {
    return tooComplex((error as Error).message);
  }
  const state = sqlStateOf(error);
  if (isConnectionLost(error) || state === queryCanceled || isDeadlock(error)) {
    return problem("unavailable", { headers: { "retry-after": "1" } });
  }
  return problem(
    statusCode !== undefined && statusCode >= 400 && statusCode < 500 ? "invalid-request" : "internal-error",
  );
}

/** The engine's own, wherever a cart is priced. It knows no problems, so it is told by its code. */
function tooComplex(message: string): Problem {
  return problem("evaluation-too-complex", {
    detail: message,
    errors: [{ path: "/lines", code: "too_complex", message }],
  });
}

/** That the database is away, or that there is too much to do, is not logged with every request that finds it so: metrics count them. */
export function isNoNews(error: unknown, failure: Problem): boolean {
  return (
    isDatabaseAway(error) ||
    failure.code === "guarantee-unavailable" ||
    (error instanceof Problem && failure.code === "unavailable")
  );
}

function isDatabaseAway(error: unknown): boolean {
  return error instanceof Error && (error instanceof DatabaseAway || isDatabaseAway(error.cause));
}

/** As nginx counts whoever left before there was an answer; nobody gets to see it. */
const clientLeft = 499;

export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  // In the middle of a body. The error is that of a lost connection, and the connection is not that to the database.
  if (request.raw.destroyed && !request.raw.complete) return reply.code(clientLeft).send();
  const failure = problemOf(error);
  request.server.noteProblem?.(failure);
  if (failure.status >= 500 && !isNoNews(error, failure)) {
    request.log.error({ err: error, requestId: request.id, traceId: traceIdFor(request) }, failure.title);
  }
  return reply
    .code(failure.status)
    .headers({ "x-request-id": request.id, ...failure.headers })
    .type("application/problem+json")
    .serializer(JSON.stringify)
    .send(problemBody(failure, request.id));
}

const unreadable: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: "headers-too-large",
  ERR_HTTP_REQUEST_TIMEOUT: "request-timeout",
};

/** Requests that Node's parser gives up on never reach a route: they are answered on the socket. */
function refuseUnreadableRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT" && carriesLongUpload(socket)) return;
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const failure = problem(unreadable[error.code ?? ""] ?? "invalid-request");
  const body = JSON.stringify(problemBody(failure, requestIdOf({ headers: {} })));
  socket.end(
    `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
