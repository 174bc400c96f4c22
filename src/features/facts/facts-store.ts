/**
 * What is read for evaluations: one statement, however many promotions need it and however many ask at once. It looks into the tables of several
 * features, which is why it stands here, and writes none.
 */
import type pg from "pg";
import type { DealerFact } from "../../engine/dealer.ts";
import type { CustomerProfile } from "../../engine/facts.ts";
import type { RfmActivity, RfmBorders } from "../../engine/rfm.ts";
import { type CounterName, counterKey, type RedemptionStatus } from "../../ledger/books.ts";
import type { IdempotencyRecord } from "../../platform/idempotency.ts";
import type { StoredHold } from "../ledger/committer-books.ts";
import { orderHistorySql } from "./order-history.ts";

export interface FactsQuestion {
  readonly projectId: string;
  /** Codes as they may be stored: normalised, and with look-alikes folded. */
  readonly codes: readonly string[];
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
  /** Of whom the dealer's account is wanted; null for nobody. */
  readonly dealerOf: string | null;
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
  /** What is stored of the customer; null where nothing is. */
  profile: CustomerProfile | null;
  /** Theirs, where it is known. */
  birthday: string | null;
  /** Keys of the segments the customer is in; null where nobody asked. */
  segments: string[] | null;
  /** The key of the customer's tier; null where they are in none, or nobody asked. */
  tier: string | null;
  /** By what the project scores customers, and what is known of this one; null where it does not, or nobody asked. */
  scored: { borders: RfmBorders; activity: RfmActivity } | null;
  /** The dealer's account; null where there is none, or nobody asked. */
  dealer: DealerFact | null;
  readonly deposits: { redemption: string; promotion: string; units: number; customerId: string | null }[];
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
  /** Past its time by the database's clock, though nobody has expired it yet. */
  readonly hasLapsed: boolean;
}

const history = orderHistorySql({
  projectId: "u.project_id",
  customerId: "u.customer_id",
  source: "u.source",
  orderRef: "u.order_ref",
  since: "u.since",
});

/** One kind of question, and how the statement answers it. */
interface Arm {
  readonly name: string;
  /** Types of what is asked: `$u` stands for the list of it, after the number of the question and its project. */
  readonly types: readonly string[];
  readonly text: string;
  /** A row for each thing that is asked. */
  rowsOf(question: FactsQuestion): readonly (readonly Cell[])[];
}

// Every arm goes through a list of (number of the question, project, key …). `lateral … offset 0` makes each look-up one by
// its whole key, even when the plan was made for an empty table.
const arms: readonly Arm[] = [
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
 where state = 'committed' and request -> 'deposit' is not null`,
    rowsOf: ({ deposits }) => deposits.map((id) => [id]),
  },
  {
    name: "order",
    types: ["text", "text"],
    text: `
select 'o' as kind, u.i, json_build_object('id', id, 'state', state, 'requestHash', encode(request_hash, 'hex'), 'holds', holds,
         'hasLapsed', state = 'reserved' and expires_at <= now()) as value
  from $u as u (i, project_id, source, order_ref),
       lateral (select id, state, request_hash, holds, expires_at from redemptions
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
         'attributes', document -> 'attributes', 'birthday', document -> 'birthday') as value
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
    name: "dealer",
    types: ["text"],
    text: `
select 'v' as kind, u.i, json_build_object('id', u.id, 'level', level, 'region', region, 'network', network) as value
  from $u as u (i, project_id, id),
       lateral (select level, region, network from dealers where project_id = u.project_id and id = u.id collate "C" offset 0) as account`,
    rowsOf: ({ dealerOf }) => (dealerOf === null ? [] : [[dealerOf]]),
  },
];

interface Statement {
  readonly name: string;
  readonly text: string;
}

const statements = new Map<string, Statement>();

