/** What can be said of a cart while the database is away: what it brings itself, and nothing that would have to be vouched for. */
import { enteredCodes } from "../../engine/evaluate.ts";
import type { Facts } from "../../engine/facts.ts";
import { countedBy } from "../../engine/guarantees.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import type { Rulebook } from "../../engine/rulebook.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";
import { guardedAmong } from "../ledger/campaign-counters.ts";
import type { ProjectRules } from "../promotions/rulebook-service.ts";
import { guardsAlone } from "./campaign-facts.ts";
import { asksPriceLists, type CartWithDrafts } from "./facts-question.ts";
import { customerFacts, inlineDeposits } from "./given-facts.ts";

/**
 * Refused is what only the database could vouch for: a code that may be somebody's coupon or whose promotion is counted, and
 * a deposit. Promotions that are counted, and those that ask for orders that are on record, do not apply.
 */
export function factsWithoutDatabase(rules: ProjectRules, request: CartWithDrafts): Facts {
  const guarded = guardedAmong(rules.campaigns);
  const facts: Facts = {
    ...customerFacts(request, "unknown"),
    rulesAsOf: rules.asOf(),
    ...(guarded.size > 0 && { campaigns: guardsAlone(guarded, request.channel) }),
  };
  requireNoGuarantee(rules, request, facts);
  if (rules.splits !== null) facts.holdouts = rules.splits.holdouts;
  if (asksPriceLists(rules, request)) facts.arePriceListsUnknown = true;
  if (rules.isStopped) facts.arePromotionsStopped = true;
  const deposits = inlineDeposits(request);
  if (deposits.size > 0) facts.deposits = deposits;
  return facts;
}

function requireNoGuarantee(
  { rulebook, isStopped }: ProjectRules,
  request: CartWithDrafts,
  facts: Facts,
): void {
  const errors: ProblemError[] = [];
  // While the project is stopped every code is answered alike, and none is looked at.
  if (request.codes !== undefined && !isStopped) {
    const certain = certainCodes(rulebook, facts);
    const uncertain = new Set(
      enteredCodes(request).flatMap(({ text, normalized }) => (certain.has(normalized) ? [] : text)),
    );
    for (const [index, code] of request.codes.entries())
      if (uncertain.has(typeof code === "string" ? code : code.code))
        errors.push(notGuaranteed(`/codes/${index}`, "The code cannot be checked right now."));
  }
  for (const [index, { promotion }] of (request.deposits ?? []).entries())
    if (promotion === undefined)
      errors.push(notGuaranteed(`/deposits/${index}`, "The deposit cannot be checked right now."));
  if (errors.length > 0)
    throw problem("guarantee-unavailable", {
      detail: "The database is away. Without what `errors` names the cart can be priced.",
      errors,
      headers: { "retry-after": "1" },
    });
}

function notGuaranteed(path: string, message: string): ProblemError {
  return { path, code: "not_guaranteed", message };
}

function isCertain(promotion: CompiledPromotion, facts: Pick<Facts, "campaigns">): boolean {
  return promotion.document.visibility === "public" && countedBy(promotion, facts).length === 0;
}

const certain = new WeakMap<Rulebook, ReadonlySet<string>>();

/** Codes that all customers share and that nothing counts; not of private promotions: the answer would tell that there is one. */
function certainCodes(rulebook: Rulebook, facts: Pick<Facts, "campaigns">): ReadonlySet<string> {
  let codes = certain.get(rulebook);
  if (codes === undefined) {
    const uncertain = new Set(
      rulebook.promotions.flatMap((promotion) =>
        promotion.code !== null && !isCertain(promotion, facts) ? [promotion.code] : [],
      ),
    );
    codes = new Set(
      rulebook.promotions.flatMap(({ code }) => (code === null || uncertain.has(code) ? [] : [code])),
    );
    certain.set(rulebook, codes);
  }
  return codes;
}
