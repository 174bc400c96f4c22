/**
 * Group buying [拼团]: so many customers get the price, or none. A member's order is a reservation that holds a seat; seats are
 * counters of the ledger, so a group is never larger than it may be, and nobody sits in it twice.
 */
import { drizzle } from "drizzle-orm/node-postgres";
import type pg from "pg";
import { z } from "zod";
import { mayBeNamedTo } from "../../engine/audience.ts";
import type { Cart } from "../../engine/cart.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import { type CounterName, type Hold, seatMeasure } from "../../ledger/books.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Connection, Database } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { Answered, OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { type Problem, problem } from "../../platform/problem.ts";
import { customersMeant } from "../customers/customer-alias-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import { cartOf } from "../facts/facts-question.ts";
import type { FactsService } from "../facts/facts-service.ts";
import { hashCustomer } from "../ledger/promotion-counters.ts";
import type { RulebookService } from "../promotions/rulebook-service.ts";
import type { Seat } from "../redemptions/redemption-seat-service.ts";
import type { RedemptionService } from "../redemptions/redemption-service.ts";
import type { GroupBuy, GroupOrder, GroupQuery, GroupSeat } from "./group-buying-schemas.ts";
import {
  changeGroup,
  countStanding,
  findGroup,
  type GroupRow,
  groupOfRedemption,
  insertGroup,
  insertSeat,
  listGroups,
  lockGroup,
  type Onlooker,
} from "./group-buying-store.ts";
import type { GroupBuyRow } from "./group-buying-tables.ts";

export interface GroupBuyingService {
  open(
    context: OperationContext,
    promotion: string,
    order: GroupOrder,
    idempotencyKey: string | null,
  ): Promise<Answered<GroupSeat>>;
  join(
    context: OperationContext,
    id: string,
    order: GroupOrder,
    idempotencyKey: string | null,
  ): Promise<Answered<GroupSeat>>;
  /** A checkout or a till sees those of a private promotion for its audience and its members alone. */
  group(context: OperationContext, id: string, customer?: string): Promise<GroupBuy>;
  list(context: OperationContext, query: GroupQuery): Promise<Page<GroupBuy>>;
}

const cursor = cursorOf("groupBuys", z.string());
const hour = 3_600_000;

export function groupBuyingService({
  database,
  clock,
  rulebooks,
  redemptions,
  facts,
}: {
  database: Database;
  clock: Clock;
  rulebooks: Pick<RulebookService, "rulesOf">;
  redemptions: Pick<RedemptionService, "redeem">;
  facts: Pick<FactsService, "forOrder">;
}): GroupBuyingService {
  async function promotionOf(projectId: string, key: string): Promise<CompiledPromotion | undefined> {
    const { rulebook } = await rulebooks.rulesOf(projectId);
    return rulebook.promotions.find((one) => one.key === key && one.document.group !== undefined);
  }

  /** Who is meant: a guest as the customer whom they are merged into. */
  async function customerMeant(projectId: string, id: string | undefined): Promise<string | null> {
    if (id === undefined) return null;
    return (await customersMeant(database.of(projectId), projectId, [id]))(id);
  }

  /** Which of these promotions may be named to the customer of the cart. */
  async function namedTo(
    { projectId, apiKeyId }: OperationContext,
    promotions: readonly CompiledPromotion[],
    cart: Cart,
  ): Promise<CompiledPromotion[]> {
    if (promotions.every(isPublic)) return [...promotions];
    const rules = await rulebooks.rulesOf(projectId);
    const customer = await customerMeant(projectId, cart.customer?.id);
    const asked = customer === null ? cart : cartOf(cart, customer);
    const known = await facts.forOrder(rules, { ...asked, codes: [] }, clock.now(), null, apiKeyId);
    return promotions.filter((promotion) => mayBeNamedTo(promotion, asked, known.facts, clock.now()));
  }

  /** Null: somebody of the shop, who sees every group. */
  async function onlooker(context: OperationContext, customer: string | undefined): Promise<Onlooker | null> {
    const { projectId, role } = context;
    if (role !== "checkout" && role !== "pos") return null;
    if (customer === undefined) return { customer: null, named: [] };
    const { rulebook } = await rulebooks.rulesOf(projectId);
    const hidden = rulebook.promotions.filter((one) => one.document.group !== undefined && !isPublic(one));
    const named = await namedTo(context, hidden, {
      currency: noCurrency,
      lines: [],
      customer: { id: customer },
    });
    return { customer: await customerMeant(projectId, customer), named: named.map(({ id }) => id!) };
  }

  /** Before anything else is said of an order: outside its audience a private promotion is one that there is not. */
  async function groupToJoin(context: OperationContext, id: string, order: GroupOrder): Promise<GroupRow> {
    const { projectId } = context;
    const connection = database.of(projectId);
    const group = await findGroup(connection, projectId, id);
    const promotion = group && (await promotionOf(projectId, group.promotion));
    // Members see it whoever they are by now, and when nobody can say any more who its audience was.
    const named = promotion === undefined ? [] : await namedTo(context, [promotion], order);
    const customer = await customerMeant(projectId, order.customer?.id);
    const onlooker = { customer, named: named.map((one) => one.id!) };
    const seen = group && (await findGroup(connection, projectId, id, onlooker));
    if (seen === undefined) throw problem("group-buy-not-found");
    return seen;
  }

  /** `begin`: writes what must be there before the member, in the same transaction. */
  async function sit(
    context: OperationContext,
    group: GroupBuyRow,
    order: GroupOrder,
    idempotencyKey: string | null,
    { name, extra, begin }: Beginning,
  ): Promise<Answered<GroupSeat>> {
    const { projectId } = context;
    if (order.customer?.id === undefined) throw refused("customer_required", "Name the customer who joins.");
    const { identifierKey } = await rulebooks.rulesOf(projectId);
    const seat: Seat = {
      name,
      promotion: group.promotion,
      holdsFor: (customer) => [
        ...seatHolds(group, `customer:${hashCustomer(identifierKey, customer)}`),
        ...extra,
      ],
      async alongside(client, { redemption }) {
        const connection = drizzle(client as pg.PoolClient);
        await begin(connection);
        const standing = await lockGroup(connection, projectId, group.id);
        if (standing === undefined || closed(standing)) throw groupClosed();
        const createdAt = new Date(clock.now());
        await insertSeat(connection, {
          projectId,
          redemptionId: redemption!.id,
          groupId: group.id,
          createdAt,
        });
        if (standing.members >= standing.size) await succeed(connection, standing);
      },
      requireOthers(refusal) {
        if (refusal.reason !== "short") return;
        for (const { counter } of refusal.shortages) {
          if (counter.measure === groupsMeasure) throw tooManyGroups();
          if (counter.measure !== seatMeasure) continue;
          if (counter.holder === "") throw refused("group_full", "All seats are taken.");
          throw refused("already_joined", "The customer has a seat in this group.");
        }
      },
      faultOf(quote) {
        // Seen before it is tried: a group that is over stays over. One that is complete is full.
        if (group.state !== "succeeded" && closed(group)) return groupClosed();
        if (quote.promotions.some(({ promotion }) => promotion === group.promotion)) return null;
        return refused("price_not_given", "The group's price does not apply to this order.", { quote });
      },
    };
    const ttlSeconds = Math.max(1, Math.ceil((group.payUntil.getTime() - clock.now()) / 1_000));
    const request = { ...order, mode: "reserve" as const, ttlSeconds };
    const { answer, isReplay } = await redemptions.redeem(context, request, idempotencyKey, seat);
    const joined = await groupOfRedemption(database.of(projectId), projectId, answer.id);
    if (joined === undefined) throw problem("group-buy-not-found");
    return { answer: { group: shown(joined), redemption: answer }, isReplay };
  }

  async function succeed(connection: Connection, group: GroupRow): Promise<void> {
    const { projectId, id, promotion, size } = group;
    await changeGroup(connection, projectId, id, {
      state: "succeeded",
      endedAt: new Date(clock.now()),
      dueAt: null,
    });
    const data = { group: id, promotion, size, payUntil: group.payUntil.toISOString() };
    await recordEvents(connection, projectId, [newEvent("dealwright.group.succeeded", id, data)]);
  }

  function closed({ state, deadline }: GroupBuyRow): boolean {
    return state !== "open" || deadline.getTime() <= clock.now();
  }

  return {
    async open(context, key, order, idempotencyKey) {
      const { projectId } = context;
      const promotion = await promotionOf(projectId, key);
      if (promotion === undefined || (await namedTo(context, [promotion], order)).length === 0)
        throw noPromotion();
      const { size, hours, payHours, mostGroups } = promotion.document.group!;
      const now = clock.now();
      const deadline = new Date(now + hours * hour);
      const group: GroupBuyRow = {
        projectId,
        id: newId("grp", now),
        promotionId: promotion.id!,
        promotion: key,
        size,
        state: "open",
        openedAt: new Date(now),
        deadline,
        payUntil: new Date(deadline.getTime() + payHours * hour),
        endedAt: null,
        dueAt: deadline,
      };
      const data = { group: group.id, promotion: key, size, deadline: deadline.toISOString() };
      return sit(context, group, order, idempotencyKey, {
        name: `open ${key}`,
        extra: [{ counter: groupsOf(promotion.id!), amount: 1, limit: mostGroups ?? null }],
        async begin(connection) {
          await insertGroup(connection, group);
          // The counter is locked here, and given back with the opener's order: the group may stand without them.
          if (mostGroups !== undefined && (await countStanding(connection, group)) > mostGroups)
            throw tooManyGroups();
          await recordEvents(connection, projectId, [newEvent("dealwright.group.opened", group.id, data)]);
        },
      });
    },

    async join(context, id, order, idempotencyKey) {
      const group = await groupToJoin(context, id, order);
      return sit(context, group, order, idempotencyKey, {
        name: `join ${id}`,
        extra: [],
        begin: async () => {},
      });
    },

    async group(context, id, customer) {
      const { projectId } = context;
      const seenBy = await onlooker(context, customer);
      const row = await findGroup(database.of(projectId), projectId, id, seenBy);
      if (row === undefined) throw problem("group-buy-not-found");
      return shown(row);
    },

    async list(context, query) {
      const { projectId } = context;
      const before = cursor.decode(query.after);
      const seenBy = await onlooker(context, query.customer);
      const rows = await listGroups(database.of(projectId), projectId, query, before, seenBy);
      return cursor.page(rows, query.limit, ({ id }) => id, shown);
    },
  };
}

interface Beginning {
  readonly name: string;
  readonly extra: readonly Hold[];
  readonly begin: (connection: Connection) => Promise<void>;
}

/** Of a cart that only asks who somebody is. */
const noCurrency = "XXX";

function isPublic({ document }: CompiledPromotion): boolean {
  return document.visibility === "public";
}

const groupsMeasure = "groups";

function groupsOf(promotionId: string): CounterName {
  return { rule: promotionId, measure: groupsMeasure, holder: "", period: "" };
}

function seatHolds({ id, size }: GroupBuyRow, customer: string): Hold[] {
  const seat = (holder: string): CounterName => ({ rule: id, measure: seatMeasure, holder, period: "" });
  return [
    { counter: seat(""), amount: 1, limit: size },
    { counter: seat(customer), amount: 1, limit: 1 },
  ];
}

function refused(code: string, message: string, extensions: Record<string, unknown> = {}): Problem {
  return problem("group-buy-refused", { errors: [{ path: "", code, message }], extensions });
}

function tooManyGroups(): Problem {
  return refused("too_many_groups", "No more groups may be opened.");
}

function groupClosed(): Problem {
  return refused("group_closed", "The group takes nobody any more.");
}

function noPromotion(): Problem {
  return problem("promotion-not-found", { detail: "No promotion in force with this key is for groups." });
}

function shown(row: GroupRow): GroupBuy {
  const { id, promotion, state, size, members, openedAt, deadline, payUntil } = row;
  return {
    id,
    promotion,
    state,
    size,
    members,
    openedAt: openedAt.toISOString(),
    deadline: deadline.toISOString(),
    payUntil: payUntil.toISOString(),
  };
}
