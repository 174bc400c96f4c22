import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance } from "fastify";

/** Long enough for a client that is busy to send its next request and hear that it is the last on this connection. */
const farewellMilliseconds = 1_000;
const lookEveryMilliseconds = 25;

/**
 * To be called before the app is listening. The function it answers lets clients go before the app is closed: whatever they
 * still ask is answered, and each answer is the last of its connection. Who closed at once could close just while a request
 * is on its way, and nobody could tell whether it was done.
 */
export function drainable(app: FastifyInstance): () => Promise<void> {
  const { server } = app;
  let open = 0;
  server.on("connection", (socket) => {
    open += 1;
    socket.once("close", () => {
      open -= 1;
    });
  });
  return async () => {
    server.prependListener("request", (_request, response) => {
      response.setHeader("connection", "close");
    });
    const until = performance.now() + farewellMilliseconds;
    while (open > 0 && performance.now() < until) await delay(lookEveryMilliseconds);
  };
}
