/**
 * What tills accepted without a network. Whatever a voucher of ours was given for is recorded; what is not as it was
 * promised is flagged in the same transaction. Only what is no voucher of this project is refused.
 */
import { orderKey, voucherSource } from "../../ledger/books.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import { requestHash } from "../../platform/idempotency.ts";
import { newId } from "../../platform/ids.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { problem } from "../../platform/problem.ts";
import { mostErrorsReported } from "../../platform/validation.ts";
import { customersMeant } from "../customers/customer-alias-service.ts";
import { storeFacts } from "../evaluations/evaluation-facts.ts";
import type { CommitterService } from "../ledger/committer-service.ts";
import type { Granted, Submission } from "../ledger/ledger-commands.ts";
import { reservedSource } from "../ledger/reserved-source.ts";
import type { ProjectRules, RulebookService } from "../promotions/rulebook-service.ts";
import { type Flagged, pricedOrder, redemptionIdOf } from "./offline-order.ts";
import type { FlagKind, OfflineRedemption, OfflineResult } from "./offline-schemas.ts";
import { findVouchers, flagsOf, insertFlags, type NewFlag, publicKeysOf } from "./offline-store.ts";
import type { OfflineVoucherRow } from "./offline-tables.ts";
import { holdsOfOrder, isAmount } from "./voucher-holds.ts";
import { isSignedBy, readVoucher, type UnprovenVoucher } from "./voucher-token.ts";

export interface OfflineRedemptionService {
  /** One result for each, in their order. Again, in whatever split and order, it changes nothing. */
  accept(context: OperationContext, items: readonly OfflineRedemption[]): Promise<OfflineResult[]>;
}

const operation = "redeemOffline";
/** As many as the committer writes at once. */
const itemsPerTurn = 64;

export function offlineRedemptionService({
  database,
  clock,
  rulebooks,
  committer,
}: {
  database: Database;
  clock: Clock;
  rulebooks: RulebookService;
  committer: CommitterService;
}): OfflineRedemptionService {
  /** By token; those that are no voucher of this project are not in it. */
  async function provenVouchers(
    projectId: string,
    tokens: ReadonlySet<string>,
  ): Promise<Map<string, OfflineVoucherRow>> {
    const read = new Map<string, UnprovenVoucher>();
    for (const token of tokens) {
      const unproven = readVoucher(token);
      if (unproven !== null) read.set(token, unproven);
    }
    const keyIds = new Set([...read.values()].map(({ keyId }) => keyId));
    const publicKeys = await publicKeysOf(database.of(projectId), projectId, [...keyIds]);
    const signed = await Promise.all(
      [...read].map(async ([token, unproven]) => {
        const publicKey = publicKeys.get(unproven.keyId);
        const isOurs = publicKey !== undefined && (await isSignedBy(publicKey, unproven));
        return isOurs && unproven.claims.iss === projectId ? [[token, unproven.claims.jti] as const] : [];
      }),
    );
    const ids = new Map(signed.flat());
    const rows = await findVouchers(database.of(projectId), projectId, [...new Set(ids.values())]);
    return new Map(
      [...ids].flatMap(([token, id]) => {
        const row = rows.get(id);
        return row === undefined ? [] : [[token, row] as const];
      }),
    );
  }

  async function acceptOne(
    context: OperationContext,
    rules: ProjectRules,
    item: OfflineRedemption,
    voucher: OfflineVoucherRow | undefined,
    meant: Meant,
    now: number,
  ): Promise<OfflineResult> {
    const { source, orderRef } = item;
    if (voucher === undefined)
      return { status: "refused", orderRef, source, voucher: null, redemption: null, flags: [] };
    const { projectId } = context;
    const id = redemptionIdOf(voucher.id, source, orderRef);
    const told = toldBy(context, rules, item, voucher, id, meant, now);
    const answer = { orderRef, source, voucher: voucher.id, redemption: id };
    const flags: Flagged[] = [...told.flags];
    // Where the order has a redemption, beside it; the last is an order that nobody else can have.
    const [first, ...others] = [
      { source, orderRef },
      { source, orderRef: `${orderRef}#${voucher.id}` },
      // Not the bare id: that is how the order of a voucher's own reservation is named.
      { source: voucherSource, orderRef: `${orderRef}#${id}` },
    ] as const;
    let order: Order = first;
    let mayOverspend = false;
    // At most four rounds: as it is, the order and the one beside it having another redemption, and something being short.
    for (;;) {
      const result = await committer.submit(projectId, told.submission(order, mayOverspend, flags));
      switch (result.type) {
        case "granted":
          return {
            ...answer,
            status: "accepted",
            flags: [...flags, ...flagsOfGranted(result)].map(({ kind }) => kind),
          };
        case "repeated": {
          const isAsBefore = result.redemption.requestHash === told.hash;
          if (isAsBefore) return { ...answer, status: "duplicate", flags: [] };
          await insertFlags(database.of(projectId).$client, [
            told.flag({ kind: "contents_differ", amount: null }),
          ]);
          return { ...answer, status: "duplicate", flags: ["contents_differ"] };
        }
        case "answered":
          throw new Error("reports of tills have no Idempotency-Key");
        case "refused":
          if (result.refusal.reason === "order_redeemed" && others.length > 0) {
            if (order === first) flags.push({ kind: "order_redeemed", amount: null });
            order = others.shift()!;
          } else if (result.refusal.reason === "short" && !mayOverspend) mayOverspend = true;
          else throw problem("unavailable", { headers: { "retry-after": "1" } });
      }
    }
  }

  return {
    async accept(context, items) {
      requireOwnSources(items);
      const { projectId } = context;
      const now = clock.now();
      const rules = await rulebooks.rulesOf(projectId);
      const vouchers = await provenVouchers(projectId, new Set(items.map(({ voucher }) => voucher)));
      const named = items.map(({ customer }) => customer);
      const meant = await customersMeant(database.of(projectId), projectId, named);
      const told: PromiseSettledResult<OfflineResult>[] = [];
      // In turns: pricing hundreds of orders at one go would hold up everybody else's requests.
      for (let first = 0; first < items.length; first += itemsPerTurn) {
        const turn = items.slice(first, first + itemsPerTurn);
        told.push(
          ...(await Promise.allSettled(
            turn.map((item) => acceptOne(context, rules, item, vouchers.get(item.voucher), meant, now)),
          )),
        );
      }
      // Only now: whatever could be recorded is, and told as it was when the batch comes again.
      const results = told.map((one) => {
        if (one.status === "rejected") throw one.reason;
        return one.value;
      });
      const again = results.flatMap(({ status, redemption }) =>
        status === "duplicate" && redemption !== null ? [redemption] : [],
      );
      const known = await flagsOf(database.of(projectId), projectId, again);
      return results.map((result) => {
        if (result.status !== "duplicate") return result;
        // Of the first answer; that another one told something else is no matter of whoever repeats the first.
        const first = known.get(result.redemption ?? "")?.filter((kind) => kind !== "contents_differ") ?? [];
        return { ...result, flags: [...first, ...result.flags] };
      });
    },
  };
}

