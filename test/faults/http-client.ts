/** Clients over real sockets, as many as there are requests under way. */
import { Agent, request as send } from "node:http";
import { requireContract } from "../contract/contract-check.ts";
import type { Attempt, History } from "./history.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Client {
  call(method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Redeems over REST or GraphQL, never throws, and writes down what happened. */
  redeem(
    server: string,
    face: Face,
    request: Record<string, unknown>,
    options?: { key?: string | null; history?: History },
  ): Promise<Attempt>;
  close(): void;
}

export type Face = "REST" | "GraphQL";

const mutation = `mutation ($input: RedemptionRequestInput!, $key: String) {
  createRedemption(input: $input, idempotencyKey: $key) { id state orderRef quote { total discount } } }`;

export function openClient(secret: string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });

  function call(
    method: string,
    url: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((settle, refuse) => {
      const request = send(url, {
        method,
        agent,
        headers: {
          authorization: `Bearer ${secret}`,
          ...(payload !== undefined && {
            "content-type": "application/json",
            "content-length": Buffer.byteLength(payload),
          }),
          ...headers,
        },
      });
      request.once("error", refuse);
      request.once("response", (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.once("error", refuse);
        response.once("end", () => {
          const { statusCode: status = 0, headers } = response;
          const text = Buffer.concat(parts).toString();
          try {
            const { pathname } = new URL(url);
            const contentType = headers["content-type"] ?? "";
            requireContract({ method, url: pathname, status, contentType, text, headers });
            settle({ status, headers, text });
          } catch (error) {
            refuse(error);
          }
        });
      });
      request.end(payload);
    });
  }

  return {
    call,
    async redeem(server, face, request, { key = null, history } = {}) {
      const sentAt = performance.now();
      const seen = (
        outcome: Pick<Attempt, "status" | "code" | "retryAfter" | "redemption" | "text">,
      ): Attempt => {
        const attempt = { request, key, sentAt, answeredAt: performance.now(), ...outcome };
        return history?.add(attempt) ?? attempt;
      };
      try {
        const answer =
          face === "REST"
            ? await call(
                "POST",
                `${server}/v1/redemptions`,
                request,
                key === null ? {} : { "idempotency-key": key },
              )
            : await call("POST", `${server}/graphql`, {
                query: mutation,
                variables: { input: request, key },
              });
        return seen(face === "REST" ? readRest(answer) : readGraphql(answer));
      } catch (error) {
        const code = String((error as { code?: unknown }).code ?? error);
        return seen({ status: null, code, retryAfter: null, redemption: null, text: "" });
      }
    },
    close: () => agent.destroy(),
  };
}

type Read = Pick<Attempt, "status" | "code" | "retryAfter" | "redemption" | "text">;

function readRest({ status, headers, text }: Answer): Read {
  const body = JSON.parse(text) as { id?: string; code?: string };
  const retryAfter = headers["retry-after"];
  return {
    status,
    code: body.code ?? null,
    retryAfter: typeof retryAfter === "string" ? retryAfter : null,
    redemption: status === 201 ? (body.id ?? null) : null,
    text,
  };
}

function readGraphql({ status, text }: Answer): Read {
  const { data, errors } = JSON.parse(text) as {
    data?: { createRedemption?: { id: string } | null } | null;
    errors?: { extensions?: { code?: string; status?: number } }[];
  };
  const redemption = data?.createRedemption?.id ?? null;
  const extensions = errors?.[0]?.extensions;
  return {
    status: redemption !== null ? 201 : (extensions?.status ?? status),
    code: redemption !== null ? null : (extensions?.code ?? null),
    retryAfter: null,
    redemption,
    text,
  };
}

/** `count` pieces of work, `width` of them at a time. */
export async function inParallel(
  count: number,
  width: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(width, count) }, async () => {
      for (let index = next++; index < count; index = next++) await work(index);
    }),
  );
}
