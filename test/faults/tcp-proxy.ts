/** Stands between a server and its PostgreSQL and cuts the line at the worst moment. */
import { connect, createServer, type Socket } from "node:net";

/** What becomes of a `commit`: the way it goes, or the line is cut before it, or after it and before its answer. */
export type Fate = "pass" | "lose the request" | "lose the answer";

export interface TcpProxy {
  /** The same database by way of the proxy. */
  readonly connectionString: string;
  /** Decides over every commit that comes by. */
  onCommit: () => Fate;
  /** Cuts every line, and lets nobody through until it is told otherwise. */
  setDown(isDown: boolean): void;
  /** Keeps every line open, and lets nothing through. What was sent meanwhile is lost. */
  setHung(isHung: boolean): void;
  /** From now on notes what the server says, each time all that it says before it hears an answer: a round trip. */
  listen(): readonly { readonly said: string }[];
  /** Where new connections go from now on. */
  retarget(connectionString: string): void;
  close(): Promise<void>;
}

/** A simple query of the wire protocol: `Q`, its length and the text. */
const commit = Buffer.from("Q\0\0\0\u000bcommit\0", "latin1");

export async function startProxy(connectionString: string): Promise<TcpProxy> {
  let target = new URL(connectionString);
  const sockets = new Set<Socket>();
  let isDown = false;
  let isHung = false;
  let trips: { said: string }[] | null = null;
  const server = createServer((client) => {
    if (isDown) {
      client.destroy();
      return;
    }
    const upstream = connect({ host: target.hostname, port: Number(target.port) });
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    let isCutByAnswer = false;
    let trip: { said: string } | null = null;
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on("error", cut);
      socket.on("close", () => {
        sockets.delete(socket);
        cut();
      });
    }
    client.on("data", (data) => {
      if (isHung) return undefined;
      const fate = data.indexOf(commit) < 0 ? "pass" : proxy.onCommit();
      if (fate === "lose the request") return cut();
      if (trip === null && trips !== null) {
        trip = { said: "" };
        trips.push(trip);
      }
      if (trip !== null) trip.said += data.toString("latin1");
      isCutByAnswer ||= fate === "lose the answer";
      upstream.write(data);
    });
    upstream.on("data", (data) => {
      if (isHung) return;
      trip = null;
      if (isCutByAnswer) cut();
      else client.write(data);
    });
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const own = new URL(connectionString);
  own.port = String((server.address() as { port: number }).port);
  const proxy: TcpProxy = {
    connectionString: own.href,
    onCommit: () => "pass",
    setDown(now) {
      isDown = now;
      if (isDown) for (const socket of sockets) socket.destroy();
    },
    setHung(now) {
      isHung = now;
    },
    listen() {
      trips = [];
      return trips;
    },
    retarget(next) {
      target = new URL(next);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((settle) => server.close(() => settle()));
    },
  };
  return proxy;
}
