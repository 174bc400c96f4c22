/**
 * For every operation how it is asked about a neighbour's things. The matrix fails for an operation of the OpenAPI document
 * or the SDL that has no row here: whoever adds a route says what of another project could be named in it.
 */
import { eventCursor } from "../../src/features/events/event-service.ts";
import { calculations } from "../../src/features/planning/planning-operations.ts";
import { orderOf } from "../features/orders-fixture.ts";

type Ids = Readonly<Record<string, string>>;

export interface Row {
  /** Values of the path's parameters. */
  readonly path?: (ids: Ids) => Record<string, string>;
  readonly query?: (ids: Ids) => Record<string, string>;
  readonly body?: (ids: Ids) => unknown;
  readonly contentType?: string;
  /** What a stream goes on after without end: it is read until this has come, and broken off. */
  readonly brokenOffAfter?: RegExp;
  /** It tells what the stranger did, also to the customer whom both call the same; the neighbour's ids betray what is not theirs. */
  readonly tellsOfOwn?: true;
  /** What a stranger gets: 404 where the path names something of the neighbour; else the operation does its work, without it. */
  readonly expected?: readonly number[];
  /** What the owner gets for the very same: shows that the row names something that is there. Left out: any success. */
  readonly owner?: readonly number[];
}

const cart = { currency: "CNY", lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 1000 }] };
const contractOf = (customer: string) => ({
  customer,
  value: 1,
  currency: "CNY",
  startsOn: "2026-01-01",
  endsOn: "2099-12-31",
});
const promotionOf = (key: string) => ({
  key,
  trigger: { type: "automatic" },
  benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 1 } }],
});
const id = (name: string) => (ids: Ids) => ({ id: ids[name]! });
const promotion = { path: id("promotion") };
const poolKey = (ids: Ids) => ({ key: ids.pool! });
const couponCode = (ids: Ids) => ({ code: ids.coupon! });
const webhook = { path: id("webhook") };
const segment = { path: (ids: Ids) => ({ key: ids.segment! }) };
const programme = { path: (ids: Ids) => ({ key: ids.programme! }) };
const campaign = { path: (ids: Ids) => ({ key: ids.campaign! }) };
const campaignName = (ids: Ids) => ({ campaign: ids.campaign! });
const policyName = (ids: Ids) => ({ ...campaignName(ids), key: "neighbours-policy" });
const campaignOf = (key: string) => ({
  key,
  name: "Mine",
  startsAt: "2026-11-01T00:00:00Z",
  endsAt: "2026-12-01T00:00:00Z",
});
const automation = { path: id("automation") };
const automationOf = (key: string) => ({
  key,
  trigger: { kind: "event", type: "share" },
  actions: [{ kind: "add_tag", tag: "sharer" }],
});
const externalId = (ids: Ids) => ({ externalId: ids.order! });
const done = [200, 201, 202];
/** The owner's own thing is there, and in a state that does not allow it (again). */
const orConflict = [200, 201, 202, 409];

const tracked = (customer: string) => ({
  specversion: "1.0",
  id: "theirs",
  source: "/web",
  type: "view",
  time: "2026-11-10T00:00:00Z",
  data: { customer },
});

/** Nobody decides on a change of their own, nor on what needs nobody's word. */
const decided = [201, 409, 412];

