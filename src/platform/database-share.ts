/**
 * Half of the connections, for what may be slow: lists, exports and reports. However many of them there are and however long
 * they take, the other half is there for carts, redemptions and keys. A half has halves: of theirs, exports have one.
 */
import { type Connected, type Database, databaseOver, OwnWayPool } from "./database.ts";

export interface DatabaseShare {
  /** The same database through a part of its connections. Closed by whoever closes the whole. */
  readonly database: Database;
  /** How many wait for a connection of the share. */
  waiting(): number;
}

/** @param patienceMilliseconds so long a connection of the share is waited for; then it is a `NoShareFree`. */
export function halfOf(database: Database, patienceMilliseconds = 5_000): DatabaseShare {
  const pool = new HalfOfPool(database, patienceMilliseconds);
  return { database: databaseOver(pool, database.watch), waiting: () => pool.waitingForShare };
}

/** Its code is PostgreSQL's own for too many connections: worth trying again, and nobody's fault. */
class NoShareFree extends Error {
  readonly code = "53300";

  constructor() {
    super("all connections for lists, exports and reports are taken");
    this.name = "NoShareFree";
  }
}

/** A pool that makes no connections: it lends those of another one, so many at once. */
class HalfOfPool extends OwnWayPool {
  readonly #whole: Database;
  readonly #patienceMilliseconds: number;
  /** In the order in which they came. */
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(whole: Database, patienceMilliseconds: number) {
    const half = Math.max(1, Math.floor(whole.poolSize / 2));
    super({ max: half });
    this.#whole = whole;
    this.#patienceMilliseconds = patienceMilliseconds;
    this.#free = half;
  }

  get waitingForShare(): number {
    return this.#waiting.size;
  }

  protected override lend(callback: Connected): void {
    // Where the whole has nothing to give there is nothing to wait for either: it says so itself.
    if (this.#free > 0 || this.#whole.watch.isShut()) {
      this.#free -= 1;
      this.#lendOfWhole(callback);
      return;
    }
    const turn = () => {
      clearTimeout(timer);
      this.#waiting.delete(turn);
      this.#lendOfWhole(callback);
    };
    const timer = setTimeout(() => {
      this.#waiting.delete(turn);
      callback(new NoShareFree(), undefined, () => {});
    }, this.#patienceMilliseconds);
    this.#waiting.add(turn);
  }

  #lendOfWhole(callback: Connected): void {
    this.#whole.connect().then(
      (client) => {
        const giveBack = client.release;
        client.release = (because) => {
          // It throws where the client was given back before: the place is then another's already.
          giveBack(because);
          this.#leave();
        };
        callback(undefined, client, client.release);
      },
      (error: Error) => {
        this.#leave();
        callback(error, undefined, () => {});
      },
    );
  }

  #leave(): void {
    this.#free += 1;
    if (this.#free <= 0) return;
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#free -= 1;
    next();
  }
}
