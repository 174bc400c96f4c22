/**
 * What is read for an evaluation: one statement, however many promotions need it. It looks into the tables of several
 * features, which is why it stands here, and writes none.
 */
import type pg from "pg";
import { type CounterName, counterKey, type RedemptionStatus } from "../../ledger/books.ts";
import type { IdempotencyRecord } from "../../platform/idempotency.ts";
import { orderHistorySql } from "./order-history.ts";

export interface FactsQuestion {
  readonly projectId: string;
  /** Codes as they may be stored: normalised, and with look-alikes folded. */
  readonly codes: readonly string[];
  /** Whose orders are wanted; null for nobody's. */
  readonly customerId: string | null;
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

export interface FoundCoupon {
  readonly code: string;
  readonly poolId: string;
  readonly pool: string;
  readonly folds: boolean;
  readonly isVoid: boolean;
  readonly isUsedUp: boolean;
  readonly customerId: string | null;
  /** Epoch milliseconds. */
  readonly expiresAt: number | null;
}

export interface FactsAnswer {
  readonly coupons: FoundCoupon[];
  /** By counter key: used and reserved. */
  readonly taken: Map<string, number>;
  history: {
    completedOrders: number;
    lastOrderAt: number | null;
    orders: { at: number; currency: string; total: number }[];
  } | null;
  readonly deposits: { redemption: string; promotion: string; units: number }[];
  /** What the order's own reservation holds, by counter key. */
  readonly own: Map<string, number>;
  /** The order's live redemption. */
  standing: StandingRedemption | null;
  record: IdempotencyRecord | null;
}

export interface StandingRedemption {
  readonly id: string;
  readonly state: RedemptionStatus;
  readonly requestHash: string;
}

const history = orderHistorySql({
  projectId: "$1",
  customerId: "$3",
  source: "$10",
  orderRef: "$11",
  since: "$12",
});

// `lateral … offset 0` makes every look-up one by its whole key, even when the plan was made for an empty table.
const text = `
select 'c' as kind,
       json_build_object('code', c.code, 'poolId', c.pool_id, 'pool', p.key, 'isVoid', c.status = 'void',
         'isUsedUp', c.used + c.reserved >= c.max_uses, 'customerId', c.customer_id,
         'expiresAt', (extract(epoch from c.expires_at) * 1000)::bigint,
         'folds', not (p.alphabet ~ '0' and p.alphabet ~ 'O') and length(regexp_replace(p.alphabet, '[^1IL]', '', 'g')) <= 1) as value
  from coupons c
  join (select id, key, document ->> 'alphabet' as alphabet from coupon_pools where project_id = $1) p on p.id = c.pool_id
 where c.project_id = $1 and c.code = any ($2::text[])
union all
select 'n', json_build_array(rule_id, measure, holder, period, used + reserved)
  from counters where project_id = $1 and holder <> '' and holder = any ($4::text[])
union all
select 'n', json_build_array(n.rule_id, n.measure, n.holder, n.period, n.used + n.reserved)
  from unnest($5::text[], $6::text[], $7::text[], $8::text[]) as u (rule_id, measure, holder, period),
       lateral (select * from counters where project_id = $1 and rule_id = u.rule_id and measure = u.measure
                   and holder = u.holder collate "C" and period = u.period offset 0) as n
union all
select 'h', ${history} where $3::text is not null
union all
select 'd', json_build_object('redemption', paid.id, 'promotion', request -> 'deposit' ->> 'promotion',
         'units', (request -> 'deposit' ->> 'units')::bigint)
  from unnest($9::text[]) as named (id),
       lateral (select * from redemptions where project_id = $1 and id = named.id offset 0) as paid
 where state = 'committed' and request -> 'deposit' is not null
union all
select 'o', json_build_object('id', id, 'state', state, 'requestHash', encode(request_hash, 'hex'), 'holds', holds)
  from redemptions
 where project_id = $1 and source = $10 and order_ref = $11 and state not in ('cancelled', 'expired')
union all
select 'i', json_build_object('operation', operation, 'requestHash', encode(request_hash, 'hex'),
         'resourceId', resource_id, 'answer', answer)
  from idempotency_records where project_id = $1 and key = $13`;

export async function readFacts(database: pg.Pool, question: FactsQuestion): Promise<FactsAnswer> {
  const { projectId, codes, customerId, holders, counters, deposits, order, since, idempotencyKey } =
    question;
  const { rows } = await database.query<{ kind: string; value: never }>({
    name: "read-facts",
    text,
    values: [
      projectId,
      codes,
      customerId,
      holders,
      counters.map(({ rule }) => rule),
      counters.map(({ measure }) => measure),
      counters.map(({ holder }) => holder),
      counters.map(({ period }) => period),
      deposits,
      order?.source ?? null,
      order?.orderRef ?? null,
      since,
      idempotencyKey,
    ],
  });
  const answer = nothingRead();
  for (const { kind, value } of rows) {
    if (kind === "c") answer.coupons.push(value);
    else if (kind === "n") putAmount(answer.taken, value);
    else if (kind === "h" && customerId !== null) answer.history = value;
    else if (kind === "d") answer.deposits.push(value);
    else if (kind === "i") answer.record = value;
    else if (kind === "o") putStanding(answer, value);
  }
  return answer;
}

export function nothingRead(): FactsAnswer {
  return {
    coupons: [],
    taken: new Map(),
    history: null,
    deposits: [],
    own: new Map(),
    standing: null,
    record: null,
  };
}

function putStanding(
  answer: FactsAnswer,
  { holds, ...standing }: StandingRedemption & { holds: StoredHold[] },
): void {
  answer.standing = standing;
  if (standing.state === "reserved") for (const hold of holds) putAmount(answer.own, hold);
}

type StoredHold = [rule: string, measure: string, holder: string, period: string, amount: number];

function putAmount(amounts: Map<string, number>, [rule, measure, holder, period, amount]: StoredHold): void {
  amounts.set(counterKey({ rule, measure, holder, period }), amount);
}

/** The counters that belong to nobody in particular, of these promotions. */
export async function readSharedCounters(
  database: pg.Pool,
  projectId: string,
  rules: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await database.query<{ value: StoredHold }>({
    name: "read-shared-counters",
    text: `select json_build_array(rule_id, measure, holder, period, used + reserved) as value
             from counters where project_id = $1 and rule_id = any ($2::text[]) and holder = ''`,
    values: [projectId, rules],
  });
  const amounts = new Map<string, number>();
  for (const { value } of rows) putAmount(amounts, value);
  return amounts;
}
