/**
 * Requests to addresses that somebody else has named, without a way inside: a socket is opened to an address that was checked, by
 * the very look-up that finds it, so that a name cannot mean one thing when it is checked and another when it is used.
 */
import { lookup as systemLookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { Agent, buildConnector, request } from "undici";
import { within } from "./patience.ts";
import { hostOf, isPublicAddress, type TargetFault, targetFault } from "./public-address.ts";

export type OutboundFailure =
  | "timed_out"
  | "not_public"
  | "unresolved"
  | "tls_failed"
  | "connection_failed"
  | TargetFault;

export interface OutboundAnswer {
  /** Null: there was no answer. */
  readonly status: number | null;
  readonly retryAfter: string | null;
  /** The beginning of the body. */
  readonly text: string;
  readonly failure: OutboundFailure | null;
  readonly milliseconds: number;
}

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export interface Outbound {
  /** What is known to be wrong with a URL; null where nothing is. A name that cannot be resolved yet is not wrong. */
  faultOf(url: string): Promise<TargetFault | null>;
  /** Never throws, never follows a redirect, reads no more than the beginning of the answer. */
  post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    /** For those who cannot wait as long as others may. */
    limit?: { mostMilliseconds: number },
  ): Promise<OutboundAnswer>;
  close(): Promise<void>;
}

export interface OutboundOptions {
  /** True: any URL and any address, for development and tests. */
  allowsEverything: boolean;
  timeoutMilliseconds?: number | undefined;
  resolve?: Resolve;
  /** Which addresses may be connected to; a test has no public ones of its own. */
  isAllowed?: (address: string) => boolean;
}

const mostAnswerBytes = 4_096;
const resolveMilliseconds = 3_000;

class NotPublic extends Error {}

export function openOutbound(options: OutboundOptions): Outbound {
  const {
    allowsEverything,
    timeoutMilliseconds = 10_000,
    resolve = (hostname) => systemLookup(hostname, { all: true }),
    isAllowed = allowsEverything ? () => true : isPublicAddress,
  } = options;

  /** All of its addresses, or none: one that is inside among others is no accident. */
  async function checkedAddresses(hostname: string): Promise<readonly ResolvedAddress[]> {
    const addresses = await resolve(hostname);
    if (addresses.length === 0) throw Object.assign(new Error("no address"), { code: "ENOTFOUND" });
    if (!addresses.every(({ address }) => isAllowed(address))) throw new NotPublic(hostname);
    return addresses;
  }

  const lookup: LookupFunction = (hostname, { all }, callback) => {
    checkedAddresses(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (all === true) callback(null, [...addresses]);
        else callback(null, first!.address, first!.family);
      },
      (error: Error) => callback(error, "", 0),
    );
  };
  const connector = buildConnector({ lookup, autoSelectFamily: true, timeout: timeoutMilliseconds });
  const agent = new Agent({
    connect(target, callback) {
      const host = hostOf(target.hostname);
      // Nobody looks up what is an address already.
      if (isIP(host) !== 0 && !isAllowed(host)) callback(new NotPublic(host), null);
      else connector(target, callback);
    },
  });

  return {
    async faultOf(url) {
      if (allowsEverything) return isHttp(url) ? null : "url_invalid";
      const fault = targetFault(url);
      if (fault !== null) return fault;
      try {
        await within(resolveMilliseconds, checkedAddresses(hostOf(new URL(url).hostname)));
        return null;
      } catch (error) {
        return error instanceof NotPublic ? "url_not_public" : null;
      }
    },

    async post(url, headers, body, { mostMilliseconds } = { mostMilliseconds: timeoutMilliseconds }) {
      const from = performance.now();
      const answered = (rest: Omit<OutboundAnswer, "milliseconds">): OutboundAnswer => ({
        ...rest,
        milliseconds: Math.round(performance.now() - from),
      });
      const refused = (failure: OutboundFailure) =>
        answered({ status: null, retryAfter: null, text: "", failure });
      const fault = allowsEverything ? null : targetFault(url);
      if (fault !== null) return refused(fault);
      try {
        const response = await request(url, {
          method: "POST",
          headers,
          body,
          dispatcher: agent,
          signal: AbortSignal.timeout(Math.min(mostMilliseconds, timeoutMilliseconds)),
        });
        const retryAfter = response.headers["retry-after"];
        return answered({
          status: response.statusCode,
          retryAfter: typeof retryAfter === "string" ? retryAfter : null,
          text: await beginningOf(response.body),
          failure: null,
        });
      } catch (error) {
        return refused(failureOf(error));
      }
    },

    close: () => agent.close(),
  };
}

function isHttp(url: string): boolean {
  return URL.canParse(url) && ["http:", "https:"].includes(new URL(url).protocol);
}

async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of body) {
    pieces.push(piece);
    length += piece.length;
    // Leaving the loop ends the connection: whoever answers endlessly is not listened to.
    if (length > mostAnswerBytes) break;
  }
  return Buffer.concat(pieces).subarray(0, mostAnswerBytes).toString("utf8");
}

function failureOf(error: unknown): OutboundFailure {
  if (error instanceof NotPublic) return "not_public";
  const { name = "", code = "", cause } = (error ?? {}) as { name?: string; code?: string; cause?: unknown };
  if (name === "TimeoutError" || /TIMEOUT|ETIMEDOUT/.test(code)) return "timed_out";
  if (/^(ENOTFOUND|EAI_|ENODATA)/.test(code)) return "unresolved";
  if (/CERT|TLS|SSL|EPROTO|SELF_SIGNED|UNABLE_TO/.test(code)) return "tls_failed";
  return cause instanceof Error ? failureOf(cause) : "connection_failed";
}
