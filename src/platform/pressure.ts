/**
 * Who is turned away first when there is more to do than can be done: exports and imports, then reading, then pricing, and
 * only in the end what moves money or changes anything (a kill switch, too). Health and metrics are never turned away.
 *
 * Requests that come faster than they are worked off wait in one queue of bounded length, what matters most first, and are begun
 * a few at a time between other turns of the event loop, so that health answers meanwhile. Of the queue and of the requests under
 * way (which wait for the database) each kind may fill only so much.
 *
 * Where many wait, and some for long, the newest go first: who came long ago has left by now, and what is done for them is lost
 * (Facebook's "adaptive LIFO", Maurer, "Fail at Scale", ACM Queue 2015). The oldest are refused in their time, and not before: a
 * connection that waits for its answer brings no other request, and so costs nothing. A queue that is long and yet gets along is
 * worked off in the order in which they came. Not one that stands: what has waited for long is dearer to do (the drill of overload
 * priced a third less where the oldest always went first; what waits outlives the collections of young garbage).
 */
import type { IncomingMessage } from "node:http";
import type { onRequestHookHandler } from "fastify";
import { type Problem, problem } from "./problem.ts";

/** From the first to be turned away to the last. */
export const loads = ["bulk", "reading", "pricing", "writing"] as const;
export type Load = (typeof loads)[number];

/** How much of all room each kind may fill, together with all others. */
export const shares: Readonly<Record<Load, number>> = { bulk: 0.25, reading: 0.5, pricing: 0.75, writing: 1 };

export interface PressureOptions {
  /** Requests under way. */
  mostOpenRequests?: number;
  /** Requests whose turn has not come. */
  mostWaiting?: number;
  /** A few clients that wait for their answers are no flood, however slow the machine. */
  manyWaiting?: number;
  /** So long requests are begun as they come, in one turn of the event loop; what comes after waits for the next. */
  turnMilliseconds?: number;
  /** Carts that are begun and not yet computed: enough to be computed together, and few enough to be done soon. */
  mostBegunCarts?: number;
  /** What changes something, in one turn: each asks the database, and answers must be read between. */
  mostBegunWrites?: number;
  /** Who has waited longer is refused: somebody else can still be answered in time. */
  patienceMilliseconds?: number;
  /** Where many wait and the oldest of a kind has waited for so long, the newest go first. */
  newestFirstAfterMilliseconds?: number;
  /** Where many wait and somebody did all the time for so long, it is no burst: it would only keep everybody waiting, … */
  standingAfterMilliseconds?: number;
  /** … so that whoever changes nothing is refused after this already. */
  standingPatienceMilliseconds?: number;
}

/** The gate of each kind of load. */
export type Gates = (load: Load) => onRequestHookHandler;

/** Where nobody counts. */
export const openToAll: Gates = () => (_request, _reply, done) => done();

/** What every refused request is told. */
export const tooMuchToDo: Problem = problem("unavailable", {
  detail: "There is more to do than can be done in time.",
  headers: { "retry-after": "1" },
});

export interface Pressure {
  /** For the routes of a kind, before anything else is done with a request. */
  gate: Gates;
  /** For requests whose kind shows only when their body is read: nobody waits here, and whom no gate would let in is refused. */
  door: onRequestHookHandler;
  /** Before the framework has seen it: of a cart that came at `since`; called back when its turn has come, or with a refusal. Its gate then lets it pass. */
  admitCart(request: IncomingMessage, since: number, proceed: Proceed): void;
  /** To be told of each new connection: Node takes one a turn, so turns are kept short while others may stand behind it. */
  noteConnection(): void;
  /** Whether a cart that comes now would have to wait, or be refused. */
  isBusy(): boolean;
  waiting(): number;
  /** How many were refused so far. */
  refused(load: Load): number;
}

/** Answers `false` where nobody waits for it any more. */
type Proceed = (refusal?: Problem) => unknown;

interface Waiting {
  readonly load: Load;
  readonly since: number;
  /** Carts that are computed together may be begun together. */
  readonly isCart: boolean;
  proceed: Proceed;
}

/** About two milliseconds. */
const mostRefusedInTurn = 100;

const arrived = Symbol("arrived at the front door");

