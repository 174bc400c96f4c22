/**
 * Bugs made on purpose: a checker counts only after it was seen to fail. Each is a way in which ledgers have gone wrong; the
 * list with words is in README.md. They wrap the machine or its surroundings and are never part of `src`.
 */
import { admit, type Command, type Outcome, type Redeem } from "../../src/ledger/admit.ts";
import { type Books, isLive } from "../../src/ledger/books.ts";
import { type Entry, post } from "../../src/ledger/entries.ts";
import type { Flaws, Machine } from "./world.ts";

export interface SeededBug {
  readonly name: string;
  readonly machine?: Machine;
  readonly flaws?: Flaws;
}

type Granted = Extract<Outcome, { type: "granted" }>;

const wide = (command: Redeem, extra: number): Redeem => ({
  ...command,
  holds: command.holds.map((hold) => ({ ...hold, limit: hold.limit === null ? null : hold.limit + extra })),
});

/** Number 1 is the first. */
export const seededBugs: readonly SeededBug[] = [
  {
    name: "a limit lets one more through",
    machine: (books, command) => admit(books, command.kind === "redeem" ? wide(command, 1) : command),
  },
  {
    name: "a limit lets one less through",
    machine: (books, command) => admit(books, command.kind === "redeem" ? wide(command, -1) : command),
  },
  {
    name: "a command takes what there is and leaves the rest",
    machine: (books, command) => {
      const outcome = admit(books, command);
      if (command.kind !== "redeem" || outcome.type !== "refused" || outcome.refusal.reason !== "short")
        return outcome;
      const short = outcome.refusal.shortages.map(({ counter }) => counter);
      // Taken on the way, before the last counter turned out to be short.
      const before = command.holds.filter(({ counter }) => !short.includes(counter)).slice(0, 1);
      post(
        books,
        admitOnCopy(books, { ...command, holds: before }).flatMap((granted) => granted.entries),
      );
      return outcome;
    },
  },
  { name: "a cancel gives nothing back", machine: changing("cancel", () => []) },
  {
    name: "a commit leaves what was reserved reserved",
    machine: changing("commit", (entries) => entries.map((entry) => ({ ...entry, reserved: 0 }))),
  },
  {
    name: "a commit counts twice",
    machine: changing("commit", (entries) => entries.map((entry) => ({ ...entry, used: 2 * entry.used }))),
  },
  {
    name: "the sweep expires what has time left",
    machine: (books, command) =>
      command.kind === "expire"
        ? onBooks(books, { ...books, now: Number.MAX_SAFE_INTEGER }, command)
        : admit(books, command),
  },
  {
    name: "a commit does not look at the time, nor at who has taken the place since",
    machine: (books, command) => {
      const held = command.kind === "commit" ? books.redemptions.get(command.redemption) : undefined;
      if (held?.state !== "cancelled" && held?.state !== "expired") return admit(books, command);
      books.redemptions.set(held.id, { ...held, state: "committed" });
      return { type: "granted", entries: [], redemptions: [{ ...held, state: "committed" }] };
    },
  },
  {
    name: "an order may be redeemed again",
    machine: (books, command) =>
      admit(command.kind === "redeem" ? { ...books, orders: new Map() } : books, command),
  },
  {
    name: "a repetition is taken for another request",
    machine: (books, command) =>
      admit(
        books,
        command.kind === "redeem" ? { ...command, requestHash: `${command.redemption}!` } : command,
      ),
  },
  {
    name: "an order's own reservation stands in its way",
    machine: (books, command) => {
      const live = command.kind === "redeem" ? books.orders.get(command.order) : undefined;
      const held = live === undefined ? undefined : books.redemptions.get(live);
      if (command.kind !== "redeem" || held === undefined) return admit(books, command);
      const alone = { ...books, orders: new Map(), redemptions: new Map() };
      const [granted] = admitOnCopy(alone, command);
      const refused = granted === undefined ? admit(alone, command) : null;
      return refused?.type === "refused" &&
        held.requestHash !== command.requestHash &&
        held.state === "reserved"
        ? refused
        : admit(books, command);
    },
  },
  {
    name: "a return does not care what came before it",
    machine: (books, command) => {
      const held = command.kind === "return" ? books.redemptions.get(command.redemption) : undefined;
      if (command.kind !== "return" || held === undefined || !isLive(held) || held.state === "reserved")
        return admit(books, command);
      const entries = command.release.map(
        ({ counter, amount }, i): Entry => ({
          redemption: held.id,
          step: held.steps + i,
          cause: "return",
          counter,
          reserved: 0,
          used: -amount,
        }),
      );
      const state = { ...held, steps: held.steps + entries.length };
      post(books, entries);
      books.redemptions.set(held.id, state);
      return { type: "granted", entries, redemptions: [state] };
    },
  },
  {
    name: "the steps of a redemption begin again at zero",
    machine: changing("cancel", (entries) => entries.map((entry, step) => ({ ...entry, step }))),
  },
  {
    name: "a void code is taken",
    machine: (books, command) => {
      for (const [key, tally] of books.counters) books.counters.set(key, { ...tally, closed: null });
      return admit(books, command);
    },
  },
  { name: "committers do not lock what they read", flaws: { locksNothing: true } },
  { name: "clients are answered before anything is written", flaws: { answersEarly: true } },
  { name: "answers are not recorded with what they answer", flaws: { recordsNothing: true } },
  { name: "the commands of a batch do not see each other", flaws: { decidesBlindly: true } },
  {
    name: "a coupon is taken whosever it is by now",
    machine: (books, command) =>
      admit(
        books,
        command.kind === "redeem"
          ? { ...command, holds: command.holds.map(({ owner: _, ...hold }) => hold) }
          : command,
      ),
  },
];

/** Decides rightly, then writes other entries. */
function changing(kind: Command["kind"], change: (entries: readonly Entry[]) => readonly Entry[]): Machine {
  return (books, command) => {
    if (command.kind !== kind) return admit(books, command);
    const [granted] = admitOnCopy(books, command);
    if (granted === undefined) return admit(books, command);
    const entries = change(granted.entries);
    post(books, entries);
    for (const state of granted.redemptions) {
      books.redemptions.set(state.id, state);
      if (!isLive(state)) books.orders.delete(state.order);
    }
    return { ...granted, entries };
  };
}

/** Decides on one view of the books, which shares its rows with them. */
function onBooks(books: Books, view: Books, command: Command): Outcome {
  const outcome = admit(view, command);
  for (const [key, tally] of view.counters) books.counters.set(key, tally);
  return outcome;
}

/** The outcome if it is granted, nothing otherwise; the books stay as they are. */
function admitOnCopy(books: Books, command: Command): Granted[] {
  const outcome = admit(structuredClone(books), command);
  return outcome.type === "granted" ? [outcome] : [];
}
