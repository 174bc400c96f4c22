/**
 * Every way a request can fail, once. REST renders a row as RFC 9457 `application/problem+json`, GraphQL as an error
 * with the same members under `extensions`; `openapi/problems.md` is written from this table and a test compares both.
 *
 * A promotion that does not apply is not a problem: that is data in a 200.
 */
export interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

export const problems = {
  "malformed-json": { status: 400, title: "The body is not well-formed JSON." },
  "invalid-request": { status: 400, title: "The request does not match its schema." },
  "invalid-promotion": { status: 400, title: "The promotion cannot work as written." },
  "guessable-codes": { status: 400, title: "So many codes of this form would be too easily guessed." },
  "invalid-cursor": { status: 400, title: "The cursor was not issued by this list." },
  "invalid-graphql": { status: 400, title: "The GraphQL document is not valid." },
  "graphql-too-complex": { status: 400, title: "The GraphQL document asks for too much at once." },
  "graphql-document-unknown": { status: 400, title: "No GraphQL document is registered under this hash." },
  unauthenticated: { status: 401, title: "A valid API key is required." },
  "forbidden-role": { status: 403, title: "The role of this API key does not allow this." },
  "live-key-required": { status: 403, title: "This needs a key of the live environment." },
  "route-not-found": { status: 404, title: "There is no such route." },
  "api-key-not-found": { status: 404, title: "There is no such API key." },
  "promotion-not-found": { status: 404, title: "There is no such promotion." },
  "evaluation-not-found": { status: 404, title: "There is no such stored evaluation." },
  "scheduled-change-not-found": { status: 404, title: "There is no such scheduled change of the promotion." },
  "coupon-pool-not-found": { status: 404, title: "There is no such coupon pool." },
  "coupon-not-found": { status: 404, title: "There is no such coupon." },
  "points-spend-not-found": { status: 404, title: "There is no such spend of points." },
  "job-not-found": { status: 404, title: "There is no such job." },
  "simulation-not-found": { status: 404, title: "There is no such simulation." },
  "order-not-found": { status: 404, title: "There is no such order." },
  "competitor-offer-not-found": { status: 404, title: "No such offer of a competitor was recorded." },
  "dealer-not-found": { status: 404, title: "There is no such dealer." },
  "contract-not-found": { status: 404, title: "There is no such contract." },
  "territory-flag-not-found": {
    status: 404,
    title: "The order is not flagged as shipped outside of its dealer's territory.",
  },
  "quote-not-found": { status: 404, title: "There is no such quote." },
  "price-list-not-found": { status: 404, title: "There is no such price list." },
  "list-price-not-found": { status: 404, title: "The list has no price for this SKU." },
  "rebate-agreement-not-found": { status: 404, title: "There is no such rebate agreement." },
  "rebate-period-not-found": { status: 404, title: "The agreement has no such period." },
  "rebate-statement-not-found": { status: 404, title: "There is no such statement." },
  "customer-not-found": { status: 404, title: "There is no such customer." },
  "customers-not-mergeable": { status: 409, title: "These two cannot become one customer." },
  "segment-not-found": { status: 404, title: "There is no such segment." },
  "automation-not-found": { status: 404, title: "There is no such automation." },
  "campaign-not-found": { status: 404, title: "There is no such campaign." },
  "policy-not-found": { status: 404, title: "The campaign has no such policy." },
  "policy-action-not-found": { status: 404, title: "No policy of the campaign did this." },
  "rfm-not-configured": { status: 404, title: "The project has not said by what customers are scored." },
  "referral-programme-not-found": { status: 404, title: "There is no such referral programme." },
  "referral-code-not-found": { status: 404, title: "There is no such referral code." },
  "check-in-programme-not-found": { status: 404, title: "There is no such check-in programme." },
  "challenge-not-found": { status: 404, title: "There is no such challenge." },
  "draw-not-found": { status: 404, title: "There is no such draw." },
  "tiers-not-configured": { status: 404, title: "The project has not said which tiers there are." },
  "redemption-not-found": { status: 404, title: "There is no such redemption." },
  "offline-flag-not-found": { status: 404, title: "There is no such flag." },
  "group-buy-not-found": { status: 404, title: "There is no such group." },
  "webhook-not-found": { status: 404, title: "There is no such webhook." },
  "webhook-delivery-not-found": { status: 404, title: "There is no such delivery." },
  "method-not-allowed": { status: 405, title: "The route exists, but not for this method." },
  "request-timeout": { status: 408, title: "The request did not arrive in time." },
  "not-acceptable": { status: 406, title: "It cannot be answered in any of the media types asked for." },
  "promotion-key-taken": { status: 409, title: "Another promotion of the project has this key." },
  "segment-key-taken": { status: 409, title: "Another segment of the project has this key." },
  "segment-by-conditions": { status: 409, title: "Who is in this segment follows from its conditions." },
  "automation-key-taken": { status: 409, title: "Another automation of the project has this key." },
  "automation-state-conflict": { status: 409, title: "The automation's state does not allow this." },
  "automation-not-ready": { status: 409, title: "Something that the automation names is not there." },
  "campaign-key-taken": { status: 409, title: "Another campaign of the project has this key." },
  "campaign-state-conflict": { status: 409, title: "The campaign's state does not allow this." },
  "campaign-cost-conflict": { status: 409, title: "The campaign has another cost entry under this id." },
  "coupon-pool-key-taken": { status: 409, title: "Another coupon pool of the project has this key." },
  "measurement-too-slow": { status: 503, title: "There is more to measure than can be done in time." },
  "coupon-state-conflict": { status: 409, title: "The coupon's state does not allow this." },
  "claim-refused": { status: 409, title: "No coupon of this pool can be claimed." },
  "points-refused": { status: 409, title: "These points cannot be spent, taken or given back." },
  "points-spend-state-conflict": { status: 409, title: "The state of this spend does not allow this." },
  "promotion-state-conflict": { status: 409, title: "The promotion's state does not allow this." },
  "approval-required": { status: 409, title: "Somebody else has to approve the promotion as it is." },
  "approval-refused": { status: 409, title: "This key cannot approve the promotion." },
  "scheduled-change-settled": { status: 409, title: "The scheduled change has been applied or has failed." },
  "promotion-killed": { status: 409, title: "A promotion of the reservation was stopped." },
  "project-stopped": { status: 409, title: "The promotions of the project are stopped." },
  "api-key-revoked": { status: 409, title: "The API key is revoked." },
  // Spelled as the public contract has it, unlike its neighbours.
  price_changed: { status: 409, title: "The order costs something else now." },
  "code-not-applied": { status: 409, title: "A code of the order does not apply." },
  "quote-expired": { status: 409, title: "The quote does not hold any more." },
  "quote-redeemed": { status: 409, title: "An order was redeemed by this quote." },
  "quote-exhausted": { status: 409, title: "Something that the quote takes is gone." },
  "quote-mismatch": { status: 409, title: "The order is not what was quoted." },
  "minimum-order-not-met": { status: 409, title: "The order breaks minimum order rules of a price list." },
  "deposit-not-usable": { status: 409, title: "A deposit of the order proves nothing." },
  "order-already-redeemed": { status: 409, title: "The order has a redemption with other contents." },
  "group-buy-refused": { status: 409, title: "There is no seat for this order." },
  "group-open": { status: 409, title: "The group of this order is not complete." },
  "redemption-state-conflict": { status: 409, title: "The redemption's state does not allow this." },
  "return-refused": { status: 409, title: "The goods cannot be returned like this." },
  "redemption-expired": { status: 409, title: "The reservation has expired." },
  // Spelled as the public contract has it, unlike its neighbours.
  stale: { status: 409, title: "Something later is known already." },
  stale_version: { status: 409, title: "A newer version of the order is stored already." },
  "order-version-conflict": {
    status: 409,
    title: "This version of the order is stored with other contents.",
  },
  "order-redemption-mismatch": { status: 409, title: "The redemption is not this order's." },
  "order-state-conflict": { status: 409, title: "The order's state does not allow this." },
  "voucher-refused": { status: 409, title: "This cannot be promised without a network." },
  "fund-period-open": { status: 409, title: "The month is not over yet." },
  "fund-period-settled": { status: 409, title: "The month is settled with another reference." },
  "contract-closed": {
    status: 409,
    title: "The contract was renewed, has ended or was cancelled: it stays as it is.",
  },
  "territory-flag-cleared": { status: 409, title: "The order was cleared for another reason." },
  "rebate-agreement-settled": {
    status: 409,
    title: "A period of the agreement is closed: what it says cannot change any more.",
  },
  "rebate-period-not-closable": { status: 409, title: "The period cannot be closed now." },
  "rebate-statement-state-conflict": { status: 409, title: "The statement is not in a state for this." },
  "too-many-rebate-agreements": {
    status: 409,
    title: "The project has as many rebate agreements as it may have.",
  },
  "offline-flag-resolved": { status: 409, title: "The flag was resolved with another note." },
  "idempotency-key-in-use": { status: 409, title: "A request with this Idempotency-Key is being worked on." },
  "too-many-segments": {
    status: 409,
    title: "The project has as many segments by conditions as it may have.",
  },
  "too-many-programmes": { status: 409, title: "The project has as many programmes as it may have." },
  "too-many-policies": { status: 409, title: "The campaign has as many policies as it may have." },
  "check-in-refused": { status: 409, title: "This check-in does not count." },
  "draw-key-taken": { status: 409, title: "Another draw of the project has this key." },
  "draw-ticket-refused": { status: 409, title: "This ticket cannot be drawn." },
  "referral-programme-closed": { status: 409, title: "The referral programme is not open now." },
  "too-many-automations": {
    status: 409,
    title: "The project has as many automations in force as it may have.",
  },
  "launch-check-required": {
    status: 409,
    title: "The campaign of this promotion has to pass its launch check first.",
  },
  "too-many-simulations": {
    status: 409,
    title: "The project has as many simulations, or as many that are not over, as it may have.",
  },
  "simulation-running": { status: 409, title: "The simulation is not over: cancel its job first." },
  "too-many-webhooks": { status: 409, title: "The project has as many webhooks as it may have." },
  "events-deleted": { status: 410, title: "Events that come after this cursor have been deleted." },
  "precondition-failed": { status: 412, title: "It was changed since the ETag was read." },
  "body-too-large": { status: 413, title: "The body is larger than the limit." },
  "unsupported-media-type": { status: 415, title: "The body is not of a media type that is read here." },
  "idempotency-key-reused": { status: 422, title: "The Idempotency-Key belongs to another request." },
  "evaluation-too-complex": { status: 422, title: "Pricing this cart takes more than one evaluation may." },
  "precondition-required": { status: 428, title: "An If-Match header with the current ETag is required." },
  "too-many-requests": {
    status: 429,
    title: "The API key, or its project, asks for more than it may at once.",
  },
  "too-many-attempts": { status: 429, title: "Too many wrong codes were tried." },
  "headers-too-large": { status: 431, title: "The request headers are larger than the limit." },
  "internal-error": { status: 500, title: "Something went wrong on our side." },
  "guarantee-unavailable": {
    status: 503,
    title: "What this needs cannot be vouched for right now. Try again.",
  },
  unavailable: { status: 503, title: "The service cannot answer right now. Try again." },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problems;

/** One thing that is wrong with the request. `path` is a JSON Pointer into the part it is about (`/lines/0/quantity`). */
export interface ProblemError {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

export interface ProblemDetails {
  readonly detail?: string | undefined;
  readonly errors?: readonly ProblemError[] | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Further members of this problem (RFC 9457 §3.2), such as the quote that a changed price comes with. */
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  readonly detail: string | undefined;
  readonly errors: readonly ProblemError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(code: ProblemCode, { detail, errors, headers, extensions }: ProblemDetails = {}) {
    super(detail ?? problems[code].title);
    this.name = "Problem";
    this.code = code;
    this.status = problems[code].status;
    this.title = problems[code].title;
    this.detail = detail;
    this.errors = errors;
    this.headers = headers ?? {};
    this.extensions = extensions ?? {};
  }
}

/** `throw problem("promotion-not-found", { detail })` anywhere in the shell. */
export function problem(code: ProblemCode, details?: ProblemDetails): Problem {
  return new Problem(code, details);
}

export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail?: string;
  readonly errors?: readonly ProblemError[];
  readonly requestId: string;
}

export function problemBody(failure: Problem, requestId: string): ProblemBody {
  return {
    type: `https://dealwright.dev/problems/${failure.code}`,
    title: failure.title,
    status: failure.status,
    code: failure.code,
    ...(failure.detail !== undefined && { detail: failure.detail }),
    ...(failure.errors !== undefined && { errors: failure.errors }),
    ...failure.extensions,
    requestId,
  };
}

/** The Markdown table of `openapi/problems.md`. */
export function problemsDocument(): string {
  const rows = Object.entries(problems).map(
    ([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`,
  );
  return [
    "# Problems",
    "",
    "Every refusal, over REST (RFC 9457 `application/problem+json`) and over GraphQL (`errors[].extensions`), carries one of these codes.",
    "Generated from `src/platform/problem.ts` by `npm run generate`; do not edit.",
    "",
    "| code | status | title |",
    "|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
