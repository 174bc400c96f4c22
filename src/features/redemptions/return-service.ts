/**
 * Goods come back. The refund is computed from the redemption as it is stored, then handed to the committer together with the
 * number of steps it was computed at: if anything happened to the redemption meanwhile, it is computed anew.
 */
import { z } from "zod";
import { evaluate, pricedAgain } from "../../engine/evaluate.ts";
import type { Rulebook } from "../../engine/rulebook.ts";
import { type Hold, isVoucher, orderKey } from "../../ledger/books.ts";
import {
  type ComputedReturn,
  computeReturn,
  nothingReturned,
  type Returned,
  type ReturnRefusal,
} from "../../ledger/returns.ts";
import type { Sale } from "../../ledger/sale.ts";
import { isErased } from "../../platform/customer-data.ts";
import type { Database } from "../../platform/database.ts";
import {
  findIdempotencyRecord,
  type Idempotency,
  type IdempotencyRecord,
  idempotencyOf,
  requestHash,
  requireSameRequest,
  whileHolding,
} from "../../platform/idempotency.ts";
import type { Answered } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { type Problem, type ProblemError, problem } from "../../platform/problem.ts";
import { restoreFacts } from "../evaluations/evaluation-facts.ts";
import type { CommitterService } from "../ledger/committer-service.ts";
import type { ReturnNote } from "../ledger/ledger-commands.ts";
import { depositCounter } from "../ledger/promotion-counters.ts";
import type { RulebookService } from "../promotions/rulebook-service.ts";
import { pastReturnOf } from "./redemption-answer-service.ts";
import { depositInUse, problemOf } from "./redemption-problems.ts";
import type { RedemptionActor } from "./redemption-settling-service.ts";
import { findRedemption } from "./redemption-store.ts";
import type { RedemptionRow } from "./redemption-tables.ts";
import { holdersOfCode, keptOrderOf, keptRequest, saleOf } from "./return-sale.ts";
import type { PastReturn, RedemptionReturn, ReturnQuery, ReturnRequest } from "./return-schemas.ts";
import { returnsOf } from "./return-store.ts";
import { isReturnedWithOrder } from "./told-order-store.ts";

export interface ReturnService {
  returnGoods(
    actor: RedemptionActor,
    redemptionId: string,
    request: ReturnRequest,
    idempotencyKey: string | null,
  ): Promise<Answered<RedemptionReturn>>;
  /** Everything that is not back yet, gifts included; nothing if all is. */
  returnRest(actor: RedemptionActor, redemptionId: string): Promise<RedemptionReturn | null>;
  list(projectId: string, redemptionId: string, query: ReturnQuery): Promise<Page<PastReturn>>;
}

export interface ReturnServiceOptions {
  database: Database;
  rulebooks: RulebookService;
  committer: CommitterService;
}

const operation = "returnRedemption";
/** Each time another return of the same redemption was quicker. */
const mostAttempts = 20;

/** What is asked for may depend on what is back already. Null: nothing. */
type Asked = (row: RedemptionRow, sale: Sale) => ReturnRequest | null;