/** Made of the arms that are asked for: PostgreSQL sets up every arm of a statement, whether there is anything to look up or not. */
function statementOf(asked: readonly Arm[]): Statement {
  // Shortened: PostgreSQL tells names apart by 63 bytes.
  const name = `read-facts-${asked.map((arm) => arm.name.slice(0, 4)).join("-")}`;
  let statement = statements.get(name);
  if (statement === undefined) {
    let parameters = 0;
    const texts = asked.map(({ types, text }) => {
      const lists = ["int", "text", ...types].map((type) => `$${++parameters}::${type}[]`);
      return text.replace("$u", () => `unnest(${lists.join(", ")})`);
    });
    statement = { name, text: texts.join("\nunion all") };
    statements.set(name, statement);
  }
  return statement;
}

/** Any number of questions about one project in one statement; the answers in their order. */
export async function readFacts(
  client: Pick<pg.ClientBase, "query">,
  questions: readonly FactsQuestion[],
): Promise<FactsAnswer[]> {
  const asked: Arm[] = [];
  const values: Cell[][] = [];
  for (const arm of arms) {
    const columns = columnsOf(arm, questions);
    if (columns[0]!.length === 0) continue;
    asked.push(arm);
    values.push(...columns);
  }
  const answers = questions.map(nothingRead);
  if (asked.length === 0) return answers;
  const { rows } = await client.query<{ kind: string; i: number; value: never }>({
    ...statementOf(asked),
    values,
  });
  for (const { kind, i, value } of rows) put(answers[i]!, kind, value);
  return answers;
}

type Cell = string | number | null;

/** The number of the question, its project, and what is asked. */
function columnsOf({ types, rowsOf }: Arm, questions: readonly FactsQuestion[]): Cell[][] {
  const columns: Cell[][] = Array.from({ length: types.length + 2 }, () => []);
  for (const [number, question] of questions.entries()) {
    for (const row of rowsOf(question)) {
      columns[0]!.push(number);
      columns[1]!.push(question.projectId);
      for (const [place, cell] of row.entries()) columns[place + 2]!.push(cell);
    }
  }
  return columns;
}

function put(answer: FactsAnswer, kind: string, value: never): void {
  if (kind === "c") answer.coupons.push(value);
  else if (kind === "n") putAmount(answer.taken, value);
  else if (kind === "h") answer.history = value;
  else if (kind === "d") answer.deposits.push(value);
  else if (kind === "i") answer.record = value;
  else if (kind === "s") answer.segments = value;
  else if (kind === "t") answer.tier = value;
  else if (kind === "r") answer.scored = value;
  else if (kind === "v") answer.dealer = value;
  else if (kind === "p") putProfile(answer, value);
  else if (kind === "o") putStanding(answer, value);
}

export function nothingRead(): FactsAnswer {
  return {
    coupons: [],
    taken: new Map(),
    history: null,
    profile: null,
    birthday: null,
    segments: null,
    tier: null,
    scored: null,
    dealer: null,
    deposits: [],
    own: new Map(),
    standing: null,
    record: null,
  };
}

type StoredProfile = { [Field in keyof CustomerProfile]: CustomerProfile[Field] | null };

function putProfile(
  answer: FactsAnswer,
  { groups, tags, attributes, birthday }: StoredProfile & { birthday: string | null },
): void {
  answer.birthday = birthday;
  answer.profile = {
    ...(groups != null && { groups }),
    ...(tags != null && { tags }),
    ...(attributes != null && { attributes }),
  };
}

function putStanding(
  answer: FactsAnswer,
  { holds, ...standing }: StandingRedemption & { holds: StoredHold[] },
): void {
  answer.standing = standing;
  if (standing.state === "reserved") for (const hold of holds) putAmount(answer.own, hold);
}

function putAmount(amounts: Map<string, number>, [rule, measure, holder, period, amount]: StoredHold): void {
  amounts.set(counterKey({ rule, measure, holder, period }), amount);
}

/** The counters that belong to nobody in particular, of these promotions. */
export async function readSharedCounters(
  client: Pick<pg.ClientBase, "query">,
  projectId: string,
  rules: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await client.query<{ value: StoredHold }>({
    name: "read-shared-counters",
    text: `select json_build_array(rule_id, measure, holder, period, used + reserved) as value
             from counters where project_id = $1 and rule_id = any ($2::text[]) and holder = ''`,
    values: [projectId, rules],
  });
  const amounts = new Map<string, number>();
  for (const { value } of rows) putAmount(amounts, value);
  return amounts;
}
