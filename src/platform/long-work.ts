import type { Socket } from "node:net";

type Connection = Pick<Socket, "destroyed">;

/** Until when, by `performance.now()`, the request that is being answered over it may take. */
const until = new WeakMap<Connection, number>();

/** The request that came over it now may be worked on for so long, and not only as long as others. */
export function allowLongWork(connection: Connection, seconds: number): void {
  until.set(connection, performance.now() + seconds * 1_000);
}

export function mayBeWorkedOn(connection: Connection): boolean {
  const end = until.get(connection);
  return end !== undefined && performance.now() < end;
}

/** It is answered: the next request over the connection has the usual time. */
export function endLongWork(connection: Connection): void {
  until.delete(connection);
}
