/** What can be asked about a request, and how the one statement that answers it all answers each kind. */
import type { CounterName } from "../../ledger/books.ts";
import { orderHistorySql } from "./order-history.ts";

export interface FactsQuestion {
  readonly projectId: string;
  /** Codes as they may be stored: normalised, and with look-alikes folded. */
  readonly codes: readonly string[];
  /** Who the request names: perhaps merged into another customer; null for nobody. */
  readonly aliasOf: string | null;
  /** Whose orders are wanted; null for nobody's. */
  readonly customerId: string | null;
  /** Of whom is wanted what the shop said of them; null for nobody. */
  readonly profileOf: string | null;
  /** Of whom is wanted in which segments they are; null for nobody. */
  readonly segmentsOf: string | null;
  /** Of whom is wanted in which tier they are; null for nobody. */
  readonly tierOf: string | null;
  /** Of whom is wanted how they are scored; null for nobody. */
  readonly scoresOf: string | null;
  /** Of whom the contracts that run are wanted; null for nobody. */
  readonly contractsOf: string | null;
  /** Of whom the dealer's account is wanted; null for nobody. */
  readonly dealerOf: string | null;
  /** For whom, and for which goods, the prices of lists are wanted; null where none can be meant. */
  readonly pricesFor: PricesQuestion | null;
  /** Whose counters are wanted, such as `customer:c-42`. */
  readonly holders: readonly string[];
  /** Counters wanted by name. */
  readonly counters: readonly CounterName[];
  /** Redemptions named as paid deposits. */
  readonly deposits: readonly string[];
  /** The order itself: neither its own reservation nor its own history stands in its way. Null for a mere quote. */
  readonly order: { readonly source: string; readonly orderRef: string } | null;
  /** Of a request that may have been answered before. */
  readonly idempotencyKey: string | null;
  /** Orders placed after it are listed, by days counted from it. Epoch milliseconds. */
  readonly since: number;
}

/** The shopper as price lists know them. What is stored of the customer and the dealer is looked up. */
export interface PricesQuestion {
  readonly currency: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly customerId: string | null;
  readonly dealer: string | null;
  readonly groups: readonly string[];
  readonly skus: readonly string[];
}

export type Cell = string | number | null;

const history = orderHistorySql({
  projectId: "u.project_id",
  customerId: "u.customer_id",
  source: "u.source",
  orderRef: "u.order_ref",
  since: "u.since",
});

/** One kind of question, and how the statement answers it. */
export interface Arm {
  readonly name: string;
  /** Types of what is asked: `$u` stands for the list of it, after the number of the question and its project. */
  readonly types: readonly string[];
  readonly text: string;
  /** A row for each thing that is asked. */
  rowsOf(question: FactsQuestion): readonly (readonly Cell[])[];
}

