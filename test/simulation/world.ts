/**
 * Several committers over one set of books, as committer.md has them: gather, lock and load, decide, write, answer. Any of
 * them may die between two of these steps, and any answer may be lost; clients then ask again. An auditor watches.
 */
import { admit, type Command, type Outcome } from "../../src/ledger/admit.ts";
import { type Books, counterKey, type RedemptionState } from "../../src/ledger/books.ts";
import { type Entry, post } from "../../src/ledger/entries.ts";
import { Auditor, Fault } from "./auditor.ts";
import { Clients, type Intent, limitOf, ttlMilliseconds } from "./clients.ts";
import { type Batch, Disk } from "./disk.ts";
import { Chance } from "./random.ts";

export type Machine = (books: Books, command: Command) => Outcome;

/** What may be wrong around the machine; see README.md. */
export interface Flaws {
  /** Committers do not lock what they read. */
  locksNothing?: boolean;
  /** Clients are answered before the batch is written. */
  answersEarly?: boolean;
  /** Answers are not recorded with what they answer. */
  recordsNothing?: boolean;
  /** Every command of a batch sees the books as they were loaded. */
  decidesBlindly?: boolean;
}

export interface WorldOptions {
  seed: number;
  machine?: Machine;
  flaws?: Flaws;
}

interface Decided {
  readonly intent: Intent;
  readonly outcome: Outcome;
}

interface Committer {
  intents: Intent[];
  books: Books | null;
  locks: string[];
  decided: Decided[];
  batch: Batch | null;
}

const batchSize = 8;
const mostAttempts = 6;

export class World {
  readonly disk = new Disk();
  /** How often each thing happened. */
  readonly tally = new Map<string, number>();
  private now = Date.parse("2026-11-11T00:00:00Z");
  private readonly chance: Chance;
  private readonly clients: Clients;
  private readonly auditor: Auditor;
  private readonly machine: Machine;
  private readonly flaws: Flaws;
  private readonly queue: Intent[] = [];
  private readonly locked = new Set<string>();
  private readonly committers = [idle(), idle(), idle()];
  private isCalm = false;

  constructor({ seed, machine = admit, flaws = {} }: WorldOptions) {
    this.chance = new Chance(seed);
    this.clients = new Clients(this.chance, this.disk, () => this.now);
    this.auditor = new Auditor(this.disk, limitOf);
    this.machine = machine;
    this.flaws = flaws;
  }

  /** `count` things happen, one at a time. */
  run(count: number): void {
    for (let step = 0; step < count; step++) {
      this.step();
      if (step % 20_000 === 0) this.auditor.everything(false);
    }
  }

  /** Everybody is answered, no more accidents; what is reserved expires. */
  settle(): void {
    this.isCalm = true;
    this.drain();
    this.now += 2 * ttlMilliseconds;
    this.queue.push(...this.clients.expiries(Number.POSITIVE_INFINITY));
    this.drain();
    this.auditor.everything(true);
  }

  private drain(): void {
    for (const committer of this.committers) while (committer.intents.length > 0) this.advance(committer);
    const [first] = this.committers;
    while (this.queue.length > 0 || first!.intents.length > 0) this.advance(first!);
  }

  private step(): void {
    const kind = this.chance.below(40);
    if (kind < 12 && this.queue.length < 50) this.queue.push(this.clients.next());
    else if (kind === 37) this.clients.transfer((key) => this.locked.has(key));
    else if (kind === 38) this.now += this.chance.below(ttlMilliseconds / 4);
    else if (kind === 39) this.queue.push(...this.clients.expiries(3));
    else this.advance(this.chance.oneOf(this.committers));
  }

  private advance(committer: Committer): void {
    if (committer.books === null) this.load(committer);
    else if (committer.batch === null) this.decide(committer, committer.books);
    else this.write(committer, committer.batch);
  }

  private load(committer: Committer): void {
    const intents = this.queue.splice(0, 1 + this.chance.below(batchSize));
    if (intents.length === 0) return;
    const { counters, redemptions, orders } = this.rowsOf(intents);
    const locks = this.flaws.locksNothing ? [] : [...counters, ...redemptions, ...orders, ...keysOf(intents)];
    if (locks.some((key) => this.locked.has(key))) {
      this.count("waited");
      this.queue.unshift(...intents);
      return;
    }
    for (const key of locks) this.locked.add(key);
    Object.assign(committer, {
      intents,
      locks,
      books: this.disk.load(this.now, counters, redemptions, orders),
    });
  }

  private rowsOf(intents: readonly Intent[]) {
    const counters = new Set<string>();
    const redemptions = new Set<string>();
    const orders = new Set<string>();
    const addRedemption = (id: string | undefined) => {
      if (id === undefined) return;
      redemptions.add(id);
      const stored = this.disk.redemptions.get(id);
      if (stored === undefined) return;
      orders.add(stored.order);
      for (const { counter } of stored.holds) counters.add(counterKey(counter));
    };
    for (const { command } of intents) {
      addRedemption(command.redemption);
      if (command.kind === "redeem") {
        orders.add(command.order);
        addRedemption(this.disk.orders.get(command.order));
      }
      if (command.kind === "redeem" || command.kind === "claim")
        for (const { counter } of command.holds) counters.add(counterKey(counter));
    }
    return { counters, redemptions, orders };
  }

