import type { FastifyInstance } from "fastify";
import { within } from "./patience.ts";
import { problem } from "./problem.ts";
import { sendProblem } from "./server.ts";

/** Resolves when something the service needs is there; rejects, with a reason for the log, when not. */
export type ReadinessCheck = () => Promise<void>;

const patienceMilliseconds = 2_000;

/**
 * `/livez`: the process turns. `/readyz`: it can also do its work, so traffic may come; `degraded`, when that is to price carts
 * while the database is away. Were it not ready then, a balancer would turn away every cart.
 */
export function mountHealth(
  app: FastifyInstance,
  checks: readonly ReadinessCheck[],
  isDegraded: () => boolean,
): void {
  app.get("/livez", (_request, reply) => {
    reply.header("cache-control", "no-store").send({ status: "ok" });
  });
  app.get("/readyz", async (request, reply) => {
    reply.header("cache-control", "no-store");
    if (isDegraded()) return { status: "degraded" };
    try {
      await within(patienceMilliseconds, Promise.all(checks.map((check) => check())));
      return { status: "ok" };
    } catch (error) {
      request.log.warn({ err: error, requestId: request.id }, "not ready");
      return sendProblem(problem("unavailable", { headers: { "retry-after": "1" } }), request, reply);
    }
  });
}
