/** Books and commands in few words. */
import { admit, type Command, type Outcome } from "../../src/ledger/admit.ts";
import {
  type Books,
  type CounterName,
  counterKey,
  type Hold,
  type RedemptionState,
  type Tally,
} from "../../src/ledger/books.ts";

export const now = Date.parse("2026-11-11T02:00:00Z");
export const ttlMilliseconds = 60_000;

/** `uses of p`, or `uses of p by customer:c`. */
export function counter(text: string): CounterName {
  const match = /^(\S+) of (\S+?)(?: by (\S+))?$/.exec(text);
  if (match === null) throw new Error(`"${text}" is not a counter such as "uses of p by customer:c"`);
  return { rule: match[2]!, measure: match[1]!, holder: match[3] ?? "", period: "" };
}

export function hold(text: string, amount = 1, limit: number | null = null): Hold {
  return { counter: counter(text), amount, limit };
}

/** `booksOf({ "uses of p": 9 })`: nine are used. */
export function booksOf(tallies: Readonly<Record<string, number | Partial<Tally>>> = {}, at = now): Books {
  const counters = new Map(
    Object.entries(tallies).map(([text, tally]): [string, Tally] => [
      counterKey(counter(text)),
      {
        used: 0,
        reserved: 0,
        limit: null,
        closed: null,
        ...(typeof tally === "number" ? { used: tally } : tally),
      },
    ]),
  );
  return { now: at, counters, redemptions: new Map(), orders: new Map() };
}

/** What is used and reserved of each counter that was ever touched. */
export function taken(books: Books, text: string): [used: number, reserved: number] {
  const tally = books.counters.get(counterKey(counter(text)));
  return [tally?.used ?? 0, tally?.reserved ?? 0];
}

export function reserve(redemption: string, holds: readonly Hold[], fields: object = {}): Command {
  return {
    kind: "redeem",
    mode: "reserve",
    redemption,
    order: `order of ${redemption}`,
    requestHash: `request of ${redemption}`,
    ttlMilliseconds,
    holds,
    ...fields,
  };
}

export function commitAtOnce(redemption: string, holds: readonly Hold[], fields: object = {}): Command {
  return reserve(redemption, holds, { mode: "commit", ...fields });
}

/** In a word: `granted`, `repeated r1`, or why not. */
export function inShort(outcome: Outcome): string {
  if (outcome.type === "granted") return "granted";
  if (outcome.type === "repeated") return `repeated ${outcome.redemption.id}`;
  const { refusal } = outcome;
  switch (refusal.reason) {
    case "short":
      return `short of ${refusal.shortages.map(({ counter: { measure }, limit, taken: by, wanted, closed }) => closed ?? `${measure} ${by}+${wanted}/${limit}`).join(", ")}`;
    case "order_redeemed":
      return `order_redeemed ${refusal.redemption}`;
    case "wrong_state":
      return `wrong_state ${refusal.state}`;
    default:
      return refusal.reason;
  }
}

export function answers(books: Books, ...commands: readonly Command[]): string[] {
  return commands.map((command) => inShort(admit(books, command)));
}

export function stateOf(books: Books, id: string): RedemptionState["state"] | undefined {
  return books.redemptions.get(id)?.state;
}

/** The same books at another time. */
export function later(books: Books, milliseconds: number): Books {
  return { ...books, now: books.now + milliseconds };
}
