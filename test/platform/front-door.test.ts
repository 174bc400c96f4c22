import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { frontDoor } from "../../src/platform/front-door.ts";
import { followRequests } from "../../src/platform/open-requests.ts";
import { pressure } from "../../src/platform/pressure.ts";
import { securityHeaders } from "../../src/platform/security-headers.ts";
import { createServer as createFramework } from "../../src/platform/server.ts";

const cart = "/v1/evaluations";

/** What gets by the front door is answered with what was sent. */
async function house(full: ReturnType<typeof pressure>) {
  const begun: string[] = [];
  const refused: string[] = [];
  const front = frontDoor({
    pressure: full,
    cartPaths: new Set([cart]),
    onRefused: (path) => void refused.push(path),
  });
  const echo = async (incoming: IncomingMessage, response: ServerResponse) => {
    begun.push(incoming.url ?? "");
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part);
    response.end(Buffer.concat(parts));
  };
  const server = createServer(front(echo));
  await once(server.listen(0, "127.0.0.1"), "listening");
  // One connection for everything: what is refused leaves it as good as new.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => {
    agent.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  let connections = 0;
  server.on("connection", () => {
    connections += 1;
  });

  async function send(method: string, path: string, parts: readonly string[] = []) {
    const outgoing = request({
      port,
      host: "127.0.0.1",
      method,
      path,
      agent,
      headers: { "x-request-id": "mine" },
    });
    for (const part of parts) await new Promise((sent) => outgoing.write(part, sent));
    outgoing.end();
    const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
    let text = "";
    for await (const part of answer.setEncoding("utf8")) text += part;
    return { status: answer.statusCode, headers: answer.headers, text };
  }
  return { port, server, begun, refused, send, connections: () => connections };
}

/** One that has no room for carts. */
const fullHouse = () => house(pressure(() => 1, undefined, { mostOpenRequests: 0 }));

test("a cart is refused before anything of its body is read, and everything else goes by", async () => {
  const { send, begun, refused, connections } = await fullHouse();
  const { status, headers, text } = await send("POST", cart, ["no JSON at all"]);
  expect(status).toBe(503);
  expect(headers).toMatchObject({
    ...securityHeaders,
    "content-type": "application/problem+json",
    "retry-after": "1",
    "x-request-id": "mine",
  });
  expect(JSON.parse(text)).toMatchObject({ status: 503, code: "unavailable", requestId: "mine" });
  expect(Number(headers["content-length"])).toBe(Buffer.byteLength(text));
  for (const [method, path] of [
    ["GET", "/livez"],
    ["GET", cart],
    ["POST", "/v1/redemptions"],
  ] as const)
    expect((await send(method, path)).status).toBe(200);
  expect([begun, refused, connections()]).toEqual([["/livez", cart, "/v1/redemptions"], [cart], 1]);
});

test("of documents those are refused that can only be quotes; the others come through whole", async () => {
  const { send, refused, connections } = await fullHouse();
  const quote = JSON.stringify({ query: "{ evaluate(input: {}) { total } }" });
  expect((await send("POST", "/graphql", [quote])).status).toBe(503);
  const change = JSON.stringify({ query: "mutation { redeem(input: {}) { id } }" });
  const named = JSON.stringify({ documentId: "sha256:0" });
  const apollo = JSON.stringify({ extensions: { persistedQuery: { sha256Hash: "0" } } });
  for (const body of [change, named, apollo])
    expect(await send("POST", "/graphql", [body])).toMatchObject({ status: 200, text: body });
  // Nobody knows yet what comes after the first part.
  const halves = [quote.slice(0, 10), " ".repeat(1_000_000), quote.slice(10)];
  expect(await send("POST", "/graphql", halves)).toMatchObject({ status: 200, text: halves.join("") });
  expect((await send("POST", "/graphql", [quote])).status).toBe(503);
  expect([refused, connections()]).toEqual([["/graphql", "/graphql"], 1]);
});

/** Where no cart is begun before `begin` is called. */
function busyPlace(options: Parameters<typeof pressure>[2] = {}) {
  let begunCarts = 1;
  const busy = pressure(
    () => 0,
    () => begunCarts,
    { mostBegunCarts: 1, ...options },
  );
  const begin = () => {
    begunCarts = 0;
  };
  return { busy, begin };
}

function sendCart(port: number) {
  const client = connect(port, "127.0.0.1");
  client.write(`POST ${cart} HTTP/1.1\r\nhost: shop\r\ncontent-length: 2\r\n\r\n{}`);
  return client;
}

test.each(["begun", "refused"])("a cart whose client has left while it waited is not %s", async (isNot) => {
  const { busy, begin } = busyPlace({ mostWaiting: 1 });
  const { port, server, begun, refused } = await house(busy);
  const arrived = once(server, "request");
  const client = sendCart(port);
  const [{ socket }] = await arrived;
  const gone = once(socket, "close");
  client.destroy();
  await gone;
  // The next takes the place of the oldest.
  if (isNot === "refused") busy.admitCart({} as never, 0, () => {});
  begin();
  await vi.waitFor(() => expect(busy.waiting()).toBe(0));
  expect([begun, refused, busy.refused("pricing")]).toEqual([[], [], 0]);
});

test("what a cart waits for its turn is of the time it took, and of the time it has", async () => {
  const { busy, begin } = busyPlace();
  const seconds: number[] = [];
  const times = { observe: (...[, , , one]: [string, string, number, number]) => void seconds.push(one) };
  const cartPaths = new Set([cart]);
  const app = createFramework({
    logLevel: "silent",
    front: frontDoor({ pressure: busy, cartPaths, onRefused: () => {} }),
  });
  followRequests(app, { times });
  app.post(cart, { onRequest: busy.gate("pricing") }, async () => "priced");
  onTestFinished(() => app.close());
  await app.listen({ port: 0, host: "127.0.0.1" });
  const answer = fetch(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}${cart}`, {
    method: "POST",
  });
  await vi.waitFor(() => expect(busy.waiting()).toBe(1));
  const seen = performance.now();
  await vi.waitFor(() => expect(performance.now() - seen).toBeGreaterThan(100));
  begin();
  expect(await (await answer).text()).toBe("priced");
  expect(seconds).toEqual([expect.any(Number)]);
  expect(seconds[0]).toBeGreaterThan(0.1);
});
