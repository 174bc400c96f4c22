/**
 * Which operations a replica answers: lists, and what says so of itself. There is a second set of them, made of the same services
 * over the replica's connections, so that nothing which was read there can get into what the first set keeps in memory and
 * decides by. Where the primary answers them, a set over half of its connections does: see `database-share.ts`.
 */
import { queryCanceled, sqlStateOf } from "./database.ts";
import type { Operation } from "./operation.ts";
import { isPage } from "./pagination.ts";
import type { Replica } from "./replica.ts";
import { begunAnswer, type StreamOperation } from "./stream-operation.ts";

export function readsReplica({
  method,
  reads,
  result,
}: Pick<Operation, "method" | "reads" | "result">): boolean {
  return method === "GET" && (reads ?? (isPage(result) ? "replica" : "primary")) === "replica";
}

export const streamReadsReplica = ({ reads }: Pick<StreamOperation, "reads">): boolean => reads === "replica";

/** The same operations; those of which `reads` is true are answered by the readers. */
export function readBy<Kind extends { readonly id: string; readonly handler: unknown }>(
  readers: readonly Kind[],
  operations: readonly Kind[],
  reads: (operation: Kind) => boolean,
): Kind[] {
  const readerOf = byId(readers);
  return operations.map((operation) =>
    reads(operation) ? { ...operation, handler: readerOf(operation.id).handler } : operation,
  );
}

/** The same operations; those that may read the replica do so where it is fit to be read. */
export function operationsWithReplica(
  operations: readonly Operation[],
  readers: readonly Operation[],
  replica: Pick<Replica, "isFit" | "figures">,
): Operation[] {
  const readerOf = byId(readers);
  return operations.map((operation) => {
    if (!readsReplica(operation)) return operation;
    const reader = readerOf(operation.id);
    return {
      ...operation,
      handler: (input) =>
        read(
          replica,
          async () => reader.handler(input),
          async () => operation.handler(input),
        ),
    };
  });
}

/** The same for what answers a stream. Once its first piece was sent it is not begun again: it is cut, as any other. */
export function streamsWithReplica(
  operations: readonly StreamOperation[],
  readers: readonly StreamOperation[],
  replica: Pick<Replica, "isFit" | "figures">,
): StreamOperation[] {
  const readerOf = byId(readers);
  return operations.map((operation) => {
    if (!streamReadsReplica(operation)) return operation;
    const reader = readerOf(operation.id);
    return {
      ...operation,
      handler: (input) =>
        read(
          replica,
          () => begunAnswer(reader.handler(input)),
          async () => operation.handler(input),
        ),
    };
  });
}

function byId<Kind extends { readonly id: string }>(readers: readonly Kind[]): (id: string) => Kind {
  const known = new Map(readers.map((reader) => [reader.id, reader]));
  return (id) => {
    const reader = known.get(id);
    if (reader === undefined) throw new Error(`nobody reads ${id} in place of it`);
    return reader;
  };
}

/**
 * Only a good answer is taken from the replica. A refusal may be due to what has not arrived there yet (a list of something
 * that was made a moment ago), and an error to itself: a conflict with what it replays, a lost connection. Both are the primary's
 * to say; what took too long is not asked twice.
 */
async function read<Result>(
  { isFit, figures }: Pick<Replica, "isFit" | "figures">,
  fromReplica: () => Promise<Result>,
  fromPrimary: () => Promise<Result>,
): Promise<Result> {
  if (!isFit()) {
    figures.primary += 1;
    return fromPrimary();
  }
  try {
    const result = await fromReplica();
    figures.replica += 1;
    return result;
  } catch (error) {
    if (sqlStateOf(error) === queryCanceled) throw error;
    figures.repeated += 1;
    return fromPrimary();
  }
}
