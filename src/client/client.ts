/**
 * A client for shops, tills and back offices: every operation by its name, with its types; time-outs, retries and
 * idempotency keys built in. It needs nothing but `fetch`.
 *
 *     const shop = dealwright({ baseUrl: "http://localhost:8080", apiKey });
 *     const { data: quote } = await shop.evaluate({ body: { currency: "EUR", lines } });
 */
import { type Operations, routes } from "./api-types.ts";
import { DealwrightProblem, Unreachable } from "./client-errors.ts";

export type * from "./api-types.ts";
export { DealwrightProblem, Unreachable } from "./client-errors.ts";

export interface ClientOptions {
  /** Where the service is, without `/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Of each attempt; 10 seconds if left out. */
  readonly timeoutMilliseconds?: number;
  /** Attempts in all; 4 if left out, 1 for none but the first. */
  readonly mostAttempts?: number;
  /** The longest wait between two attempts; 10 seconds if left out. Where `Retry-After` asks for more, there is no further attempt. */
  readonly mostWaitMilliseconds?: number;
  readonly fetch?: typeof globalThis.fetch;
}

export interface Answer<Data> {
  readonly data: Data;
  /** For `ifMatch`, without quotes; null where there is none. */
  readonly etag: string | null;
  /** True of the answer of an earlier request, given again. */
  readonly isReplay: boolean;
  readonly requestId: string | null;
}

export interface CallOptions {
  /** Ends the call, also between two attempts. */
  readonly signal?: AbortSignal;
}

type Id = keyof Operations;
type Request<Of extends Id> = Operations[Of]["request"];
type IsOptional<Given> = Record<never, never> extends Given ? true : false;

/** Every operation as a function; whoever has nothing to say says nothing. */
export type Client = {
  readonly [Of in Id]: IsOptional<Request<Of>> extends true
    ? (request?: Request<Of>, options?: CallOptions) => Promise<Answer<Operations[Of]["answer"]>>
    : (request: Request<Of>, options?: CallOptions) => Promise<Answer<Operations[Of]["answer"]>>;
};

interface AnyRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly ifMatch?: string;
  readonly idempotencyKey?: string;
}

/** Throws `DealwrightProblem` for what is refused, `Unreachable` when no attempt was answered. */
export function dealwright(options: ClientOptions): Client {
  const ids = Object.keys(routes) as Id[];
  const functions = ids.map((id) => [
    id,
    (request: AnyRequest = {}, call: CallOptions = {}) => ask(options, id, request, call),
  ]);
  return Object.fromEntries(functions) as Client;
}

async function ask(options: ClientOptions, id: Id, request: AnyRequest, { signal }: CallOptions) {
  const { mostAttempts = 4, mostWaitMilliseconds = 10_000 } = options;
  const { isRepeatable, takesIdempotencyKey } = routes[id];
  // One key for all attempts: whichever of them was done, it was done once.
  const idempotencyKey = takesIdempotencyKey ? (request.idempotencyKey ?? crypto.randomUUID()) : undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(options, id, request, idempotencyKey, signal);
    } catch (error) {
      const mayHelp = isWorthRepeating(error, isRepeatable);
      if (!mayHelp || attempt >= mostAttempts || signal?.aborted) throw error;
      const wanted = error instanceof DealwrightProblem ? error.retryAfterSeconds : null;
      if (wanted !== null && wanted * 1_000 > mostWaitMilliseconds) throw error;
      // Anywhere up to twice as long each time, so that many who failed together do not come back together.
      const backOff = Math.min(Math.random() * 200 * 2 ** attempt, mostWaitMilliseconds);
      await pause(wanted === null ? backOff : wanted * 1_000, signal);
    }
  }
}

/**
 * A refusal for want of room, or because the request did not arrive whole, was not begun; anything else that failed may have been
 * done. Whoever has tried too many codes is not helped by trying on.
 */
function isWorthRepeating(error: unknown, isRepeatable: boolean): boolean {
  if (error instanceof Unreachable) return isRepeatable;
  if (!(error instanceof DealwrightProblem)) return false;
  if (error.code === "too-many-attempts") return false;
  return (
    error.status === 429 ||
    error.code === "request-timeout" ||
    (isRepeatable && (error.status >= 502 || error.status === 408 || error.code === "idempotency-key-in-use"))
  );
}

async function send(
  { baseUrl, apiKey, timeoutMilliseconds = 10_000, fetch = globalThis.fetch }: ClientOptions,
  id: Id,
  { params = {}, query = {}, body, ifMatch }: AnyRequest,
  idempotencyKey: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Answer<never>> {
  const { method, path } = routes[id];
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const timeout = AbortSignal.timeout(timeoutMilliseconds);
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${baseUrl.replace(/\/$/, "")}${filled}${search.size > 0 ? `?${search}` : ""}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        accept: "application/json",
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(ifMatch !== undefined && {
          "if-match": ifMatch === "*" ? ifMatch : `"${ifMatch.replaceAll('"', "")}"`,
        }),
        ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    text = await response.text();
  } catch (error) {
    signal?.throwIfAborted();
    throw new Unreachable(`${id} was not answered`, { cause: error });
  }
  if (!response.ok) throw DealwrightProblem.from(response, text);
  return {
    data: (text === "" ? null : parsed(id, text)) as never,
    etag: response.headers.get("etag")?.replaceAll(/^(W\/)?"|"$/g, "") ?? null,
    isReplay: response.headers.get("idempotent-replayed") === "true",
    requestId: response.headers.get("x-request-id"),
  };
}

/** Whatever stands in between and answers in the service's place, such as the page where a guest of a network signs in, knows no JSON. */
function parsed(id: Id, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Unreachable(`${id} was answered by something else`, { cause: error });
  }
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
