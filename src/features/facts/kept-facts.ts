/**
 * What may be kept of a request and of what was known beside it, so that the same rules price it again to the same cent: of what
 * is personal only what these rules look at.
 */
import type { Attributes, Cart } from "../../engine/cart.ts";
import type { FactName, Facts } from "../../engine/facts.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import { hashedIdentifiers } from "../ledger/promotion-counters.ts";

/** What the rules look at, as `Reads` in the engine has it. */
type Places = ReadonlySet<string>;

export interface Kept<Request> {
  readonly request: Request;
  readonly facts: Facts;
}

/** All but the dealer, who is no customer. */
const factsOfCustomers: readonly FactName[] = [
  "completedOrders",
  "lastOrderAt",
  "orders",
  "segments",
  "tier",
  "rfm",
  "birthday",
  "consents",
  "contracts",
];

/**
 * Devices, phones and addresses are kept as what they are counted by: rules only ask whether they were told. Lines stay as they
 * are, as it is by their attributes too that they are told apart.
 */
export function asKept<Request extends Cart>(
  { request, facts }: Kept<Request>,
  key: Uint8Array,
  promotions: readonly CompiledPromotion[],
  drafts: readonly CompiledPromotion[] = [],
): Kept<Request> {
  const places =
    drafts.length === 0 ? placesOf(promotions) : new Set([...placesOf(promotions), ...placesIn(drafts)]);
  const { identifiers, customer, attributes } = request;
  return {
    request: {
      ...request,
      ...(identifiers !== undefined && { identifiers: hashedIdentifiers(key, identifiers) }),
      ...(customer !== undefined && { customer: keptCustomer(customer, places) }),
      ...(attributes !== undefined && { attributes: keptAttributes(attributes, "cart", places) }),
    },
    facts: keptFacts(facts, places),
  };
}

const known = new WeakMap<readonly CompiledPromotion[], Places>();

/** Worked out once for a rulebook. */
function placesOf(promotions: readonly CompiledPromotion[]): Places {
  const places = known.get(promotions) ?? placesIn(promotions);
  known.set(promotions, places);
  return places;
}

function placesIn(promotions: readonly CompiledPromotion[]): Set<string> {
  return new Set(promotions.flatMap(({ reads }) => [...reads]));
}

function keptCustomer({ facts, ...customer }: NonNullable<Cart["customer"]>, places: Places) {
  const said = Object.entries(facts ?? {}).filter(([name]) => places.has(`facts.${name}`));
  return {
    ...keptProfile(customer, places),
    ...(said.length > 0 && { facts: Object.fromEntries(said) }),
  };
}

interface Profile {
  readonly groups?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly attributes?: Attributes | undefined;
}

function keptProfile<Said extends Profile>({ groups, tags, attributes, ...rest }: Said, places: Places) {
  const isRead = (name: string) => places.has("customer") || places.has(`customer.${name}`);
  return {
    ...rest,
    ...(groups !== undefined && isRead("groups") && { groups }),
    ...(tags !== undefined && isRead("tags") && { tags }),
    ...(attributes !== undefined && { attributes: keptAttributes(attributes, "customer", places) }),
  };
}

function keptAttributes(attributes: Attributes, of: "cart" | "customer", places: Places): Attributes {
  if (places.has(of) || places.has(`${of}.attributes`)) return attributes;
  return Object.fromEntries(
    Object.entries(attributes).filter(([name]) => places.has(`${of}.attributes.${name}`)),
  );
}

function keptFacts(facts: Facts, places: Places): Facts {
  const kept: Facts = { ...facts };
  if (facts.profile !== undefined) kept.profile = keptProfile(facts.profile, places);
  for (const name of factsOfCustomers)
    if (kept[name] !== undefined && !places.has(`facts.${name}`)) delete kept[name];
  if (!places.has("facts.completedOrders")) delete kept.isFirstOrderTaken;
  if (kept.consents !== undefined)
    kept.consents = Object.fromEntries(
      Object.entries(kept.consents).filter(([purpose]) => places.has(`consents.${purpose}`)),
    );
  return kept;
}