/** It would take the place of a voucher's own reservation. */
function requireOwnSources(items: readonly OfflineRedemption[]): void {
  const errors = items.flatMap(({ source }, index) =>
    source === voucherSource ? [reservedSource(`/redemptions/${index}/source`)] : [],
  );
  if (errors.length > 0) throw problem("invalid-request", { errors: errors.slice(0, mostErrorsReported) });
}

interface Order {
  readonly source: string;
  readonly orderRef: string;
}

type Meant = Awaited<ReturnType<typeof customersMeant>>;

/** What a till says, as it goes to the committer. */
function toldBy(
  context: OperationContext,
  rules: ProjectRules,
  item: OfflineRedemption,
  voucher: OfflineVoucherRow,
  id: string,
  meant: Meant,
  now: number,
) {
  const { projectId } = context;
  const { source, orderRef, currency, discount, lines, total, till } = item;
  const at = Date.parse(item.at);
  const stated = item.customer;
  // A voucher read just before its guest was merged holds what is the guest's: so does its redemption, and the merge finds it later.
  const isVouchers = stated === undefined || stated === voucher.customerId;
  const customer = isVouchers ? stated : meant(stated);
  const { request, facts, quote, flags } = pricedOrder({ ...item, customer }, voucher, rules.settings, now);
  // Which till repeats it does not matter, an instant may be written in several ways, and what was said outlasts a merge.
  const hash = requestHash(operation, { at, currency, discount, lines, total, customer: stated });
  const promotion = rules.rulebook.promotions.find((rule) => rule.id === voucher.ruleId);
  const holds = holdsOfOrder(voucher.holds, promotion, currency, discount);
  const flag = ({ kind, amount }: Flagged): NewFlag => ({
    projectId,
    id: newId("flg", now),
    redemptionId: id,
    kind,
    voucherId: voucher.id,
    promotion: voucher.promotion,
    source,
    orderRef,
    till: till ?? null,
    acceptedAt: new Date(at),
    currency,
    discount,
    amount,
    createdAt: new Date(now),
  });
  const submission = (order: Order, mayOverspend: boolean, raised: readonly Flagged[]): Submission => ({
    command: {
      kind: "accept",
      redemption: id,
      voucher: voucher.id,
      order: orderKey(order.source, order.orderRef),
      requestHash: hash,
      holds,
      mayOverspend,
    },
    newRedemption: {
      ...order,
      mode: "commit",
      customerId: customer ?? null,
      currency,
      total: quote.total,
      discount: quote.discount,
      revision: voucher.revision,
      evaluatedAt: at,
      request: JSON.stringify(request),
      facts: JSON.stringify(storeFacts(facts)),
      settings: JSON.stringify(rules.settings),
      quote: JSON.stringify({ id: newId("evl", now), ...quote }),
      createdBy: context.apiKeyId,
    },
    alongside: (client, granted) => insertFlags(client, [...raised, ...flagsOfGranted(granted)].map(flag)),
  });
  return { hash, flags, flag, submission };
}

/** What only the books knew. */
function flagsOfGranted({ accepted }: Granted): Flagged[] {
  if (accepted === null) return [];
  const flags = new Map<FlagKind, Flagged>();
  if (accepted.voucher === "committed") flags.set("double_spend", { kind: "double_spend", amount: null });
  if (accepted.voucher === "cancelled")
    flags.set("voucher_cancelled", { kind: "voucher_cancelled", amount: null });
  for (const { counter, amount, closed } of accepted.overspent) {
    if (closed !== null) flags.set("code_closed", { kind: "code_closed", amount: null });
    else if (isAmount(counter)) flags.set("budget_exceeded", { kind: "budget_exceeded", amount });
    else flags.set("limit_exceeded", { kind: "limit_exceeded", amount: null });
  }
  return [...flags.values()];
}
