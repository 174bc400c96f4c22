/** A server that is told to close answers what has reached it, as it always does. */
import { connect } from "node:net";
import { expect, test } from "vitest";
import { createServer } from "../../src/platform/server.ts";

test("a request behind one that is under way is answered as any other, and is the last of its connection", async () => {
  const app = createServer({ logLevel: "silent" });
  let goOn = () => {};
  let isUnderWay = () => {};
  const underWay = new Promise<void>((resolve) => {
    isUnderWay = resolve;
  });
  app.get("/slow", async () => {
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    isUnderWay();
    await held;
    return { slow: true };
  });
  app.get("/next", async () => ({ next: true }));
  await app.listen({ port: 0, host: "127.0.0.1" });
  const socket = connect((app.server.address() as { port: number }).port, "127.0.0.1");
  let heard = "";
  socket.setEncoding("utf8").on("data", (text) => {
    heard += text;
  });
  const ended = new Promise((resolve) => socket.once("close", resolve));
  const ask = (path: string) => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  ask("/slow");
  await underWay;
  const closed = app.close();
  ask("/next");
  // Both have arrived: the service reads a connection in order.
  await expect.poll(() => app.server.listening).toBe(false);
  goOn();
  await Promise.all([closed, ended]);
  const [slow, next] = heard.split(/(?=HTTP\/1\.1 )/);
  expect(slow).toMatch(/^HTTP\/1\.1 200 .*\{"slow":true\}$/s);
  expect(next).toMatch(/^HTTP\/1\.1 200 .*connection: close.*x-request-id: .*\{"next":true\}$/is);
});
