import type { Role } from "../../platform/auth.ts";
import { defineOperation, noted, type Operation } from "../../platform/operation.ts";
import {
  groupAsker,
  groupBuy,
  groupBuyPage,
  groupJoining,
  groupOpening,
  groupParams,
  groupQuery,
  groupSeat,
} from "./group-buying-schemas.ts";
import type { GroupBuyingService } from "./group-buying-service.ts";

const tag = "group-buying";
const buyers: readonly Role[] = ["checkout", "pos"];
const readers: readonly Role[] = ["checkout", "pos", "marketing", "viewer"];
const unaudited = { unaudited: "Every seat is an entry of the ledger, and every end of a group an event." };
const order = {
  currency: "CNY",
  customer: { id: "c-42" },
  lines: [{ id: "1", sku: "TEA", quantity: 1, unitPrice: 12_000 }],
  orderRef: "6001",
};

export function groupBuyingOperations(service: GroupBuyingService): Operation[] {
  const problems = [
    "group-buy-refused",
    "price_changed",
    "code-not-applied",
    "minimum-order-not-met",
    "deposit-not-usable",
    "order-already-redeemed",
    "project-stopped",
  ] as const;
  return [
    defineOperation({
      id: "openGroupBuy",
      method: "POST",
      path: "/v1/group-buys",
      graphql: "mutation",
      tag,
      audit: unaudited,
      summary: "Open a group that buys together, with the opener's order as its first.",
      description:
        "The order is reserved at the price of a promotion with `group`. Once as many have joined as the group is large, all of them may commit; if the time is up before, all are released. An Idempotency-Key, or the order's own number, makes repeating safe.",
      roles: buyers,
      status: 201,
      takesIdempotencyKey: true,
      body: groupOpening,
      result: groupSeat,
      problems: ["promotion-not-found", ...problems],
      example: { promotion: "tea-for-two", order },
      handler: ({ body, context, idempotencyKey, answer }) =>
        noted(service.open(context, body.promotion, body.order, idempotencyKey), answer),
    }),
    defineOperation({
      id: "joinGroupBuy",
      method: "POST",
      path: "/v1/group-buys/{id}/join",
      graphql: "mutation",
      tag,
      audit: unaudited,
      summary: "Join a group with an order of one's own: once for each customer.",
      description:
        "Refused with `group-buy-refused` and a code: `group_full`, `group_closed`, `already_joined`, `price_not_given`, `customer_required`.",
      roles: buyers,
      status: 201,
      takesIdempotencyKey: true,
      params: groupParams,
      body: groupJoining,
      result: groupSeat,
      problems: ["group-buy-not-found", ...problems],
      example: { order: { ...order, customer: { id: "c-43" }, orderRef: "6002" } },
      handler: ({ params: { id }, body, context, idempotencyKey, answer }) =>
        noted(service.join(context, id, body.order, idempotencyKey), answer),
    }),
    defineOperation({
      id: "groupBuys",
      // Who may see a group is decided by the rules in force.
      reads: "primary",
      method: "GET",
      path: "/v1/group-buys",
      graphql: "query",
      tag,
      summary: "Groups, last opened first.",
      roles: readers,
      query: groupQuery,
      result: groupBuyPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.list(context, query),
    }),
    defineOperation({
      id: "groupBuy",
      method: "GET",
      path: "/v1/group-buys/{id}",
      graphql: "query",
      tag,
      summary: "A group: how many are in it, and until when.",
      roles: readers,
      params: groupParams,
      query: groupAsker,
      result: groupBuy,
      problems: ["group-buy-not-found"],
      handler: ({ params: { id }, query, context }) => service.group(context, id, query.customer),
    }),
  ];
}