export function returnService({ database, rulebooks, committer }: ReturnServiceOptions): ReturnService {
  async function giveBack(
    { projectId, isGone }: RedemptionActor,
    id: string,
    asked: Asked,
    idempotency: Idempotency | null,
  ): Promise<Answered<RedemptionReturn> | null> {
    for (let attempt = 1; ; attempt++) {
      const row = await existing(projectId, id);
      if (isVoucher({ id, order: orderKey(row.source, row.orderRef) }))
        throw problemOf({ reason: "voucher" });
      const rulebook = await rulebooks.rulebookAsOf(projectId, row.revision, row.settings.timezone);
      const sale = saleOf(row.quote, row.request, rulebook.promotions, {
        coupons: restoreFacts(row.facts).coupons,
        isErased: isErased(row.customerId),
      });
      const request = asked(row, sale);
      if (request === null) return null;
      requireReturnable(row, request);
      if (await isReturnedWithOrder(database.of(projectId), projectId, id)) throw returnedWithOrder();
      const computed = compute(row, sale, rulebook, request);
      const answer = answerOf(row, sale, computed);
      const result = await committer.submit(projectId, {
        command: {
          kind: "return",
          redemption: id,
          expectedSteps: row.steps,
          release: computed.release,
          isWhole: computed.isWhole,
          ...(row.request.deposit !== undefined && { unlessTaken: [depositCounter(id)] }),
        },
        returnNote: noteOf(computed, answer),
        idempotency,
        isAbandoned: isGone,
        answer: () => answer,
        orderRef: row.orderRef,
      });
      switch (result.type) {
        case "granted":
          return { answer, isReplay: false };
        case "answered":
          return replayed(result.record, idempotency!.requestHash);
        case "repeated":
          throw new Error("a return is never taken for a repetition of another");
        case "refused":
          if (result.refusal.reason === "in_use") throw problem("return-refused", depositInUse);
          // In another state or with other steps by now: look again.
          if (!["changed", "wrong_state"].includes(result.refusal.reason) || attempt >= mostAttempts)
            throw problemOf(result.refusal);
      }
    }
  }

  async function existing(projectId: string, id: string): Promise<RedemptionRow> {
    const row = await findRedemption(database.of(projectId), projectId, id);
    if (row === undefined) throw problem("redemption-not-found");
    return row;
  }

  return {
    returnGoods(actor, redemptionId, request, key) {
      const hash = requestHash(operation, { redemptionId, request });
      return whileHolding({ projectId: actor.projectId, key }, async () => {
        // First of all: by now the redemption may be returned as a whole, and refuse what it once granted.
        const record =
          key === null
            ? undefined
            : await findIdempotencyRecord(database.of(actor.projectId), actor.projectId, key);
        if (record !== undefined) return replayed(record, hash);
        const idempotency = idempotencyOf(key, operation, hash);
        return (await giveBack(actor, redemptionId, () => request, idempotency))!;
      });
    },

    async returnRest(actor, redemptionId) {
      return (await giveBack(actor, redemptionId, theRest, null))?.answer ?? null;
    },

    async list(projectId, redemptionId, query) {
      const connection = database.of(projectId);
      await existing(projectId, redemptionId);
      const rows = await returnsOf(connection, projectId, redemptionId, {
        afterStep: cursor.decode(query.after)?.step ?? null,
        most: query.limit + 1,
      });
      return cursor.page(rows, query.limit, ({ step }) => ({ step }), pastReturnOf);
    },
  };
}

const cursor = cursorOf("redemption-returns", z.strictObject({ step: z.int() }));

function replayed(record: IdempotencyRecord, hash: string): Answered<RedemptionReturn> {
  requireSameRequest(record, operation, hash);
  return { answer: record.answer as RedemptionReturn, isReplay: true };
}

/** Once all goods are back, gifts can still come. */
function requireReturnable({ state }: RedemptionRow, { lines, gifts = [] }: ReturnRequest): void {
  const isForGifts = state === "returned" && lines.length === 0 && gifts.length > 0;
  if (state !== "committed" && state !== "partially_returned" && !isForGifts)
    throw problemOf({ reason: "wrong_state", state });
}

function returnedWithOrder(): Problem {
  const message = "Goods of the ERP's order of this number came back already: return the others there.";
  return problem("return-refused", { errors: [{ path: "", code: "returned_with_order", message }] });
}

function compute(row: RedemptionRow, sale: Sale, rulebook: Rulebook, request: ReturnRequest): ComputedReturn {
  const { settings, evaluatedAt } = row;
  const outcome = computeReturn(
    {
      sale,
      returned: returnedOf(row),
      refunded: row.refunded,
      holds: row.holds.map(([rule, measure, holder, period, amount]) => ({
        counter: { rule, measure, holder, period },
        amount,
        limit: null,
      })),
      // By the rules, the facts and the time of the original evaluation.
      priceOfKept: (quantities) => {
        const kept = { ...keptRequest(row.request, quantities), explain: "none" as const };
        return keptOrderOf(
          pricedAgain({ settings }, (options) =>
            evaluate(rulebook, kept, restoreFacts(row.facts), evaluatedAt.getTime(), options),
          ),
        );
      },
    },
    request,
  );
  if (outcome.type === "refused") throw refusedReturn(outcome.refusal, request);
  return outcome;
}

function returnedOf({ returned }: RedemptionRow): Returned {
  return (returned as Returned | null) ?? nothingReturned;
}

