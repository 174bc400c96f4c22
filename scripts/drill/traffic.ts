/** What the drill asks a client process to do, and what that saw. */

/** Requests of one kind. `#` in a body stands for a number that no other request of the run has. */
export interface Stream {
  readonly name: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Taken in turn. */
  readonly bodies?: readonly string[];
  /**
   * `rate`: so many a second, each when it is due, however many are still unanswered. `clients`: so many at a time, each again
   * and again. `persistent`: the same, and each asks on under the same `Idempotency-Key` until it is neither told 503 nor cut off.
   */
  readonly by: "rate" | "clients" | "persistent";
  readonly count: number;
  /** The client hangs up so long after it has asked. */
  readonly leavesAfterMilliseconds?: number;
  /** Kept open, and no more than these: a request that is due while none of them is free is given up. Left out, as many as it takes. */
  readonly connections?: number;
}

export interface Sample {
  readonly stream: string;
  /** When it was sent, by the clock of the machine, in milliseconds. */
  readonly at: number;
  /** From then until the last byte of the answer. */
  readonly milliseconds: number;
  /** How much later it was sent than it was due: the client itself was held up. */
  readonly lateMilliseconds: number;
  /** 0: the connection broke; -1: none was free. */
  readonly status: number;
  readonly saysWhenToComeAgain: boolean;
  /** Of a quote: how old its rules were; null where it is not degraded. */
  readonly degradedAgeMilliseconds: number | null;
  /** What `#` stood for. */
  readonly number: number;
}

export interface Run {
  readonly url: string;
  readonly key: string;
  readonly streams: readonly Stream[];
  /** No two client processes of one drill have the same. */
  readonly firstNumber: number;
}

export type ClientQuestion =
  | { readonly type: "run"; readonly run: Run }
  | { readonly type: "stop" }
  | {
      readonly type: "dawdle";
      readonly url: string;
      readonly key: string;
      readonly sockets: number;
    };

export type ClientAnswer =
  | { readonly type: "samples"; readonly samples: Sample[] }
  /** Of each socket that sent a byte a second: how long until the service closed it, in milliseconds. */
  | { readonly type: "closed"; readonly milliseconds: number[] };