export const rows: Readonly<Record<string, Row>> = {
  "POST /v1/evaluations": { body: () => ({ ...cart, codes: ["NEXTDOOR"], customer: { id: "c" } }) },
  "POST /v1/evaluations/batch": { body: () => ({ evaluations: [{ ...cart, codes: ["NEXTDOOR"] }] }) },
  "GET /v1/evaluations/{id}": { path: id("evaluation") },
  "POST /v1/evaluations/{id}/replay": { path: id("evaluation") },
  "POST /v1/evaluations/{id}/explain": { path: id("evaluation") },
  "POST /v1/catalog-prices": { body: () => ({ currency: "CNY", items: [{ sku: "A", unitPrice: 100 }] }) },
  "POST /v1/promotions/copy": {
    body: ({ promotionKey }) => ({ from: "live", promotions: [promotionKey] }),
  },
  "POST /v1/promotions": { body: () => promotionOf("mine") },
  "GET /v1/promotions": { query: () => ({ limit: "200" }) },
  // They read nothing of any project.
  ...Object.fromEntries(
    calculations.map(({ name, example }) => [`POST /v1/planning/${name}`, { body: () => example }]),
  ),
  "POST /v1/promotions/validate": { body: () => promotionOf("mine-as-well") },
  "GET /v1/promotions/overlaps": {},
  "GET /v1/promotions/usages": {},
  "GET /v1/promotions/by-key/{key}": { path: ({ promotionKey }) => ({ key: promotionKey! }) },
  "PUT /v1/promotions/by-key/{key}": {
    path: ({ promotionKey }) => ({ key: promotionKey! }),
    body: ({ promotionKey }) => promotionOf(promotionKey!),
    expected: [200],
  },
  "GET /v1/promotions/{id}": promotion,
  "PUT /v1/promotions/{id}": { ...promotion, body: ({ promotionKey }) => promotionOf(promotionKey!) },
  "POST /v1/promotions/{id}/activate": { ...promotion, owner: orConflict },
  "POST /v1/promotions/{id}/pause": { ...promotion, owner: orConflict },
  "POST /v1/promotions/{id}/kill": { ...promotion, body: () => ({ reason: "a test" }), owner: orConflict },
  "POST /v1/promotions/{id}/end": { ...promotion, owner: orConflict },
  "POST /v1/promotions/{id}/archive": { ...promotion, owner: orConflict },
  "GET /v1/promotions/{id}/versions": promotion,
  "POST /v1/promotions/{id}/revert": { ...promotion, body: () => ({ version: 1 }), owner: orConflict },
  "POST /v1/promotions/{id}/approve": { ...promotion, body: () => ({ version: 2 }), owner: decided },
  "POST /v1/promotions/{id}/reject": { ...promotion, body: () => ({ version: 2 }), owner: decided },
  "GET /v1/promotions/{id}/approvals": promotion,
  "POST /v1/promotions/{id}/comments": { ...promotion, body: () => ({ text: "seen" }) },
  "GET /v1/promotions/{id}/comments": promotion,
  "POST /v1/promotions/{id}/scheduled-changes": {
    ...promotion,
    body: () => ({ at: "2099-01-01T00:00:00Z", action: "end" }),
  },
  "GET /v1/promotions/{id}/scheduled-changes": promotion,
  "POST /v1/promotions/{id}/scheduled-changes/{changeId}/cancel": {
    path: ({ promotion: of, scheduledChange }) => ({ id: of!, changeId: scheduledChange! }),
  },
  "POST /v1/redemptions": {
    body: ({ redemption }) => ({
      ...cart,
      orderRef: "M-1",
      codes: ["NEXTDOOR"],
      deposits: [{ redemption }],
    }),
    expected: [409],
    owner: [409],
  },
  "GET /v1/redemptions/export": {
    query: () => ({ from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z" }),
  },
  "GET /v1/redemptions": { query: () => ({ orderRef: "N-1" }) },
  "POST /v1/redemptions/{id}/commit": { path: id("reservation"), owner: orConflict },
  "POST /v1/redemptions/{id}/cancel": { path: id("reservation"), owner: orConflict },
  "GET /v1/redemptions/{id}": { path: id("redemption") },
  "GET /v1/redemptions/{id}/ledger": { path: id("redemption") },
  "GET /v1/redemptions/{id}/rewards": { path: id("redemption") },
  "GET /v1/points-programmes/{key}": { path: () => ({ key: "points" }), expected: [200] },
  "PUT /v1/points-programmes/{key}": {
    path: () => ({ key: "points" }),
    body: () => ({ pendingDays: 3 }),
    expected: [200],
  },
  "GET /v1/points-programmes/{key}/books": { path: () => ({ key: "points" }), expected: [200] },
  "GET /v1/customers/{id}/points": { path: id("customer"), expected: [200] },
  "GET /v1/customers/{id}/points/entries": { path: id("customer"), expected: [200] },
  "GET /v1/customers/{id}/points/entries/export": { path: id("customer"), expected: [200] },
  "POST /v1/customers/{id}/points/adjustments": {
    path: id("customer"),
    body: () => ({ points: -1, reason: "a test" }),
    // The stranger's customer of that name has none.
    expected: [409],
  },
  "POST /v1/customers/{id}/points/spends": {
    path: id("customer"),
    body: () => ({ points: 1 }),
    expected: [409],
  },
  "GET /v1/points-spends/{id}": { path: id("spend") },
  "POST /v1/points-spends/{id}/commit": { path: id("spend"), owner: orConflict },
  "POST /v1/points-spends/{id}/cancel": { path: id("spend"), owner: orConflict },
  "POST /v1/points-spends/{id}/refunds": {
    path: id("spend"),
    body: () => ({ points: 1 }),
    owner: orConflict,
  },
  "GET /v1/rewards": { query: () => ({ state: "owed", pool: "neighbours-gone" }) },
  "GET /v1/redemptions/{id}/returns": { path: id("returned") },
  "POST /v1/redemptions/{id}/returns": {
    path: id("redemption"),
    body: () => ({ lines: [{ id: "1", quantity: 1 }] }),
  },
  "GET /v1/offline/keys": {},
  "POST /v1/offline/keys/rotate": { body: () => ({}) },
  "POST /v1/offline/vouchers": {
    body: () => ({ code: "NEXTDOOR", currency: "CNY" }),
    expected: [400, 404, 409],
    owner: orConflict,
  },
  "POST /v1/redemptions/offline": {
    body: ({ voucher }) => ({
      redemptions: [{ voucher, orderRef: "M-2", at: "2026-11-11T00:00:00Z", currency: "CNY", discount: 1 }],
    }),
  },
  "GET /v1/offline/flags": {},
  "POST /v1/offline/flags/{id}/resolve": { path: id("flag"), body: () => ({ note: "seen" }) },
  "PUT /v1/orders/{externalId}": {
    path: externalId,
    body: ({ redemption }) => orderOf({ redemption }),
    expected: [400],
    owner: [200, 409],
  },
  "GET /v1/orders/{externalId}": { path: externalId },
  "GET /v1/orders": { query: ({ redemption }) => ({ redemption: redemption! }) },
  "POST /v1/orders/{externalId}/returns": {
    path: externalId,
    body: () => ({ lines: [{ id: "1", quantity: 1 }] }),
    owner: orConflict,
  },
  "POST /v1/orders/bulk": {
    contentType: "application/x-ndjson",
    body: () => `${JSON.stringify({ ...orderOf(), externalId: "N-3" })}\n`,
  },
  "GET /v1/customers": { query: () => ({ limit: "200" }) },
  // Of whom nothing is stored, nothing can be changed; without `If-Match` it would be a customer of the caller's own.
  "PUT /v1/customers/{id}": {
    path: ({ customer }) => ({ id: customer! }),
    body: () => ({ groups: ["mine"] }),
    expected: [412],
  },
  "GET /v1/customers/{id}": { path: ({ customer }) => ({ id: customer! }) },
  "POST /v1/customers/bulk": {
    contentType: "application/x-ndjson",
    body: ({ customer }) => `${JSON.stringify({ id: customer, tags: ["mine"] })}\n`,
  },
  "POST /v1/group-buys": {
    body: () => ({ promotion: "neighbours-group", order: { ...cart, customer: { id: "c-1" } } }),
    expected: [404],
  },
  "GET /v1/group-buys": {},
  "GET /v1/group-buys/{id}": { path: id("group") },
  "POST /v1/group-buys/{id}/join": {
    path: id("group"),
    body: () => ({ order: { ...cart, customer: { id: "c-2" } } }),
    owner: orConflict,
  },
  // A SKU of that name is anybody's own.
  "PUT /v1/stock/{sku}": {
    path: ({ sku }) => ({ sku: sku! }),
    body: () => ({ quantity: 7, asOf: "2026-11-10T12:00:00Z" }),
    expected: [200],
  },
  "PUT /v1/competitor-offers/{key}": {
    path: () => ({ key: "mine" }),
    body: () => ({
      competitor: "Mine",
      form: "mine",
      startsAt: "2026-11-01T00:00:00Z",
      endsAt: "2026-12-01T00:00:00Z",
    }),
    expected: [200],
  },
  "DELETE /v1/competitor-offers/{key}": { path: ({ offer }) => ({ key: offer! }) },
  "GET /v1/competitor-offers": {},
  "GET /v1/market": {
    query: () => ({ from: "2026-11-01T00:00:00Z", to: "2026-12-01T00:00:00Z", currency: "CNY" }),
  },
  "PUT /v1/dealers/{id}": { path: id("dealer"), body: () => ({}), expected: [412] },
  "PUT /v1/contracts/{id}": { path: id("contract"), body: () => contractOf("mine"), expected: [412] },
  "GET /v1/contracts": {},
  "GET /v1/contracts/{id}": { path: id("otherContract") },
  "POST /v1/contracts/{id}/renew": {
    path: id("otherContract"),
    body: () => ({ id: "mine-2" }),
    owner: orConflict,
  },
  "POST /v1/contracts/{id}/cancel": { path: id("otherContract"), owner: orConflict },
  "GET /v1/contract-renewals": {},
  "GET /v1/customers/{id}/value-report": {
    path: id("contractor"),
    query: () => ({ currency: "CNY" }),
  },
  "GET /v1/dealers": {},
  "GET /v1/dealers/{id}": { path: id("otherDealer") },
  "PUT /v1/price-lists/{key}": {
    path: ({ priceList }) => ({ key: priceList! }),
    body: () => ({ currency: "CNY", audience: { groups: ["mine"] } }),
    expected: [412],
  },
  "GET /v1/price-lists": {},
  "GET /v1/price-lists/{key}": { path: ({ priceList }) => ({ key: priceList! }) },
  "GET /v1/price-lists/{key}/prices": { path: ({ priceList }) => ({ key: priceList! }) },
  "PUT /v1/price-lists/{key}/prices/{sku}": {
    path: ({ priceList }) => ({ key: priceList!, sku: "A" }),
    body: () => ({ breaks: [{ from: 1, unitPrice: 1 }] }),
  },
  "DELETE /v1/price-lists/{key}/prices/{sku}": {
    path: ({ priceList }) => ({ key: priceList!, sku: "A" }),
  },
  "POST /v1/price-lists/{key}/prices/bulk": {
    path: ({ priceList }) => ({ key: priceList! }),
    contentType: "application/x-ndjson",
    body: () => `${JSON.stringify({ sku: "A", breaks: [{ from: 1, unitPrice: 1 }] })}\n`,
  },
  "POST /v1/quotes": { body: () => cart },
  "GET /v1/quotes": {},
  "GET /v1/quotes/{id}": { path: ({ quote }) => ({ id: quote! }) },
  "GET /v1/dealers/{id}/funding/{period}": {
    path: ({ otherDealer }) => ({ id: otherDealer!, period: "2026-11" }),
  },
  "GET /v1/dealers/{id}/funding/{period}/entries": {
    path: ({ otherDealer }) => ({ id: otherDealer!, period: "2026-11" }),
  },
  "POST /v1/dealers/{id}/funding/{period}/settle": {
    path: ({ otherDealer }) => ({ id: otherDealer!, period: "2026-10" }),
    body: () => ({ reference: "mine" }),
    owner: orConflict,
  },
  "GET /v1/stock-turnover": {},
  "GET /v1/customer-kpis": {
    query: () => ({ currency: "CNY", from: "2026-11-01T00:00:00Z", to: "2026-12-01T00:00:00Z" }),
  },
  "GET /v1/territory-flags": {},
  "POST /v1/territory-flags/{order}/clear": {
    path: ({ order }) => ({ order: order! }),
    body: () => ({ reason: "a test" }),
  },
  "PUT /v1/rebate-agreements/{key}": {
    path: () => ({ key: "mine" }),
    body: () => ({
      currency: "CNY",
      basis: "amount",
      target: { value: 1 },
      schedule: { startsOn: "2025-01-01", endsOn: "2025-12-31", every: "once" },
    }),
    expected: [412],
    owner: [412],
  },
  "GET /v1/rebate-agreements": {},
  "GET /v1/rebate-agreements/{key}": { path: ({ agreement }) => ({ key: agreement! }) },
  "POST /v1/rebate-agreements/{key}/periods/{period}/close": {
    path: ({ agreement }) => ({ key: agreement!, period: "2025-02" }),
    owner: orConflict,
  },
  "GET /v1/rebate-agreements/{key}/periods/{period}/statements": {
    path: ({ agreement }) => ({ key: agreement!, period: "2025-01" }),
  },
  "GET /v1/rebate-standings": {
    query: ({ agreement }) => ({ agreement: agreement!, period: "2025-01" }),
    expected: [404],
  },
  "GET /v1/dealers/{id}/rebates": { path: id("otherDealer") },
  "GET /v1/rebate-entries": {
    query: ({ agreement, otherDealer }) => ({
      agreement: agreement!,
      period: "2025-01",
      dealer: otherDealer!,
    }),
  },
  "GET /v1/rebate-statements": {},
  "GET /v1/rebate-statements/{id}": { path: id("statement") },
  "POST /v1/rebate-statements/{id}/approve": { path: id("statement"), owner: orConflict },
  "POST /v1/rebate-statements/{id}/pay": {
    path: id("statement"),
    body: () => ({ reference: "mine" }),
    owner: orConflict,
  },
  "GET /v1/stock": {},
  "GET /v1/promotion-days": {},
  "POST /v1/stock/bulk": {
    contentType: "application/x-ndjson",
    body: () => `${JSON.stringify({ sku: "MINE", quantity: 7, asOf: "2026-11-10T12:00:00Z" })}\n`,
  },
  "POST /v1/campaigns": { body: () => campaignOf("mine") },
  "GET /v1/campaigns": {},
  "GET /v1/campaigns/{key}": campaign,
  "PUT /v1/campaigns/{key}": {
    ...campaign,
    body: () => campaignOf("neighbours-campaign"),
    owner: orConflict,
  },
  "POST /v1/campaigns/{key}/archive": { ...campaign, owner: orConflict },
  "POST /v1/campaigns/{key}/costs": {
    ...campaign,
    body: () => ({ id: "mine", element: "feed", amount: 1, currency: "CNY", at: "2026-11-10T00:00:00Z" }),
  },
  "GET /v1/campaigns/{key}/costs": campaign,
  "GET /v1/campaigns/{key}/measurement": campaign,
  "GET /v1/campaigns/{key}/breakdown": { ...campaign, query: () => ({ by: "sku", currency: "CNY" }) },
  "GET /v1/campaigns/{key}/attribution": campaign,
  // An experiment is what promotions name: one that nobody met has no arms.
  "GET /v1/experiments/{name}/measurement": {
    path: () => ({ name: "neighbours-experiment" }),
    query: () => ({ currency: "CNY" }),
    expected: [200],
  },
  "GET /v1/campaigns/{key}/attainment": campaign,
  "GET /v1/campaigns/{key}/live": campaign,
  "GET /v1/campaigns/{key}/review": campaign,
  "PUT /v1/campaigns/{key}/review": { ...campaign, body: () => ({ fiveWhys: [] }) },
  "GET /v1/campaigns/{key}/review/export": campaign,
  "GET /v1/campaign-knowledge": {},
  "PUT /v1/campaigns/{campaign}/policies/{key}": {
    path: policyName,
    body: () => ({ when: { metric: "roi", below: 0 }, act: { kind: "alert" } }),
  },
  "GET /v1/campaigns/{campaign}/policies/{key}": { path: policyName },
  "GET /v1/campaigns/{campaign}/policies": { path: campaignName },
  "GET /v1/campaigns/{campaign}/policy-actions": { path: campaignName },
  "POST /v1/campaigns/{campaign}/policy-actions/{id}/undo": {
    path: (ids) => ({ ...campaignName(ids), id: "pla_1" }),
  },
  "GET /v1/campaigns/{key}/live/stream": { ...campaign, brokenOffAfter: /data: / },
  "POST /v1/automations": { body: () => automationOf("mine") },
  "GET /v1/automations": {},
  "GET /v1/automations/{id}": automation,
  "PUT /v1/automations/{id}": {
    ...automation,
    body: () => automationOf("neighbours-automation"),
    owner: orConflict,
  },
  "POST /v1/automations/{id}/activate": { ...automation, owner: orConflict },
  "POST /v1/automations/{id}/pause": { ...automation, owner: orConflict },
  "POST /v1/automations/{id}/archive": { ...automation, owner: orConflict },
  "POST /v1/automations/dry-run": { body: () => automationOf("mine") },
  "POST /v1/automations/{id}/dry-run": automation,
  "GET /v1/automations/{id}/results": automation,
  "GET /v1/automations/{id}/runs": automation,
  "POST /v1/campaigns/{key}/launch-check": { path: ({ campaign }) => ({ key: campaign! }) },
  "GET /v1/campaigns/{key}/launch-checks": { path: ({ campaign }) => ({ key: campaign! }) },
  "POST /v1/simulations": {
    body: () => ({
      promotions: [promotionOf("mine")],
      from: "2026-11-01T00:00:00Z",
      to: "2026-12-01T00:00:00Z",
    }),
  },
  "GET /v1/simulations": {},
  "GET /v1/simulations/{id}": { path: id("simulation") },
  "DELETE /v1/simulations/{id}": { path: id("spareSimulation") },
  "POST /v1/segments": { body: () => ({ key: "mine", conditions: { kind: "first_order" } }) },
  "GET /v1/segments": {},
  "GET /v1/rfm": { expected: [200, 404] },
  "PUT /v1/rfm": { body: () => ({ currency: "CNY" }), expected: [200, 412] },
  "GET /v1/tier-programme": { expected: [200, 404] },
  "PUT /v1/tier-programme": {
    body: () => ({ measure: "orders", tiers: [{ key: "gold", count: 1 }] }),
    expected: [200, 412],
  },
  "GET /v1/customers/{id}/tier": { path: id("customer"), expected: [200, 404] },
  "PUT /v1/customers/{id}/tier": {
    path: id("customer"),
    body: () => ({ tier: null, until: "2099-01-01T00:00:00Z", reason: "a test" }),
    expected: [200, 404],
  },
  "DELETE /v1/customers/{id}/tier": { path: id("customer"), expected: [200, 404] },
  "POST /v1/segments/presets": { body: () => ({ presets: ["dormant"], currency: "CNY" }) },
  "POST /v1/segments/preview": { body: () => ({ conditions: { kind: "order_count", atLeast: 0 } }) },
  "GET /v1/segments/{key}": segment,
  "PUT /v1/segments/{key}": { ...segment, body: ({ segment: key }) => ({ key, name: "mine" }) },
  "DELETE /v1/segments/{key}": { path: ({ spareSegment }) => ({ key: spareSegment! }) },
  "GET /v1/segments/{key}/members": segment,
  "POST /v1/segments/{key}/members": { ...segment, body: () => ({ add: ["mine"] }) },
  "POST /v1/segments/{key}/members/bulk": {
    ...segment,
    contentType: "application/x-ndjson",
    body: () => `${JSON.stringify({ customer: "mine" })}\n`,
  },
  "GET /v1/customers/{id}/overview": { path: ({ customer }) => ({ id: customer! }) },
  "GET /v1/customers/{id}/export": { path: ({ customer }) => ({ id: customer! }), expected: [200] },
  "POST /v1/customers/{id}/merge": {
    path: ({ customer }) => ({ id: customer! }),
    body: () => ({ guest: "mine" }),
    expected: [200],
    tellsOfOwn: true,
  },
  "POST /v1/customers/{id}/erase": { path: ({ customer }) => ({ id: customer! }), expected: [200] },
  "POST /v1/coupon-pools": { body: () => ({ key: "my-pool" }) },
  "GET /v1/coupon-pools": {},
  "GET /v1/coupon-pools/{key}": { path: poolKey },
  "PUT /v1/coupon-pools/{key}": { path: poolKey, body: ({ pool }) => ({ key: pool, usesPerCode: 3 }) },
  "POST /v1/coupon-pools/{key}/codes": { path: poolKey, body: () => ({ count: 1 }) },
  "GET /v1/coupon-pools/{key}/codes": { path: poolKey },
  "POST /v1/coupon-pools/{key}/claim": { path: poolKey, body: () => ({ customer: "c-1" }) },
  "POST /v1/coupon-pools/{key}/import": {
    path: poolKey,
    contentType: "text/csv",
    body: () => "code\nMINE-0001\n",
  },
  "GET /v1/coupons": { query: () => ({ customer: "c-1" }) },
  "POST /v1/coupons/validate": { body: ({ coupon }) => ({ codes: [coupon, "NEXTDOOR"] }) },
  "GET /v1/coupons/{code}": { path: couponCode },
  "POST /v1/coupons/{code}/void": { path: couponCode },
  "POST /v1/coupons/{code}/transfer": {
    path: couponCode,
    body: () => ({ customer: "c-1" }),
    owner: orConflict,
  },
  "GET /v1/coupons/{code}/qr": { path: couponCode },
  "GET /v1/prizes": { query: ({ customer }) => ({ customer: customer! }) },
  "GET /v1/referral-programmes": {},
  "GET /v1/referral-programmes/{key}": programme,
  // It would make one of the caller's own: of another name, so that the others ask for what is not there.
  "PUT /v1/referral-programmes/{key}": {
    path: () => ({ key: "mine" }),
    body: () => ({ name: "mine" }),
    expected: [200],
  },
  "POST /v1/referral-programmes/{key}/members": { ...programme, body: () => ({ customer: "mine" }) },
  "POST /v1/referral-programmes/{key}/referrals": {
    ...programme,
    body: ({ referralCode }) => ({ code: referralCode, customer: "friend" }),
  },
  "GET /v1/referral-programmes/{key}/referrals": programme,
  "GET /v1/referral-programmes/{key}/results": programme,
  "GET /v1/referral-codes/{code}/qr": { path: ({ referralCode }) => ({ code: referralCode! }) },
  "POST /v1/draws": {
    body: () => ({
      key: "mine",
      startsAt: "2098-11-01T00:00:00Z",
      endsAt: "2098-12-01T00:00:00Z",
      total: 1,
      prizes: [{ key: "nothing", odds: 1 }],
      consolation: "nothing",
    }),
    owner: orConflict,
  },
  "GET /v1/draws": {},
  "GET /v1/draws/{key}": programme,
  "POST /v1/draws/{key}/tickets": { ...programme, body: () => ({ ticket: "mine", customer: "mine" }) },
  "GET /v1/draws/{key}/tickets": programme,
  "GET /v1/check-in-programmes": {},
  "GET /v1/check-in-programmes/{key}": programme,
  "PUT /v1/check-in-programmes/{key}": {
    path: () => ({ key: "mine" }),
    body: () => ({ name: "mine" }),
    expected: [200],
  },
  "POST /v1/check-in-programmes/{key}/check-ins": { ...programme, body: () => ({ customer: "mine" }) },
  "GET /v1/check-in-programmes/{key}/streaks/{customer}": {
    path: ({ programme: key, customer }) => ({ key: key!, customer: customer! }),
  },
  "GET /v1/challenges": {},
  "GET /v1/challenges/{key}": programme,
  "PUT /v1/challenges/{key}": {
    path: () => ({ key: "mine" }),
    body: () => ({
      startsAt: "2026-11-01T00:00:00Z",
      endsAt: "2026-12-01T00:00:00Z",
      goal: { kind: "orders" },
      times: 1,
      prize: { kind: "gift", sku: "A" },
    }),
    expected: [200],
  },
  "GET /v1/challenges/{key}/progress/{customer}": {
    path: ({ programme: key, customer }) => ({ key: key!, customer: customer! }),
  },
  "GET /v1/challenges/{key}/results": programme,
  "GET /v1/events": { tellsOfOwn: true },
  "POST /v1/events": { body: ({ customer }) => tracked(customer!) },
  "POST /v1/events/batch": { body: ({ customer }) => ({ events: [tracked(customer!)] }) },
  "GET /v1/tracked-events": { query: ({ customer }) => ({ customer: customer! }) },
  "GET /v1/funnel": {
    query: () => ({ steps: "view", from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z" }),
  },
  "GET /v1/events/stream": {
    tellsOfOwn: true,
    query: () => ({ after: eventCursor.encode(0) }),
    brokenOffAfter: /^data: .*\n\n/m,
  },
  // Switched off: nobody is there who would take what is sent.
  "POST /v1/webhooks": { body: () => ({ url: "https://8.8.8.8/", enabled: false }) },
  "GET /v1/webhooks": {},
  "GET /v1/webhooks/{id}": webhook,
  "PATCH /v1/webhooks/{id}": { ...webhook, body: () => ({ description: "mine" }) },
  "DELETE /v1/webhooks/{id}": webhook,
  "POST /v1/webhooks/{id}/rotate": { ...webhook, body: () => ({ graceSeconds: 60 }) },
  "POST /v1/webhooks/{id}/test": webhook,
  "POST /v1/webhooks/{id}/replay": webhook,
  "GET /v1/webhooks/{id}/deliveries": webhook,
  "POST /v1/webhooks/{id}/deliveries/{deliveryId}/replay": {
    path: ({ webhook: of, delivery }) => ({ id: of!, deliveryId: delivery! }),
  },
  "GET /v1/jobs": {},
  "GET /v1/jobs/{id}": { path: id("job") },
  "POST /v1/jobs/{id}/cancel": { path: id("job"), owner: orConflict },
  "GET /v1/audit": {},
  "GET /v1/audit/export": {},
  "GET /v1/audit/head": {},
  "GET /v1/project": {},
  "GET /v1/project/safeguards": {},
  "PATCH /v1/project/safeguards": { body: () => ({ wrongCodes: { perKey: 1_000 } }) },
  "POST /v1/project/stop": { body: () => ({ reason: "a test" }) },
  "POST /v1/project/resume": {},
  "PATCH /v1/project/settings": { body: () => ({ locale: "en" }) },
  "POST /v1/api-keys": { body: () => ({ name: "mine", role: "viewer", environment: "live" }) },
  "GET /v1/api-keys": {},
  "PATCH /v1/api-keys/{id}": { path: id("apiKey"), body: () => ({ name: "mine" }) },
  "POST /v1/api-keys/{id}/rotate": { path: id("apiKey"), body: () => ({}) },
  "DELETE /v1/api-keys/{id}": { path: id("apiKey"), owner: done },
};
