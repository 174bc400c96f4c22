import type { Problem } from "./api-types.ts";

/** A request that was refused, as RFC 9457 has it. */
export class DealwrightProblem extends Error {
  readonly status: number;
  /** What to decide by; the texts may change. */
  readonly code: Problem["code"] | "unknown";
  readonly errors: NonNullable<Problem["errors"]>;
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;
  /** With what this problem has besides, such as the `quote` of a changed price. */
  readonly body: Partial<Problem>;

  constructor(status: number, body: Partial<Problem>, retryAfterSeconds: number | null) {
    super(body.detail ?? body.title ?? `answered with ${status}`);
    this.name = "DealwrightProblem";
    this.status = status;
    this.code = body.code ?? "unknown";
    this.errors = body.errors ?? [];
    this.requestId = body.requestId ?? null;
    this.retryAfterSeconds = retryAfterSeconds;
    this.body = body;
  }

  /** Also of what is no problem document: a proxy on the way may have answered. */
  static from(response: Response, text: string): DealwrightProblem {
    const isProblem = response.headers.get("content-type")?.startsWith("application/problem+json");
    const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
    return new DealwrightProblem(
      response.status,
      isProblem ? (JSON.parse(text) as Problem) : {},
      Number.isFinite(retryAfter) ? retryAfter : null,
    );
  }
}

/** No answer of the service, or none in time: what was asked may have been done. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}