/** Gifts that were kept when all goods came back are paid for. */
function theRest(row: RedemptionRow, sale: Sale): ReturnRequest | null {
  if (row.state === "returned") return null;
  const back = returnedOf(row);
  const lines = sale.lines.flatMap(({ id, quantity }) => {
    const left = quantity - (back.lines[id] ?? 0);
    return left > 0 ? [{ id, quantity: left }] : [];
  });
  const gifts = sale.gifts.flatMap(({ id, sku, choices, quantity, promotion }) => {
    const left = quantity - (back.gifts[id] ?? 0);
    return left > 0 ? [{ sku: sku ?? choices[0]!, quantity: left, promotion }] : [];
  });
  return { lines, gifts };
}

function answerOf(row: RedemptionRow, sale: Sale, computed: ComputedReturn): RedemptionReturn {
  const { refund, refunded, shipping, withheld, lines, isWhole } = computed;
  return {
    redemption: row.id,
    state: isWhole ? "returned" : "partially_returned",
    refund,
    refunded,
    shipping,
    withheld,
    lines: lines.map((line) => ({ ...line })),
    gifts: computed.gifts.map(({ id, quantity }) => {
      const { promotion, sku } = sale.gifts.find((gift) => gift.id === id)!;
      return { promotion, sku, quantity };
    }),
    restored: restoredOf(row, sale, computed.release),
  };
}

function noteOf(computed: ComputedReturn, answer: RedemptionReturn): ReturnNote {
  const { refund, refunded, shipping, withheld, lines, gifts, restored } = answer;
  return {
    refund,
    refunded,
    shipping,
    withheld,
    returned: JSON.stringify(computed.returned),
    lines: JSON.stringify(lines),
    gifts: JSON.stringify(gifts),
    restored: JSON.stringify(restored),
  };
}

const kinds = { uses: "use", coupon: "code", amount: "budget", stock: "stock" } as const;

/** One row for each thing that is free again; a use is counted by several counters and is one all the same. */
function restoredOf(
  { quote }: RedemptionRow,
  { promotions }: Sale,
  release: readonly Hold[],
): RedemptionReturn["restored"] {
  const rows = new Map<string, RedemptionReturn["restored"][number]>();
  for (const { counter, amount } of release) {
    const [measure] = counter.measure.split(":");
    const kind = kinds[measure as keyof typeof kinds];
    const owner = promotions.find(({ rule, coupons }) =>
      kind === "code" ? coupons.includes(counter.holder) : rule === counter.rule,
    );
    if (kind === undefined || owner === undefined) continue;
    const code =
      kind === "code"
        ? (quote.codes.find(
            ({ code, status }) => status === "applied" && holdersOfCode(code).includes(counter.holder),
          )?.code ?? null)
        : null;
    // Units of one SKU may be counted for all places and for a store.
    const what = owner.stocks.get(counter.measure) ?? counter.measure;
    const name = kind === "use" ? `${owner.key} use` : `${owner.key} ${what} ${counter.holder}`;
    rows.set(name, { promotion: owner.key, kind, code, amount });
  }
  return [...rows.values()];
}

function refusedReturn(refusal: ReturnRefusal, { lines, gifts = [] }: ReturnRequest): Problem {
  return problem("return-refused", { errors: [errorOf(refusal, lines, gifts)] });
}

function errorOf(
  refusal: ReturnRefusal,
  lines: ReturnRequest["lines"],
  gifts: NonNullable<ReturnRequest["gifts"]>,
): ProblemError {
  const code = refusal.reason;
  const atLine = (id: string) => `/lines/${lines.findIndex((line) => line.id === id)}`;
  const atGift = (sku: string) => `/gifts/${gifts.findIndex((gift) => gift.sku === sku)}`;
  switch (refusal.reason) {
    case "nothing_to_return":
      return { path: "", code, message: "Name lines or gifts that come back." };
    case "unknown_line":
      return { path: atLine(refusal.line), code, message: `The order has no line ${refusal.line}.` };
    case "too_many_units":
      return {
        path: atLine(refusal.line),
        code,
        message: `${refusal.left} units of line ${refusal.line} are left, not ${refusal.wanted}.`,
      };
    case "whole_order_only":
      return {
        path: atLine(refusal.line),
        code,
        message: `${refusal.promotion} lets line ${refusal.line} come back only with the whole order.`,
      };
    case "unknown_gift":
      return { path: atGift(refusal.sku), code, message: `${refusal.sku} was no gift of this order.` };
    case "too_many_gifts":
      return {
        path: atGift(refusal.sku),
        code,
        message: `${refusal.left} of the gift ${refusal.sku} are left, not ${refusal.wanted}.`,
      };
  }
}
