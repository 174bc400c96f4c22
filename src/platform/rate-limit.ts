/**
 * How many requests a key may make in a minute. Counted in memory (see `exchanged-counts.ts`): a request waits for nothing
 * and asks nobody. Somebody is let in while anything is left and then counts what it does, a batch of a hundred carts as a
 * hundred; so no batch is too large for a limit, and none is refused half-way.
 */
import type { FastifyInstance } from "fastify";
import type { Caller, Role } from "./auth.ts";
import type { SharedCounts } from "./exchanged-counts.ts";
import type { Operation } from "./operation.ts";
import { problem } from "./problem.ts";

/** Requests a minute and key, for a key that has no limit of its own. */
export const requestsPerMinute: Readonly<Record<Role, number>> = {
  checkout: 600_000,
  pos: 600_000,
  erp: 120_000,
  marketing: 60_000,
  viewer: 60_000,
  admin: 60_000,
};

const windowSeconds = 60;

export interface RateLimiter {
  /** Counts what a request does; throws where nothing was left before it. Answers what is left after it. */
  take(caller: Caller, units: number): number;
  limitOf(caller: Caller): number;
  secondsLeft(): number;
}

export function rateLimiter(counts: SharedCounts): RateLimiter {
  const limitOf = (caller: Caller) => caller.requestsPerMinute ?? requestsPerMinute[caller.role];
  return {
    limitOf,
    secondsLeft: () => counts.secondsLeft(windowSeconds),
    take(caller, units) {
      // The id of a key is a name that nothing else has: none is made up on this path.
      const left = counts.take(caller.apiKeyId, windowSeconds, units, limitOf(caller));
      if (left < 0) throw tooMany(counts.secondsLeft(windowSeconds));
      return left;
    },
  };
}

function tooMany(seconds: number) {
  return problem("too-many-requests", {
    detail: `The key has made all the requests that it may in this minute; ${seconds} seconds of it are left.`,
    headers: { "retry-after": String(seconds) },
    extensions: { retryAfterSeconds: seconds },
  });
}

/**
 * Counts every request with a valid key before its body is read, and tells what is left as
 * draft-ietf-httpapi-ratelimit-headers has it: `RateLimit-Policy: "key";q=600000;w=60`, `RateLimit: "key";r=599999;t=42`.
 */
export function limitRequests(app: FastifyInstance, limiter: RateLimiter): void {
  const policies = new Map<number, string>();
  app.addHook("preParsing", (request, reply, _payload, done) => {
    const { caller } = request;
    if (caller === null) {
      done();
      return;
    }
    const limit = limiter.limitOf(caller);
    let policy = policies.get(limit);
    if (policy === undefined) {
      policy = `"key";q=${limit};w=${windowSeconds}`;
      policies.set(limit, policy);
    }
    reply.header("ratelimit-policy", policy);
    try {
      const left = limiter.take(caller, 1);
      reply.header("ratelimit", `"key";r=${left};t=${limiter.secondsLeft()}`);
      done();
    } catch (error) {
      reply.header("ratelimit", `"key";r=0;t=${limiter.secondsLeft()}`);
      done(error as Error);
    }
  });
}

/**
 * The same operations, counted by what they do. `alreadyCounted` of each was counted with its request: one over REST; over
 * GraphQL none, where a document counts as one and each of its fields as much as it does.
 */
export function countedOperations(
  operations: readonly Operation[],
  limiter: RateLimiter,
  alreadyCounted: 0 | 1,
): Operation[] {
  return operations.map((operation) => {
    const { units, handler } = operation;
    if (units === undefined && alreadyCounted === 1) return operation;
    return {
      ...operation,
      handler(input) {
        const more = (units?.(input.body as never) ?? 1) - alreadyCounted;
        if (more > 0 && input.context.apiKeyId !== "") limiter.take(input.context, more);
        return handler(input);
      },
    };
  });
}
