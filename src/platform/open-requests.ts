/** The requests under way: how long they take, and that none takes longer than ten seconds, whatever it waits for, unless its operation says so. */

import type { FastifyInstance, FastifyReply } from "fastify";
import { repeated } from "./background.ts";
import { isLongUpload } from "./long-upload.ts";
import { endLongWork, mayBeWorkedOn } from "./long-work.ts";
import { arrivalOf } from "./pressure.ts";
import { problem } from "./problem.ts";
import type { RequestTimes } from "./request-times.ts";
import { sendProblem } from "./server.ts";

export interface OpenRequestOptions {
  /** Within which a request must have arrived (see `createServer`). */
  arrivalMilliseconds?: number;
  /** With the sweep, below ten seconds. */
  deadlineMilliseconds?: number;
  times?: RequestTimes;
}

const sweepMilliseconds = 500;

/**
 * Answers 408 where the request does not come, 503 where the work is not done in time; what it still does then, an Idempotency-Key
 * gives to whoever asks again. The function it answers tells how many are under way.
 */
export function followRequests(
  app: FastifyInstance,
  { deadlineMilliseconds = 9_000, times }: OpenRequestOptions = {},
): () => number {
  // With when they came: a cart has waited for its turn before it comes here.
  const open = new Map<FastifyReply, number>();
  app.addHook("onRequest", (request, reply, done) => {
    open.set(reply, arrivalOf(request.raw) ?? performance.now());
    done();
  });
  // When the answer is handed on, not when its last byte has left: waiting for that costs listeners on every response.
  app.addHook("onSend", (request, reply, payload, done) => {
    const began = open.get(reply);
    endLongWork(request.socket);
    if (began !== undefined) {
      open.delete(reply);
      const route = request.routeOptions.url ?? "unknown";
      times?.observe(request.method, route, reply.statusCode, (performance.now() - began) / 1_000);
    }
    done(null, payload);
  });

  async function sweep(): Promise<void> {
    const late = performance.now() - deadlineMilliseconds;
    for (const [reply, began] of open) {
      if (began > late) continue;
      const { request, raw } = reply;
      // One whose client has gone is never answered, and forgotten here.
      if (reply.sent || raw.headersSent || raw.destroyed || isLongUpload(request.raw)) open.delete(reply);
      else if (mayBeWorkedOn(request.socket)) continue;
      // Before its caller is known nobody reads the body: that is our doing.
      else if (!request.raw.complete && request.caller !== null)
        sendProblem(problem("request-timeout", { headers: { connection: "close" } }), request, reply);
      else sendProblem(unavailable("It was not done in time. It may still be: ask again."), request, reply);
    }
  }
  const sweeping = repeated(sweepMilliseconds, sweep, (error) =>
    app.log.error({ err: error }, "late requests could not be answered"),
  );
  app.addHook("onReady", async () => sweeping.start());
  app.addHook("onClose", () => sweeping.close());
  return () => open.size;
}

function unavailable(detail: string) {
  return problem("unavailable", { detail, headers: { "retry-after": "1" } });
}
