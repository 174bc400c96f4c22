/** Command by command: what is decided, and from what is granted what is to be written. No database here. */
import { admit, type Outcome } from "../../ledger/admit.ts";
import {
  type Books,
  type CounterName,
  counterKey,
  type Hold,
  type RedemptionState,
} from "../../ledger/books.ts";
import type { Entry } from "../../ledger/entries.ts";
import type { NewEvent } from "../events/event-types.ts";
import type { FreeCode, Loaded, Picks } from "./committer-books.ts";
import type { Granted, Pick, PickedCoupon, Result, ReturnNote, Submission } from "./ledger-commands.ts";
import { redemptionEvent, thresholdEvents } from "./ledger-events.ts";
import { codeOf, couponCounter, couponMeasure } from "./promotion-counters.ts";

export interface CounterChange {
  readonly name: CounterName;
  used: number;
  reserved: number;
  /** Undefined: leave the row's as it is. */
  limit: number | null | undefined;
}

export interface Writes {
  readonly created: { state: RedemptionState; submission: Submission }[];
  readonly changed: Map<string, { state: RedemptionState; submission: Submission | null }>;
  readonly returns: { redemption: string; step: number; note: ReturnNote }[];
  readonly entries: Entry[];
  readonly counters: Map<string, CounterChange>;
  readonly coupons: Map<string, { code: string; used: number; reserved: number }>;
  readonly claims: { place: string; code: string; customerId: string; expiresAt: number | null }[];
  readonly records: {
    key: string;
    operation: string;
    requestHash: string;
    resourceId: string;
    answer: string | null;
  }[];
  /** When it happens; epoch milliseconds. */
  readonly at: number;
  readonly events: NewEvent[];
  /** Rare ones, of which some may have been told before. */
  readonly thresholds: NewEvent[];
}

export interface Decided {
  readonly results: Result[];
  readonly writes: Writes;
  readonly isEmpty: boolean;
  /** Pools of which a code was given away. */
  readonly pickedPools: string[];
}

/** Command by command, in order of arrival; each sees what those before it took. */
export function decide(batch: readonly Submission[], loaded: Loaded, books: Books, picks: Picks): Decided {
  const writes: Writes = {
    created: [],
    changed: new Map(),
    returns: [],
    entries: [],
    counters: new Map(),
    coupons: new Map(),
    claims: [],
    records: [],
    at: loaded.now,
    events: [],
    thresholds: [],
  };
  const results = batch.map((submission) => decideOne(submission, loaded, books, picks, writes));
  const pickedPools = batch.flatMap(({ pick }, index) =>
    pick !== undefined && results[index]?.type === "granted" ? [pick.poolId] : [],
  );
  const isEmpty = !results.some(({ type }) => type === "granted");
  return { results, writes, isEmpty, pickedPools: [...new Set(pickedPools)] };
}

function decideOne(asked: Submission, loaded: Loaded, books: Books, picks: Picks, writes: Writes): Result {
  const { idempotency } = asked;
  const record = idempotency == null ? undefined : loaded.records.get(idempotency.key);
  if (record !== undefined) return { type: "answered", record };
  const customer = loaded.aliases.get(asked.newRedemption?.customerId ?? asked.pick?.customerId ?? "");
  // It was counted for somebody who is no more. What a till gave away stands, whoever it was.
  if (customer !== undefined && asked.command.kind !== "accept") return { type: "merged", customer };
  const submission = customer === undefined ? asked : ofCustomer(asked, customer);
  const { command, pick } = submission;
  const free = pick === undefined ? undefined : freeCodes(pick.poolId, picks, writes);
  if (pick !== undefined && (free === undefined || free.length === 0))
    return { type: "refused", refusal: { reason: "pool_empty" } };
  const outcome = admit(books, command);
  if (outcome.type === "refused") return { type: "refused", refusal: outcome.refusal };
  if (outcome.type === "repeated") return outcome;
  const picked = pick === undefined ? null : takePick(pick, free!.pop()!, loaded.now, writes);
  if (picked !== null) noteOwner(books, pick!, picked);
  const own = outcome.redemptions.find(({ id }) => id === command.redemption) ?? null;
  const granted: Granted = { redemption: own, picked, at: loaded.now, accepted: outcome.accepted ?? null };
  note(submission, outcome, granted, writes);
  if ("holds" in command)
    writes.thresholds.push(
      ...thresholdEvents(command.holds, outcome.entries, (key) => books.counters.get(key)),
    );
  if (command.kind === "accept")
    noteLimits(
      own!.holds.filter((hold) => isWithin(books, hold)),
      writes,
    );
  return { type: "granted", ...granted };
}

