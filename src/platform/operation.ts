import type { z } from "zod";
import type { Caller, Role } from "./auth.ts";
import type { Deprecation } from "./deprecation.ts";
import { networkOf } from "./network-address.ts";
import type { ProblemCode } from "./problem.ts";

/** What a handler knows of who is asking. */
export interface OperationContext extends Caller {
  readonly requestId: string;
  /** Whether whoever asked has hung up by now; left out where nobody asked over a connection. */
  readonly isGone?: () => boolean;
  /** What the audit trail is told of; only with operations that it is told of. */
  readonly change?: ChangeOrigin;
}

/** Where a change comes from. */
export interface ChangeOrigin {
  readonly operation: string;
  /** What it changes: a word for the kind of thing, such as `promotion`. */
  readonly resource: string;
  /** The network of the caller; null where there is none, such as for what was scheduled. */
  readonly network: string | null;
  /** Whether the trail has been told, or that there is nothing to tell. */
  isTold: boolean;
}

/**
 * What a write says to the audit trail: the kind of thing it changes, each change of which its service records in the same
 * transaction; or why the trail needs no word of it.
 */
export type Audit = { readonly resource: string } | { readonly unaudited: string };

export interface AnswerNotes {
  /** The answer of an earlier request with this Idempotency-Key, or for this order, given again. */
  isReplay: boolean;
}

/** An answer, and whether it is that of an earlier request given again. */
export interface Answered<Answer> {
  readonly answer: Answer;
  readonly isReplay: boolean;
}

/** The answer alone; that it is a repetition is told beside it. */
export async function noted<Answer>(
  answered: Promise<Answered<Answer>>,
  notes: AnswerNotes,
): Promise<Answer> {
  const { answer, isReplay } = await answered;
  notes.isReplay = isReplay;
  return answer;
}

export interface OperationInput<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The entity tag the caller has seen, without quotes; `*` for "whatever is there". Empty unless `requiresIfMatch`, or where `takesIfMatch` and none was sent. */
  readonly ifMatch: string;
  /** The `Idempotency-Key` of the request; null without one, or unless `takesIdempotencyKey`. */
  readonly idempotencyKey: string | null;
  /** What the handler says about its answer beside the answer. */
  readonly answer: AnswerNotes;
  readonly context: OperationContext;
}

interface OperationDeclaration<Handler> {
  /** The OpenAPI operationId and the GraphQL field: a noun for a query (`promotion`), a verb first for a mutation. */
  readonly id: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With OpenAPI's braces: `/v1/promotions/{id}`. */
  readonly path: `/v1/${string}`;
  readonly graphql: "query" | "mutation";
  /**
   * A second field of GraphQL for those who want speed: body and result as single JSON values, checked and written as over
   * REST, without a type for every field.
   */
  readonly jsonField?: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** Who may, besides `admin`. `[]` is anyone with a valid key, `null` anyone at all. */
  readonly roles: readonly Role[] | null;
  readonly status?: 200 | 201 | 202 | 204;
  readonly requiresIfMatch?: true;
  /** It may be sent, and holds then. */
  readonly takesIfMatch?: true;
  /** Needed for every mutation; a query has it only where reading itself is to be known. */
  readonly audit?: Audit;
  /** Moves money or uses: a repetition with the same Idempotency-Key gets the first answer and changes nothing. */
  readonly takesIdempotencyKey?: true;
  /** Answered from what is in memory, mostly: requests that came together are worked on together (see `cohort.ts`). */
  readonly isComputed?: true;
  /**
   * Where what it reads may come from, where there is a replica. Left out: a list reads the replica; anything else the primary,
   * which alone knows what was written a moment ago, and may be decided by.
   */
  readonly reads?: "replica" | "primary";
  /** It reads so much that it may take longer than requests may otherwise: so many seconds. Its work ends itself before. */
  readonly maySeconds?: number;
  /** What one call weighs against `graphqlLimits.cost`: a read 10, anything else 1,000, unless it says so. */
  readonly cost?: number;
  readonly deprecated?: Deprecation;
  /** What can go wrong besides what follows from the declaration itself (invalid input, key, role, If-Match). */
  readonly problems: readonly ProblemCode[];
  readonly handler: Handler;
}

/** An operation whose schemas' types are forgotten: what the REST, OpenAPI and GraphQL faces are made from. */
export interface Operation
  extends OperationDeclaration<(input: OperationInput<unknown, unknown, unknown>) => unknown> {
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly result: z.ZodType;
  readonly etag?: (result: never) => string;
  readonly units?: (body: never) => number;
  readonly example?: unknown;
}

type Shapeless = z.ZodObject<Record<never, z.ZodType>>;

export interface TypedOperation<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Result extends z.ZodType,
> extends OperationDeclaration<
    (
      input: OperationInput<z.output<Params>, z.output<Query>, z.output<Body>>,
    ) => z.output<Result> | Promise<z.output<Result>>
  > {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly result: Result;
  readonly etag?: (result: z.output<Result>) => string;
  /** As how many requests it counts; left out, as one. */
  readonly units?: (body: z.output<Body>) => number;
  /** A body as somebody would send it; shown in OpenAPI, and sent by the tests. */
  readonly example?: z.input<Body>;
}

/**
 * Declares an operation once. The REST route, its validation and serialization, its OpenAPI, the GraphQL field and its
 * resolver all follow from it.
 *
 * Wire schemas stay inside what JSON Schema can say: no `transform`, `refine`, `bigint` or `date`. Input objects are
 * strict, so that a misspelt field is refused instead of ignored.
 */
export function defineOperation<
  Result extends z.ZodType,
  Params extends z.ZodObject = Shapeless,
  Query extends z.ZodObject = Shapeless,
  Body extends z.ZodType = z.ZodUndefined,
>(
  operation: TypedOperation<Params, Query, Body, Result> &
    ({ readonly graphql: "query" } | { readonly graphql: "mutation"; readonly audit: Audit }),
): Operation {
  return operation as unknown as Operation;
}

/** The context of one call of an operation. */
export function contextOf(
  { id, audit }: Pick<Operation, "id" | "audit">,
  caller: Caller,
  request: { readonly id: string; readonly ip: string; readonly socket: { readonly destroyed: boolean } },
): OperationContext {
  const { projectId, environment, apiKeyId, role, requestsPerMinute } = caller;
  const { id: requestId, socket } = request;
  const isGone = () => socket.destroyed;
  const context = { projectId, environment, apiKeyId, role, requestsPerMinute, requestId, isGone };
  if (audit === undefined || "unaudited" in audit) return context;
  const change = { operation: id, resource: audit.resource, network: networkOf(request.ip), isTold: false };
  return { ...context, change };
}

/** Throws where a service forgot to tell the audit trail, so that no test of it can pass. */
export function requireTold({ change }: OperationContext): void {
  if (change?.isTold === false) throw new Error(`${change.operation} told the audit trail nothing`);
}
