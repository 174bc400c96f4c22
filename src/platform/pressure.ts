/**
 * Who is turned away first when there is more to do than can be done: exports and imports, then reading, then pricing, and
 * only in the end what moves money or changes anything (a kill switch, too). Health and metrics are never turned away.
 *
 * Requests that come faster than they are worked off wait in one queue of bounded length, what matters most first, and one at
 * a time between other turns of the event loop, so that health answers meanwhile. Of the queue and of the requests under way
 * (which wait for the database) each kind may fill only so much; beyond, it is refused at once, which costs next to nothing.
 */
import type { onRequestHookHandler } from "fastify";
import { problem } from "./problem.ts";

/** From the first to be turned away to the last. */
export const loads = ["bulk", "reading", "pricing", "writing"] as const;
export type Load = (typeof loads)[number];

/** How much of all room each kind may fill, together with all others. */
export const shares: Readonly<Record<Load, number>> = { bulk: 0.25, reading: 0.5, pricing: 0.75, writing: 1 };

/** Of the places to wait: a queue that fills less is short. */
const longShare = 0.1;

export interface PressureOptions {
  /** Requests under way. */
  mostOpenRequests?: number;
  /** Requests whose turn has not come. */
  mostWaiting?: number;
  /** So long requests are begun as they come, in one turn of the event loop; what comes after waits for the next. */
  turnMilliseconds?: number;
  /** Who has waited longer is refused: somebody else can still be answered in time. */
  patienceMilliseconds?: number;
  /** A long queue that was never empty for so long is no burst: it would only keep everybody in it waiting, … */
  standingAfterMilliseconds?: number;
  /** … so that whoever changes nothing is refused after this already. */
  standingPatienceMilliseconds?: number;
}

/** The gate of each kind of load. */
export type Gates = (load: Load) => onRequestHookHandler;

/** Where nobody counts. */
export const openToAll: Gates = () => (_request, _reply, done) => done();

export interface Pressure {
  /** For the routes of a kind, before anything else is done with a request. */
  gate: Gates;
  /** For requests whose kind shows only when their body is read: nobody waits here, and whom no gate would let in is refused. */
  door: onRequestHookHandler;
  waiting(): number;
  /** How many were refused so far. */
  refused(load: Load): number;
}

interface Waiting {
  readonly load: Load;
  readonly since: number;
  proceed(error?: Error): void;
}

/** `open`: how many requests are under way. */
export function pressure(open: () => number, options: PressureOptions = {}): Pressure {
  const { mostOpenRequests = 4_096, mostWaiting = 1_000 } = options;
  const { turnMilliseconds = 10, patienceMilliseconds = 5_000 } = options;
  const { standingAfterMilliseconds = 1_000, standingPatienceMilliseconds = 500 } = options;
  const queues: Record<Load, Waiting[]> = { bulk: [], reading: [], pricing: [], writing: [] };
  const refusals: Record<Load, number> = { bulk: 0, reading: 0, pricing: 0, writing: 0 };
  let waiting = 0;
  let waitingSince = 0;
  let turnBegan = 0;
  let isInTurn = false;

  function refuse(load: Load, proceed: (error?: Error) => void): void {
    refusals[load] += 1;
    proceed(
      problem("unavailable", {
        detail: "There is more to do than can be done in time.",
        headers: { "retry-after": "1" },
      }),
    );
  }

  function isFull(load: Load): boolean {
    const share = shares[load];
    // Those that wait are under way as well, and counted once.
    return open() - waiting > share * mostOpenRequests || waiting >= share * mostWaiting;
  }

  function admit(load: Load, proceed: (error?: Error) => void): void {
    if (isFull(load)) refuse(load, proceed);
    else if (waiting === 0 && isTimeLeft()) proceed();
    else {
      const since = performance.now();
      queues[load].push({ load, since, proceed });
      waiting += 1;
      if (waiting > 1) return;
      waitingSince = since;
      setImmediate(next);
    }
  }

  function isTimeLeft(): boolean {
    if (isInTurn) return performance.now() - turnBegan < turnMilliseconds;
    isInTurn = true;
    turnBegan = performance.now();
    setImmediate(() => {
      isInTurn = false;
    });
    return true;
  }

  /** One each time: what it does comes after this function, and other sockets get their turn between. */
  function next(): void {
    const first = mostUrgent();
    if (first === undefined) return;
    // A few clients that wait for their answers are no flood, however slow the machine.
    const isLong = waiting > longShare * mostWaiting;
    waiting -= 1;
    if (waiting > 0) setImmediate(next);
    const now = performance.now();
    const isStanding = isLong && first.load !== "writing" && now - waitingSince > standingAfterMilliseconds;
    const patience = isStanding ? standingPatienceMilliseconds : patienceMilliseconds;
    if (now - first.since > patience) refuse(first.load, first.proceed);
    else first.proceed();
  }

  function mostUrgent(): Waiting | undefined {
    return queues.writing.shift() ?? queues.pricing.shift() ?? queues.reading.shift() ?? queues.bulk.shift();
  }

  return {
    gate: (load) => (_request, _reply, done) => admit(load, done as (error?: Error) => void),
    door: (_request, _reply, done) =>
      isFull("writing") ? refuse("writing", done as (error?: Error) => void) : done(),
    waiting: () => waiting,
    refused: (load) => refusals[load],
  };
}