/** `open`: how many requests are under way, without those whose turn has not come before the framework saw them. `carts`: how many are begun and not yet computed. */
export function pressure(
  open: () => number,
  carts: () => number = () => 0,
  options: PressureOptions = {},
): Pressure {
  const { mostOpenRequests = 4_096, mostWaiting = 4_096, manyWaiting = 100 } = options;
  const { turnMilliseconds = 10, mostBegunCarts = 32, mostBegunWrites = 32 } = options;
  const { patienceMilliseconds = 5_000, newestFirstAfterMilliseconds = 500 } = options;
  const { standingAfterMilliseconds = 1_000, standingPatienceMilliseconds = 700 } = options;
  const queues: Record<Load, Waiting[]> = { bulk: [], reading: [], pricing: [], writing: [] };
  const refusals: Record<Load, number> = { bulk: 0, reading: 0, pricing: 0, writing: 0 };
  let waiting = 0;
  /** Of them, those that are counted as under way as well. */
  let waitingOpen = 0;
  let waitingSince = 0;
  let turnBegan = 0;
  let isInTurn = false;
  let isKnocking = false;
  let lastRoomAt = 0;

  function refuse(load: Load, proceed: Proceed): void {
    if (proceed(tooMuchToDo) !== false) refusals[load] += 1;
  }

  /** `own`: 1 of a request that is not among those under way yet. */
  const isOpenFull = (load: Load, own: 0 | 1) => open() + own - waitingOpen > shares[load] * mostOpenRequests;
  const isQueueFull = (load: Load) => waiting >= shares[load] * mostWaiting;
  const isTimeLeft = () => performance.now() - turnBegan < turnMilliseconds;
  const mayBegin = (load: Load) =>
    waiting === 0 && (!isInTurn || isTimeLeft()) && (load !== "pricing" || carts() < mostBegunCarts);

  function admit(load: Load, isCart: boolean, proceed: Proceed): void {
    if (isOpenFull(load, isCart ? 1 : 0)) refuse(load, proceed);
    else if (mayBegin(load)) {
      if (!isInTurn) beginTurn();
      proceed();
    } else if (!isQueueFull(load)) wait({ load, since: performance.now(), isCart, proceed });
    else {
      // Whoever has waited longest is the likeliest to have left. What changes something is done in the order in which it came.
      const oldest = load === "writing" ? undefined : take(load, "oldest");
      if (oldest !== undefined) {
        wait({ load, since: performance.now(), isCart, proceed });
        refuse(load, oldest.proceed);
      } else refuse(load, proceed);
    }
  }

  function wait(one: Waiting): void {
    queues[one.load].push(one);
    waiting += 1;
    if (!one.isCart) waitingOpen += 1;
    if (waiting > 1) return;
    waitingSince = one.since;
    if (!isInTurn) beginTurn();
  }

  function take(load: Load, which: "oldest" | "newest"): Waiting | undefined {
    const one = which === "oldest" ? queues[load].shift() : queues[load].pop();
    if (one === undefined) return undefined;
    waiting -= 1;
    if (!one.isCart) waitingOpen -= 1;
    return one;
  }

  function beginTurn(): void {
    isInTurn = true;
    turnBegan = performance.now();
    setImmediate(endTurn);
  }

  function endTurn(): void {
    isInTurn = false;
    if (waiting === 0) return;
    beginTurn();
    const isLong = waiting > manyWaiting;
    refuseLate(isLong && turnBegan - waitingSince > standingAfterMilliseconds);
    beginSome(isLong);
  }

  /** A part of them at a time: the rest of the turn is for those who can still be answered in time. */
  function refuseLate(isStanding: boolean): void {
    let left = mostRefusedInTurn;
    for (const load of loads) {
      const isHurried = isStanding && load !== "writing";
      const late = turnBegan - (isHurried ? standingPatienceMilliseconds : patienceMilliseconds);
      const queue = queues[load];
      for (; left > 0 && queue[0] !== undefined && queue[0].since < late; left--) {
        const one = take(load, "oldest");
        if (one !== undefined) refuse(load, one.proceed);
      }
    }
  }

  /** What they do comes after this function, and other sockets get their turn between. */
  function beginSome(isLong: boolean): void {
    const long = turnBegan - newestFirstAfterMilliseconds;
    let roomForWrites = mostBegunWrites;
    let room = roomForCarts() - carts();
    do {
      const load = loads.findLast((one) => queues[one].length > 0);
      if (load === undefined || (load === "writing" ? roomForWrites : room) <= 0) return;
      const isNewestFirst = isLong && load !== "writing" && queues[load][0]!.since < long;
      const one = take(load, isNewestFirst ? "newest" : "oldest");
      one?.proceed();
      // Nobody knows how much the others have to do: one a turn.
      if (load === "writing") roomForWrites -= 1;
      else if (load === "pricing" && one?.isCart) room -= 1;
      else return;
    } while (isTimeLeft());
  }

  /** While new connections come none in most turns, which are over at once, and now and then a few. */
  function roomForCarts(): number {
    const wasKnocked = isKnocking;
    isKnocking = false;
    if (!wasKnocked) return mostBegunCarts;
    if (turnBegan - lastRoomAt < turnMilliseconds) return 0;
    lastRoomAt = turnBegan;
    return mostBegunCarts / 8;
  }

  return {
    gate: (load) => (request, _reply, done) => {
      if (load === "pricing" && arrivalOf(request.raw) !== undefined) done();
      else admit(load, false, done as Proceed);
    },
    door: (_request, _reply, done) =>
      isOpenFull("writing", 0) || isQueueFull("writing") ? refuse("writing", done as Proceed) : done(),
    admitCart(request, since, proceed) {
      (request as Marked)[arrived] = since;
      admit("pricing", true, proceed);
    },
    noteConnection() {
      isKnocking = true;
    },
    isBusy: () => !mayBegin("pricing") || isOpenFull("pricing", 1),
    waiting: () => waiting,
    refused: (load) => refusals[load],
  };
}

/** A property, as a map that holds its keys weakly costs more than all else that is done here. */
interface Marked extends IncomingMessage {
  [arrived]?: number;
}

/** When a cart came that was admitted before the framework saw it, as `performance.now()` tells; undefined of everything else. */
export function arrivalOf(request: Marked): number | undefined {
  return request[arrived];
}
