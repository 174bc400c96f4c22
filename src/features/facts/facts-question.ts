/** What is asked about a request, and why: as little as the rules in force and its codes call for. */
import type { Cart } from "../../engine/cart.ts";
import { foldLookAlikes } from "../../engine/codes.ts";
import { enteredCodes } from "../../engine/evaluate.ts";
import type { FactName } from "../../engine/facts.ts";
import { limits } from "../../engine/limits.ts";
import { millisecondsPerDay } from "../../engine/zone.ts";
import type { CounterName } from "../../ledger/books.ts";
import { codeUsesCounter, holdersOf, nobody, type Who, whoIs } from "../ledger/promotion-counters.ts";
import { sharedCodes } from "../limits/wrong-code-service.ts";
import { type PriceListScope, scopeName } from "../promotions/price-list-scope.ts";
import type { ProjectRules } from "../promotions/rulebook-service.ts";
import type { StockLevels } from "../stock/stock-levels-service.ts";
import type { PricesQuestion } from "./facts-arms.ts";
import type { Usage } from "./usage-service.ts";

/** The order that is to be redeemed, and the request that asks for it. */
export interface OrderName {
  readonly source: string;
  readonly orderRef: string;
  readonly idempotencyKey: string | null;
}

/** A cart that may bring drafts, of which nobody knows yet what they ask for. */
export type CartWithDrafts = Cart & {
  readonly promotions?: readonly unknown[] | undefined;
  /** Goods that are asked about without being in the cart. */
  readonly skus?: readonly string[];
};

/** What is known without asking the database. */
export interface InMemory {
  readonly used: Usage;
  readonly levels: StockLevels | null;
  /** SKUs that nothing is taken off; null: the project has no such cap. */
  readonly resting: ReadonlySet<string> | null;
}

/** A request, and what follows from it whoever answers. */
export interface Asked {
  readonly rules: ProjectRules;
  readonly request: CartWithDrafts;
  readonly at: number;
  readonly used: Usage;
  /** What is on the shelves; null where nobody asks. */
  readonly levels: StockLevels | null;
  readonly resting: InMemory["resting"];
  readonly needs: Needs;
  /** Nobody where nobody in particular is counted. */
  readonly who: Who;
  /** Entered codes, normalised; none where they must not be looked at. */
  codes: readonly string[];
  areCodesWithheld: boolean;
  /** The customer into whom the one that was named is merged, and of whom all is asked; null where they are one. */
  readonly mergedInto: string | null;
}

/** The same cart as another customer's. */
export function cartOf<Request extends Cart>(request: Request, customerId: string): Request {
  return { ...request, customer: { ...request.customer, id: customerId } };
}

export function withholdCodes(asked: Asked): void {
  asked.codes = [];
  asked.areCodesWithheld = true;
}

export function hasDrafts({ promotions }: CartWithDrafts): boolean {
  return promotions !== undefined && promotions.length > 0;
}

export function askedOf(
  rules: ProjectRules,
  request: CartWithDrafts,
  at: number,
  { used, levels, resting }: InMemory,
  mergedInto: string | null = null,
): Asked {
  const needs = hasDrafts(request)
    ? {
        ...needsOf(rules),
        hasPools: true,
        hasHistory: true,
        hasProfile: true,
        hasSegments: true,
        hasTier: true,
        hasScores: true,
        hasContracts: true,
        hasDealer: true,
      }
    : needsOf(rules);
  return {
    rules,
    request,
    at,
    used,
    levels,
    resting,
    needs,
    who: needs.isPersonal || needs.hasHistory ? whoIs(rules.identifierKey, request) : nobody,
    codes: request.codes === undefined ? [] : enteredCodes(request).map(({ normalized }) => normalized),
    areCodesWithheld: false,
    mergedInto,
  };
}

/** Null when nothing that the database knows can matter to these rules and this cart. */
export function questionFor({ rules, request, at, used, needs, who, codes }: Asked, order: OrderName | null) {
  // Also where no promotion in force takes any: who still holds one of a campaign that has ended is not guessing.
  const asksCoupons =
    codes.length > 0 && (needs.hasPools || codes.some((code) => !sharedCodes(rules.rulebook).has(code)));
  const customerId = needs.hasHistory ? (request.customer?.id ?? null) : null;
  const profileOf = needs.hasProfile ? (request.customer?.id ?? null) : null;
  const dealerOf = needs.hasDealer ? (request.dealer ?? null) : null;
  const pricesFor = asksPriceLists(rules, request) ? pricesQuestion(request, at) : null;
  const isAnyone =
    customerId === null && profileOf === null && dealerOf === null && pricesFor === null && who === nobody;
  if (isAnyone && codes.length === 0 && request.deposits === undefined && order === null) return null;
  const deposits = request.deposits?.map(({ redemption }) => redemption) ?? [];
  const holders = [...holdersOf(who), ...deposits.map((id) => `redemption:${id}`)];
  const spellings = [...new Set(codes.flatMap((code) => [code, foldLookAlikes(code)]))];
  const counters = codes.length > 0 && needs.countsCodes ? codeCounters(spellings, used) : [];
  if (
    !asksCoupons &&
    customerId === null &&
    profileOf === null &&
    dealerOf === null &&
    pricesFor === null &&
    holders.length === 0 &&
    deposits.length === 0 &&
    counters.length === 0 &&
    order === null
  )
    return null;
  return {
    projectId: rules.projectId,
    codes: asksCoupons ? spellings : [],
    aliasOf: request.customer?.id ?? null,
    customerId,
    profileOf,
    segmentsOf: needs.hasSegments ? (request.customer?.id ?? null) : null,
    tierOf: needs.hasTier ? (request.customer?.id ?? null) : null,
    scoresOf: needs.hasScores ? (request.customer?.id ?? null) : null,
    contractsOf: needs.hasContracts ? (request.customer?.id ?? null) : null,
    dealerOf,
    pricesFor,
    holders,
    counters,
    deposits,
    order,
    idempotencyKey: order?.idempotencyKey ?? null,
    since: at - (limits.orderWindowDays + 1) * millisecondsPerDay,
  };
}

