/**
 * What a request spends its time on, as OpenTelemetry spans. Unless somebody has registered a provider (`otlp.ts`), there
 * are none: then no hook is mounted, and `inSpan` only looks once whether there is a span above it.
 *
 * Names and attributes follow the semantic conventions (https://opentelemetry.io/docs/specs/semconv/): the route, never the
 * URL, for codes and customer ids travel in paths; of statements the first word and never their values.
 */
import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { FastifyInstance, FastifyRequest } from "fastify";

const tracer = trace.getTracer("dealwright");
const spans = new WeakMap<FastifyRequest, Span>();
/** Asked every few seconds by machines. */
const untraced = new Set(["/livez", "/readyz", "/metrics"]);

/** A span for every request from here on, under that of its caller if it came with one (W3C Trace Context). */
export function traceRequests(app: FastifyInstance): void {
  app.addHook("onRequest", (request, _reply, done) => {
    const { method, routeOptions, headers, id } = request;
    const route = routeOptions.url ?? "unknown";
    if (!untraced.has(route)) {
      const attributes = { "http.request.method": method, "http.route": route, "dealwright.request_id": id };
      const caller = propagation.extract(ROOT_CONTEXT, headers);
      const span = tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, caller);
      spans.set(request, span);
    }
    done();
  });
  // Not before: while its body arrives a request is on its connection's errands, and would lose its span.
  app.addHook("preValidation", (request, _reply, done) => {
    const span = spans.get(request);
    if (span === undefined) return done();
    if (request.caller !== null) span.setAttribute("dealwright.project", request.caller.projectId);
    context.with(trace.setSpan(ROOT_CONTEXT, span), done);
  });
  app.addHook("onSend", (request, reply, payload, done) => {
    const span = spans.get(request);
    if (span !== undefined) {
      span.setAttribute("http.response.status_code", reply.statusCode);
      if (reply.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    }
    done(null, payload);
  });
}

/** Under which the lines of a request are logged: that of its span, or of its caller's; undefined where nobody traces. */
export function traceIdFor(request: FastifyRequest): string | undefined {
  return spans.get(request)?.spanContext().traceId ?? callersTraceId(request.headers.traceparent);
}

const traceparent = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

function callersTraceId(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" ? traceparent.exec(header)?.[1] : undefined;
}

/** Does the work in a span of the request that it belongs to; without one, it just does it. */
export function inSpan<T>(
  name: string,
  attributes: Attributes,
  work: () => Promise<T>,
  kind = SpanKind.INTERNAL,
): Promise<T> {
  if (trace.getActiveSpan() === undefined) return work();
  return tracer.startActiveSpan(name, { kind, attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      // Its name and code alone: messages of PostgreSQL may tell values.
      span.setAttribute("error.type", String((error as { code?: unknown }).code ?? (error as Error).name));
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The same, of a statement. */
export function inStatementSpan<T>(
  text: string,
  name: string | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (trace.getActiveSpan() === undefined) return work();
  const operation = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? "QUERY";
  const attributes = {
    "db.system.name": "postgresql",
    "db.operation.name": operation,
    ...(name !== undefined && { "db.query.summary": name }),
  };
  return inSpan(name ?? operation, attributes, work, SpanKind.CLIENT);
}