  private decide(committer: Committer, books: Books): void {
    const entries: Entry[] = [];
    const redemptions = new Map<string, RedemptionState>();
    const records = new Map<string, Outcome>();
    committer.decided = committer.intents.map((intent) => {
      const { command, key } = intent;
      const recorded = key === null ? undefined : (records.get(key) ?? this.disk.records.get(key));
      if (recorded !== undefined) {
        this.count("replayed");
        return { intent, outcome: recorded };
      }
      const view = this.flaws.decidesBlindly ? structuredClone(books) : books;
      const ownHolds = holdsOfOrder(view, command);
      const outcome = this.machine(view, command);
      this.checkRefusal(command, outcome, ownHolds, entries);
      if (outcome.type === "granted") {
        this.auditor.grant(command);
        entries.push(...outcome.entries);
        for (const state of outcome.redemptions) redemptions.set(state.id, state);
        if (key !== null) records.set(key, outcome);
      }
      return { intent, outcome };
    });
    if (this.flaws.decidesBlindly) post(books, entries);
    const touched = new Set(entries.map(({ counter }) => counterKey(counter)));
    committer.batch = {
      entries,
      redemptions: [...redemptions.values()],
      counters: new Map([...touched].map((key) => [key, books.counters.get(key)!])),
      records: [...records],
    };
  }

  /** The entries of this batch so far are not yet in the sums of the auditor. */
  private checkRefusal(
    command: Command,
    outcome: Outcome,
    ownHolds: ReadonlyMap<string, number>,
    entries: readonly Entry[],
  ): void {
    this.auditor.refusal(command, outcome);
    if (outcome.type !== "refused" || outcome.refusal.reason !== "short") return;
    for (const { counter, wanted } of outcome.refusal.shortages) {
      const key = counterKey(counter);
      if (this.auditor.isAnothers(command, key)) {
        this.count("of another customer");
        continue;
      }
      let own = ownHolds.get(key) ?? 0;
      for (const entry of entries) if (counterKey(entry.counter) === key) own -= entry.used + entry.reserved;
      this.auditor.shortage(counter, wanted, own);
    }
  }

  private write(committer: Committer, batch: Batch): void {
    const { intents, decided } = committer;
    if (this.flaws.answersEarly) this.answer(decided);
    if (this.accident(0.04)) {
      this.count("died before writing");
      this.finish(committer);
      if (!this.flaws.answersEarly) for (const intent of intents) this.askAgain(intent);
      return;
    }
    this.auditor.batch(batch, this.now);
    this.disk.write(this.flaws.recordsNothing ? { ...batch, records: [] } : batch);
    this.auditor.written(batch);
    for (const { intent, outcome } of decided) {
      this.count(`${intent.command.kind} ${outcome.type}`);
      if (
        outcome.type === "granted" &&
        intent.key !== null &&
        batch.records.some(([key]) => key === intent.key)
      )
        this.auditor.grantedOnce(intent.key);
    }
    this.finish(committer);
    if (this.accident(0.06)) {
      this.count("answers lost");
      for (const intent of intents) this.askAgain(intent);
    } else if (!this.flaws.answersEarly) this.answer(decided);
  }

  private answer(decided: readonly Decided[]): void {
    for (const { intent, outcome } of decided) {
      this.auditor.acknowledged(intent.command, outcome);
      if (outcome.type === "refused" && outcome.refusal.reason === "changed" && intent.again !== null) {
        const command = intent.again();
        if (command === null || intent.attempts >= mostAttempts) continue;
        this.queue.push({ ...intent, command, attempts: intent.attempts + 1 });
      } else if (this.chance.happens(0.03)) this.askAgain(intent); // The network lost it after all.
    }
  }

  private askAgain(intent: Intent): void {
    if (intent.attempts >= mostAttempts) return;
    const command = this.clients.repeated(intent.command);
    this.queue.push({ ...intent, command, attempts: intent.attempts + 1 });
  }

  private finish(committer: Committer): void {
    for (const key of committer.locks) this.locked.delete(key);
    Object.assign(committer, idle());
  }

  private accident(share: number): boolean {
    return !this.isCalm && this.chance.happens(share);
  }

  private count(what: string): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + 1);
  }
}

function idle(): Committer {
  return { intents: [], books: null, locks: [], decided: [], batch: null };
}

function* keysOf(intents: readonly Intent[]): Iterable<string> {
  for (const { key } of intents) if (key !== null) yield key;
}

/** What the order of a command holds already, by counter. */
function holdsOfOrder(books: Books, command: Command): Map<string, number> {
  const live = command.kind === "redeem" ? books.orders.get(command.order) : undefined;
  const holds = live === undefined ? [] : (books.redemptions.get(live)?.holds ?? []);
  return new Map(holds.map(({ counter, amount }) => [counterKey(counter), amount]));
}

/** Runs a world and says what went wrong; null if nothing did. */
export function faultOf(options: WorldOptions, steps: number): string | null {
  const world = new World(options);
  try {
    world.run(steps);
    world.settle();
    return null;
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
}