// Every arm goes through a list of (number of the question, project, key …). `lateral … offset 0` makes each look-up one by
// its whole key, even when the plan was made for an empty table.
export const arms: readonly Arm[] = [
  {
    name: "alias",
    types: ["text"],
    text: `
select 'm' as kind, u.i, to_json(a.customer_id) as value
  from $u as u (i, project_id, id),
       lateral (select customer_id from customer_aliases where project_id = u.project_id and alias = u.id collate "C" offset 0) as a`,
    rowsOf: ({ aliasOf }) => (aliasOf === null ? [] : [[aliasOf]]),
  },
  {
    name: "coupons",
    types: ["text"],
    text: `
select 'c' as kind, u.i, json_build_object('code', c.code, 'poolId', c.pool_id, 'pool', p.key, 'isVoid', c.status = 'void',
         'isUsedUp', c.used + c.reserved >= c.max_uses, 'customerId', c.customer_id,
         'expiresAt', (extract(epoch from c.expires_at) * 1000)::bigint,
         'folds', not (strpos(p.alphabet, '0') > 0 and strpos(p.alphabet, 'O') > 0)
                  and length(p.alphabet) - length(translate(p.alphabet, '1IL', '')) <= 1) as value
  from $u as u (i, project_id, code),
       lateral (select * from coupons where project_id = u.project_id and code = u.code collate "C" offset 0) as c,
       lateral (select key, document ->> 'alphabet' as alphabet from coupon_pools
                 where project_id = u.project_id and id = c.pool_id offset 0) as p`,
    rowsOf: ({ codes }) => codes.map((code) => [code]),
  },
  {
    name: "holders",
    types: ["text"],
    text: `
select 'n' as kind, u.i, json_build_array(n.rule_id, n.measure, n.holder, n.period, n.used + n.reserved) as value
  from $u as u (i, project_id, holder),
       lateral (select * from counters where project_id = u.project_id and holder = u.holder collate "C" and holder <> '' offset 0) as n`,
    rowsOf: ({ holders }) => holders.map((holder) => [holder]),
  },
  {
    name: "counters",
    types: ["text", "text", "text", "text"],
    text: `
select 'n' as kind, u.i, json_build_array(n.rule_id, n.measure, n.holder, n.period, n.used + n.reserved) as value
  from $u as u (i, project_id, rule_id, measure, holder, period),
       lateral (select * from counters where project_id = u.project_id and rule_id = u.rule_id and measure = u.measure
                   and holder = u.holder collate "C" and period = u.period offset 0) as n`,
    rowsOf: ({ counters }) =>
      counters.map(({ rule, measure, holder, period }) => [rule, measure, holder, period]),
  },
  {
    name: "history",
    types: ["text", "text", "text", "bigint"],
    text: `
select 'h' as kind, u.i, ${history} as value
  from $u as u (i, project_id, customer_id, source, order_ref, since)`,
    rowsOf: ({ customerId, order, since }) =>
      customerId === null ? [] : [[customerId, order?.source ?? null, order?.orderRef ?? null, since]],
  },
  {
    name: "deposits",
    types: ["text"],
    text: `
select 'd' as kind, u.i, json_build_object('redemption', paid.id, 'promotion', request -> 'deposit' ->> 'promotion',
         'units', (request -> 'deposit' ->> 'units')::bigint, 'customerId', paid.customer_id) as value
  from $u as u (i, project_id, id),
       lateral (select * from redemptions where project_id = u.project_id and id = u.id offset 0) as paid
 where state = 'committed' and is_deposit`,
    rowsOf: ({ deposits }) => deposits.map((id) => [id]),
  },
  {
    name: "order",
    types: ["text", "text"],
    text: `
select 'o' as kind, u.i, json_build_object('id', id, 'state', state, 'requestHash', encode(request_hash, 'hex'), 'holds', holds,
         'hasLapsed', state = 'reserved' and expires_at <= now(),
         'ttlSeconds', coalesce(round(extract(epoch from expires_at - created_at)), (request ->> 'ttlSeconds')::numeric),
         'total', total) as value
  from $u as u (i, project_id, source, order_ref),
       lateral (select id, state, request_hash, holds, expires_at, created_at, request, total from redemptions
                 where project_id = u.project_id and source = u.source and order_ref = u.order_ref
                   and state not in ('cancelled', 'expired') offset 0) as standing`,
    rowsOf: ({ order }) => (order === null ? [] : [[order.source, order.orderRef]]),
  },
  {
    name: "record",
    types: ["text"],
    text: `
select 'i' as kind, u.i, json_build_object('operation', operation, 'requestHash', encode(request_hash, 'hex'),
         'resourceId', resource_id, 'answer', answer) as value
  from $u as u (i, project_id, key),
       lateral (select * from idempotency_records where project_id = u.project_id and key = u.key collate "C" offset 0) as record`,
    rowsOf: ({ idempotencyKey }) => (idempotencyKey === null ? [] : [[idempotencyKey]]),
  },
  {
    name: "profile",
    types: ["text"],
    text: `
select 'p' as kind, u.i, json_build_object('groups', document -> 'groups', 'tags', document -> 'tags',
         'attributes', document -> 'attributes', 'birthday', document -> 'birthday', 'consents', document -> 'consents') as value
  from $u as u (i, project_id, id),
       lateral (select document from customers where project_id = u.project_id and id = u.id offset 0) as profile`,
    rowsOf: ({ profileOf }) => (profileOf === null ? [] : [[profileOf]]),
  },
  {
    name: "segments",
    types: ["text"],
    text: `
select 's' as kind, u.i, (
         select coalesce(json_agg(s.key order by s.key), '[]')
           from (select segment_id from segment_members where project_id = u.project_id and customer_id = u.id offset 0) as m,
                lateral (select key from segments where project_id = u.project_id and id = m.segment_id offset 0) as s) as value
  from $u as u (i, project_id, id)`,
    rowsOf: ({ segmentsOf }) => (segmentsOf === null ? [] : [[segmentsOf]]),
  },
  {
    name: "tier",
    types: ["text"],
    text: `
select 't' as kind, u.i, to_json(kept.tier) as value
  from $u as u (i, project_id, id),
       lateral (select tier from customer_tiers where project_id = u.project_id and customer_id = u.id offset 0) as kept`,
    rowsOf: ({ tierOf }) => (tierOf === null ? [] : [[tierOf]]),
  },
  {
    name: "scores",
    types: ["text"],
    text: `
select 'r' as kind, u.i, json_build_object('borders', borders, 'activity', json_build_object(
         'completedOrders', coalesce(a.completed_orders, 0),
         'lastOrderAt', floor(extract(epoch from a.last_order_at) * 1000)::bigint,
         'spent', coalesce((a.spent ->> currency)::bigint, 0))) as value
  from $u as u (i, project_id, id)
  join lateral (select borders, document ->> 'currency' as currency from rfm_settings
                 where project_id = u.project_id and borders is not null offset 0) as r on true
  left join lateral (select * from customer_activity
                      where project_id = u.project_id and customer_id = u.id offset 0) as a on true`,
    rowsOf: ({ scoresOf }) => (scoresOf === null ? [] : [[scoresOf]]),
  },
  {
    name: "contracts",
    types: ["text"],
    text: `
select 'k' as kind, u.i, (
         select coalesce(json_agg(json_build_object('id', id, 'kind', kind, 'endsOn', ends_on) order by ends_on, id), '[]')
           from contracts where project_id = u.project_id and customer_id = u.id and state = 'active') as value
  from $u as u (i, project_id, id)`,
    rowsOf: ({ contractsOf }) => (contractsOf === null ? [] : [[contractsOf]]),
  },
  {
    name: "dealer",
    types: ["text"],
    text: `
select 'v' as kind, u.i, json_build_object('id', u.id, 'level', level, 'region', region, 'network', network) as value
  from $u as u (i, project_id, id),
       lateral (select level, region, network from dealers where project_id = u.project_id and id = u.id collate "C" offset 0) as account`,
    rowsOf: ({ dealerOf }) => (dealerOf === null ? [] : [[dealerOf]]),
  },
  {
    name: "lists",
    types: ["text", "bigint", "text", "text", "text", "text"],
    text: `
select 'l' as kind, u.i, json_strip_nulls(json_build_object('list', l.key, 'priority', l.priority,
         'minAmount', l.document #> '{minimum,amount}', 'minQuantity', l.document #> '{minimum,quantity}', 'prices', p.prices)) as value
  from $u as u (i, project_id, currency, at, customer_id, dealer, groups, skus),
       lateral (select distinct a.list
                  from (select 'group' as kind, jsonb_array_elements_text(u.groups::jsonb) as name
                        union all
                        select 'group', jsonb_array_elements_text(c.document -> 'groups') from customers c
                         where c.project_id = u.project_id and c.id = u.customer_id and jsonb_typeof(c.document -> 'groups') = 'array'
                        union all select 'customer', u.customer_id
                        union all select 'dealer', u.dealer
                        union all
                        select 'level', d.level from dealers d where d.project_id = u.project_id and d.id = u.dealer collate "C"
                       ) as shopper
                  join price_list_audiences a
                    on a.project_id = u.project_id and a.kind = shopper.kind and a.name = shopper.name collate "C" offset 0) as meant,
       lateral (select key, priority, document from price_lists
                 where project_id = u.project_id and key = meant.list and currency = u.currency
                   and coalesce(starts_at <= to_timestamp(u.at / 1000.0), true)
                   and coalesce(ends_at > to_timestamp(u.at / 1000.0), true) offset 0) as l,
       lateral (select json_agg(jsonb_build_object('sku', e.sku) || e.document order by e.sku) as prices
                  from jsonb_array_elements_text(u.skus::jsonb) as s (sku),
                       lateral (select sku, document from list_prices
                                 where project_id = u.project_id and list = l.key and sku = s.sku collate "C" offset 0) as e) as p
 where p.prices is not null`,
    rowsOf: ({ pricesFor }) =>
      pricesFor === null
        ? []
        : [
            [
              pricesFor.currency,
              pricesFor.at,
              pricesFor.customerId,
              pricesFor.dealer,
              JSON.stringify(pricesFor.groups),
              JSON.stringify(pricesFor.skus),
            ],
          ],
  },
];
