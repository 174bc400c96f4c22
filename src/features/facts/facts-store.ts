/**
 * What is read for evaluations: one statement, however many promotions need it and however many ask at once. It looks into the tables of several
 * features, which is why it stands here, and writes none.
 */
import type pg from "pg";
import type { ContractFact } from "../../engine/contract.ts";
import type { DealerFact } from "../../engine/dealer.ts";
import type { CustomerProfile } from "../../engine/facts.ts";
import type { PriceListFact } from "../../engine/price-list.ts";
import { grantedOf, type StoredConsents } from "../../engine/profile.ts";
import type { RfmActivity, RfmBorders } from "../../engine/rfm.ts";
import { counterKey, type RedemptionStatus } from "../../ledger/books.ts";
import type { IdempotencyRecord } from "../../platform/idempotency.ts";
import type { StoredHold } from "../ledger/committer-books.ts";
import { type Arm, arms, type Cell, type FactsQuestion } from "./facts-arms.ts";

export interface FoundPriceList extends PriceListFact {
  readonly priority: number;
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
  /** Into whom the customer was merged: everything else is to be asked of them. */
  mergedInto: string | null;
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
  /** Theirs, by purpose; none where nothing is stored of them. */
  consents: Readonly<Record<string, boolean>>;
  /** Keys of the segments the customer is in; null where nobody asked. */
  segments: string[] | null;
  /** The key of the customer's tier; null where they are in none, or nobody asked. */
  tier: string | null;
  /** By what the project scores customers, and what is known of this one; null where it does not, or nobody asked. */
  scored: { borders: RfmBorders; activity: RfmActivity } | null;
  /** Null where nobody asked. */
  contracts: ContractFact[] | null;
  /** The dealer's account; null where there is none, or nobody asked. */
  dealer: DealerFact | null;
  /** Lists that are meant for the shopper and price something of what was asked about. */
  readonly priceLists: FoundPriceList[];
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
  /** For how long it was, or would have been, reserved; null if that is not known any more. */
  readonly ttlSeconds: number | null;
  readonly total: number;
}

interface Statement {
  readonly name: string;
  readonly text: string;
}

const statements = new Map<string, Statement>();

/** Made of the arms that are asked for: PostgreSQL sets up every arm of a statement, whether there is anything to look up or not. */
function statementOf(asked: readonly Arm[]): Statement {
  // PostgreSQL tells names apart by 63 bytes, which so many words would not fit into.
  const name = `read-facts-${asked.reduce((bits, arm) => bits | (1 << arms.indexOf(arm)), 0).toString(16)}`;
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
  if (kind === "m") answer.mergedInto = value;
  else if (kind === "c") answer.coupons.push(value);
  else if (kind === "n") putAmount(answer.taken, value);
  else if (kind === "h") answer.history = value;
  else if (kind === "d") answer.deposits.push(value);
  else if (kind === "i") answer.record = value;
  else if (kind === "s") answer.segments = value;
  else if (kind === "t") answer.tier = value;
  else if (kind === "r") answer.scored = value;
  else if (kind === "k") answer.contracts = value;
  else if (kind === "v") answer.dealer = value;
  else if (kind === "l") answer.priceLists.push(value);
  else if (kind === "p") putProfile(answer, value);
  else if (kind === "o") putStanding(answer, value);
}

export function nothingRead(): FactsAnswer {
  return {
    mergedInto: null,
    coupons: [],
    taken: new Map(),
    history: null,
    profile: null,
    birthday: null,
    consents: {},
    segments: null,
    tier: null,
    scored: null,
    contracts: null,
    dealer: null,
    priceLists: [],
    deposits: [],
    own: new Map(),
    standing: null,
    record: null,
  };
}

/** What is stored of a customer beside the profile, as facts have it. */
interface StoredFacts {
  readonly birthday: string | null;
  readonly consents: StoredConsents | null;
}

type StoredProfile = { [Field in keyof CustomerProfile]: CustomerProfile[Field] | null };

function putProfile(
  answer: FactsAnswer,
  { groups, tags, attributes, birthday, consents }: StoredProfile & StoredFacts,
): void {
  answer.birthday = birthday;
  answer.consents = grantedOf(consents);
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
