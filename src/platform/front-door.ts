/**
 * In front of the framework: what it would take to refuse a cart there is a third of what it takes to price it. Here carts wait
 * for their turn and are refused without anything being made of them but what Node's parser makes.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { type Pressure, tooMuchToDo } from "./pressure.ts";
import { problemBody } from "./problem.ts";
import { securityHeaders } from "./security-headers.ts";
import { requestIdOf } from "./server.ts";

export interface FrontDoorOptions {
  readonly pressure: Pick<Pressure, "admitCart" | "isBusy">;
  /** Of the operations that price a cart and change nothing; sent by POST, without a query. */
  readonly cartPaths: ReadonlySet<string>;
  /** Told of each that was refused here. */
  readonly onRefused: (path: string, seconds: number) => void;
}

export const graphqlPath = "/graphql";

/** What stands between Node's server and the listener of the framework. */
export function frontDoor({
  pressure,
  cartPaths,
  onRefused,
}: FrontDoorOptions): (next: RequestListener) => RequestListener {
  function admit(request: IncomingMessage, response: ServerResponse, path: string, next: RequestListener) {
    const since = performance.now();
    pressure.admitCart(request, since, (refusal) => {
      if (request.socket.destroyed) return false;
      if (refusal === undefined) next(request, response);
      else {
        refuse(request, response);
        onRefused(path, (performance.now() - since) / 1_000);
      }
      return true;
    });
  }

  return (next) => (request, response) => {
    const { method, url = "" } = request;
    if (method !== "POST") next(request, response);
    else if (cartPaths.has(url)) admit(request, response, url, next);
    // Its kind shows in its body, which comes with the head, mostly. A list waits as a quote does, and is refused as a list once it
    // is read.
    else if (url === graphqlPath && pressure.isBusy())
      setImmediate(() => {
        if (mayChangeSomething(request)) next(request, response);
        else admit(request, response, url, next);
      });
    else next(request, response);
  };
}

/** What a document is that has not all come, or is only named, shows when it is read. */
const wordsOfChange = /mutation|documentId|persistedQuery/;

function mayChangeSomething(request: IncomingMessage): boolean {
  const body: Buffer | null = request.read();
  if (body !== null) request.unshift(body);
  return body === null || !request.complete || wordsOfChange.test(body.toString("latin1"));
}

const [bodyStart = "", bodyEnd = ""] = JSON.stringify(problemBody(tooMuchToDo, "#")).split("#");
const headers = Object.entries({
  ...securityHeaders,
  ...tooMuchToDo.headers,
  "content-type": "application/problem+json",
}).flat();

function refuse(request: IncomingMessage, response: ServerResponse): void {
  // Nothing in it needs to be escaped.
  const requestId = requestIdOf(request);
  const body = `${bodyStart}${requestId}${bodyEnd}`;
  response.writeHead(tooMuchToDo.status, [
    ...headers,
    "x-request-id",
    requestId,
    "content-length",
    String(body.length),
  ]);
  response.end(body);
  request.resume();
}
