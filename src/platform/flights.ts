/**
 * Statements that are sent together and answered together, so that several cost one round trip.
 *
 * Each is still a statement by itself: one that fails does not keep the next from being carried out. In a transaction that is
 * harmless, as PostgreSQL refuses everything after a failure, and answers a `commit` with a rollback.
 */
import type pg from "pg";

/** What of pg's own class is used and its published types leave out. */
interface Pipelining {
  pipeline: boolean;
  readonly connection: { readonly stream: { cork(): void; uncork(): void } };
}

/** Sends what `send` asks of the client at once. Resolves or rejects, with the first error, when all of it is answered. */
export async function inOneFlight<Answers extends readonly unknown[]>(
  client: pg.ClientBase,
  send: () => { readonly [Place in keyof Answers]: Promise<Answers[Place]> },
): Promise<Answers> {
  const line = client as pg.ClientBase & Pipelining;
  const { stream } = line.connection;
  line.pipeline = true;
  try {
    stream.cork();
    let sent: readonly Promise<unknown>[];
    try {
      sent = send();
    } finally {
      stream.uncork();
    }
    // All of them: as long as one is under way, nothing else may be asked of the client.
    await Promise.allSettled(sent);
    return (await Promise.all(sent)) as unknown as Answers;
  } finally {
    line.pipeline = false;
  }
}