/** Whether any list of the project could be meant for the shopper, as far as the request says who it is. */
export function asksPriceLists(
  { priceListScopes }: Pick<ProjectRules, "priceListScopes">,
  { priceLists, currency, customer, dealer }: CartWithDrafts,
): boolean {
  if (priceListScopes.size === 0 || priceLists === false) return false;
  const has = (kind: PriceListScope) => priceListScopes.has(scopeName(currency, kind));
  return (
    (has("group") && (customer?.id !== undefined || (customer?.groups?.length ?? 0) > 0)) ||
    (has("customer") && customer?.id !== undefined) ||
    ((has("dealer") || has("level")) && dealer !== undefined)
  );
}

function pricesQuestion(
  { currency, customer, dealer, lines, skus = [] }: CartWithDrafts,
  at: number,
): PricesQuestion {
  return {
    currency,
    at,
    customerId: customer?.id ?? null,
    dealer: dealer ?? null,
    groups: customer?.groups ?? [],
    skus: [...new Set([...lines.map(({ sku }) => sku), ...skus])],
  };
}

function codeCounters(codes: readonly string[], { promotions }: Usage): CounterName[] {
  return [...promotions.values()].flatMap(({ id, document, code, pool }) =>
    id !== null && document.limits?.perCode !== undefined && (pool !== null || codes.includes(code ?? ""))
      ? codes.map((entered) => codeUsesCounter(id, entered))
      : [],
  );
}

/** Whether a promotion that the cart may have goes by what is on the shelves. */
export function asksStock(rules: ProjectRules, { promotions = [] }: CartWithDrafts): boolean {
  return (
    needsOf(rules).hasSafetyStock ||
    // Nobody knows yet what drafts are, but not one without a safety stock needs all levels of a project in memory.
    promotions.some((draft) => typeof draft === "object" && draft !== null && "safetyStock" in draft)
  );
}

interface Needs {
  readonly hasPools: boolean;
  readonly hasHistory: boolean;
  readonly hasProfile: boolean;
  /** Implies that there is a question at all: whoever asks for segments reads the customer. */
  readonly hasSegments: boolean;
  readonly hasTier: boolean;
  readonly hasScores: boolean;
  readonly hasContracts: boolean;
  readonly hasDealer: boolean;
  readonly isPersonal: boolean;
  readonly countsCodes: boolean;
  readonly hasSafetyStock: boolean;
}

const historyFacts: ReadonlySet<FactName> = new Set(["completedOrders", "lastOrderAt", "orders"]);
const known = new WeakMap<ProjectRules["rulebook"], Needs>();

/** What any promotion of the rulebook may ask for; worked out once. */
function needsOf({ rulebook, campaigns }: ProjectRules): Needs {
  let needs = known.get(rulebook);
  if (needs === undefined) {
    const { promotions } = rulebook;
    needs = {
      hasPools: promotions.some(({ pool }) => pool !== null),
      hasHistory: promotions.some(({ conditions }) =>
        conditions?.needs.some((name) => historyFacts.has(name)),
      ),
      hasProfile: promotions.some(({ readsCustomer }) => readsCustomer),
      hasSegments: promotions.some(({ conditions }) => conditions?.needs.includes("segments")),
      hasTier: promotions.some(({ conditions }) => conditions?.needs.includes("tier")),
      hasScores: promotions.some(({ conditions }) => conditions?.needs.includes("rfm")),
      hasContracts: promotions.some(({ conditions }) => conditions?.needs.includes("contracts")),
      hasDealer: promotions.some(({ conditions }) => conditions?.needs.includes("dealer")),
      isPersonal: promotions.some(
        ({ document: { limits: of, campaign } }) =>
          [of?.perCustomer, of?.perDevice, of?.perPhone, of?.perIp, of?.perPeriod?.per].some(
            (limit) => limit !== undefined,
          ) ||
          (campaign !== undefined && campaigns.get(campaign)?.perCustomer != null),
      ),
      countsCodes: promotions.some(({ document }) => document.limits?.perCode !== undefined),
      hasSafetyStock: promotions.some(({ safetyStock }) => safetyStock !== null),
    };
    known.set(rulebook, needs);
  }
  return needs;
}
