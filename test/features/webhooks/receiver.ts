/** A receiver of webhooks: a real HTTP server that answers as it is told and keeps what it got. */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly event: {
    id: string;
    type: string;
    subject: string;
    sequence: string;
    data: Record<string, unknown>;
  };
  readonly path: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** From now on; the default is 204. */
  answer(with_: (response: ServerResponse, request: Received) => void): void;
  close(): Promise<void>;
}

export async function startReceiver(host = "127.0.0.1", port = 0): Promise<Receiver> {
  const received: Received[] = [];
  let answer = (response: ServerResponse, _request: Received): void => {
    response.writeHead(204).end();
  };
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece as Buffer);
    } catch {
      return;
    }
    const body = Buffer.concat(pieces).toString();
    const one: Received = {
      headers: request.headers as Record<string, string>,
      body,
      event: JSON.parse(body || "{}") as Received["event"],
      path: request.url ?? "",
    };
    received.push(one);
    answer(response, one);
  });
  server.listen(port, host);
  await once(server, "listening");
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    received,
    answer(with_) {
      answer = with_;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export function status(code: number, headers: Record<string, string> = {}, body = "") {
  return (response: ServerResponse): void => {
    response.writeHead(code, headers).end(body);
  };
}