function ofCustomer(submission: Submission, customerId: string): Submission {
  return { ...submission, newRedemption: { ...submission.newRedemption!, customerId } };
}

/** Those that no command before took anything of, or gave back. */
function freeCodes(poolId: string, picks: Picks, { coupons }: Writes): FreeCode[] | undefined {
  const free = picks.get(poolId);
  while (free !== undefined && free.length > 0 && coupons.has(free.at(-1)!.code)) free.pop();
  return free;
}

/** Commands that come after it see whose the code is now. */
function noteOwner({ counters }: Books, { poolId, customerId }: Pick, { code }: PickedCoupon): void {
  const key = counterKey(couponCounter(poolId, code));
  const tally = counters.get(key);
  if (tally !== undefined) counters.set(key, { ...tally, owner: customerId });
}

function takePick(
  { customerId, validForSeconds }: Pick,
  { place, code, spelling, expiresAt: stands }: FreeCode,
  now: number,
  writes: Writes,
): PickedCoupon {
  const after = validForSeconds === null ? null : now + validForSeconds * 1_000;
  const expiresAt = after === null ? stands : stands === null ? after : Math.min(after, stands);
  writes.claims.push({ place, code, customerId, expiresAt });
  return { code, spelling, expiresAt };
}

function note(
  submission: Submission,
  outcome: Extract<Outcome, { type: "granted" }>,
  granted: Granted,
  writes: Writes,
): void {
  const { command, idempotency, answer } = submission;
  for (const entry of outcome.entries) {
    writes.entries.push(entry);
    noteChange(entry, writes);
  }
  if (command.kind === "redeem" || command.kind === "claim") noteLimits(command.holds, writes);
  for (const state of outcome.redemptions) {
    const isOwn = state.id === command.redemption;
    const created = isOwn && (command.kind === "redeem" || command.kind === "accept");
    if (created) writes.created.push({ state, submission });
    // One that was created in this very batch is written as it ends.
    else if (!rewriteCreated(state, writes))
      writes.changed.set(state.id, { state, submission: isOwn ? submission : null });
    writes.events.push(redemptionEvent(state, submission, created));
  }
  if (command.kind === "return" && submission.returnNote !== undefined)
    writes.returns.push({
      redemption: command.redemption,
      step: command.expectedSteps,
      note: submission.returnNote,
    });
  if (idempotency != null)
    writes.records.push({
      ...idempotency,
      resourceId: granted.picked?.code ?? command.redemption,
      answer: answer === undefined ? null : JSON.stringify(answer(granted)),
    });
}

function rewriteCreated(state: RedemptionState, { created }: Writes): boolean {
  const place = created.findIndex((candidate) => candidate.state.id === state.id);
  const before = created[place];
  if (before === undefined) return false;
  created[place] = { ...before, state };
  return true;
}

function noteChange({ counter, used, reserved }: Entry, { counters, coupons }: Writes): void {
  if (counter.measure === couponMeasure) {
    const code = codeOf(counter);
    const change = coupons.get(code) ?? { code, used: 0, reserved: 0 };
    change.used += used;
    change.reserved += reserved;
    coupons.set(code, change);
    return;
  }
  const key = counterKey(counter);
  const change = counters.get(key) ?? { name: counter, used: 0, reserved: 0, limit: undefined };
  change.used += used;
  change.reserved += reserved;
  counters.set(key, change);
}

/** The limit that a counter was last taken from becomes its row's: the second net under the machine. */
function noteLimits(holds: readonly Hold[], { counters }: Writes): void {
  for (const { counter, limit } of holds) {
    const change = counters.get(counterKey(counter));
    if (change !== undefined) change.limit = limit;
  }
}

/** A voucher is honoured even where its limit was lowered since: the row's limit then stays what it was. */
function isWithin(books: Books, { counter, limit }: Hold): boolean {
  const { used, reserved } = books.counters.get(counterKey(counter))!;
  return limit === null || used + reserved <= limit;
}
