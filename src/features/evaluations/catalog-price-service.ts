import { setImmediate as nextTurn } from "node:timers/promises";
import type { Cart } from "../../engine/cart.ts";
import type { EvaluateOptions } from "../../engine/evaluate.ts";
import type { Guarantee } from "../../engine/guarantees.ts";
import type { Quote } from "../../engine/quote.ts";
import type { Clock } from "../../platform/clock.ts";
import type { OperationContext } from "../../platform/operation.ts";
import type { ExposureService } from "../exposures/exposure-service.ts";
import type { FactsService, QuoteFacts } from "../facts/facts-service.ts";
import type { RulebookService } from "../promotions/rulebook-service.ts";
import { requirePrivileges, requireTimezone } from "./evaluation-request.ts";
import type { CatalogPrices, CatalogRequest } from "./evaluation-schemas.ts";
import { optionsOf } from "./evaluation-service.ts";
import type { PricingService } from "./pricing-service.ts";

export interface CatalogPriceService {
  /** What one unit of each item would cost on its own: for lists and product pages, before there is a cart. */
  prices(context: OperationContext, request: CatalogRequest): Promise<CatalogPrices>;
}

const itemsPerTurn = 50;

export function catalogPriceService({
  clock,
  rulebooks,
  facts: factsService,
  pricing,
  exposures,
}: {
  clock: Clock;
  rulebooks: RulebookService;
  facts: FactsService;
  pricing: PricingService;
  exposures: Pick<ExposureService, "noterOf">;
}): CatalogPriceService {
  return {
    async prices(context, request) {
      requirePrivileges(request, context.role);
      requireTimezone(request.timezone);
      const live = await rulebooks.rulesForQuote(context.projectId);
      const rules =
        request.timezone === undefined ? live : await rulebooks.inTimezone(live, request.timezone);
      const { items, promotions: _promotions, only: _only, ...shopper } = request;
      const now = request.at === undefined ? clock.now() : Date.parse(request.at);
      const skus = items.map(({ sku }) => sku);
      const { mergedInto, ...facts }: QuoteFacts = await factsService.forQuote(
        rules,
        { ...request, lines: [], skus },
        now,
        context.apiKeyId,
      );
      const customer = mergedInto === undefined ? {} : { customer: { ...request.customer, id: mergedInto } };
      const options: EvaluateOptions = optionsOf(request, rules.settings);
      const exposed = exposures.noterOf(rules, { ...request, ...customer });
      const prices: CatalogPrices["items"] = [];
      const missing = new Set<Guarantee>();
      for (const [index, item] of items.entries()) {
        if (index > 0 && index % itemsPerTurn === 0) await nextTurn();
        const cart: Cart = {
          ...shopper,
          ...customer,
          lines: [{ ...item, id: "1", quantity: 1 }],
          explain: "none",
        };
        const quote = pricing.quote(rules.rulebook, cart, facts, now, options, exposed);
        for (const guarantee of quote.missing ?? []) missing.add(guarantee);
        prices.push(priceOf(item, quote));
      }
      return {
        rulebook: rules.rulebook.version,
        at: new Date(now).toISOString(),
        currency: request.currency,
        degraded: rules.isStopped || facts.rulesAsOf !== undefined,
        ...(facts.rulesAsOf !== undefined && {
          asOf: new Date(facts.rulesAsOf).toISOString(),
          missing: [...missing],
        }),
        items: prices,
      };
    },
  };
}

function priceOf(
  { sku, unitPrice, listPrice = unitPrice }: CatalogRequest["items"][number],
  { total, discount, promotions, lines }: Quote,
): CatalogPrices["items"][number] {
  const priced = lines[0]?.priceList;
  const applied = promotions.filter(({ stage }) => stage === "item" || stage === "order");
  return {
    sku,
    unitPrice,
    listPrice,
    ...(priced !== undefined && { priceList: priced }),
    price: total,
    discount,
    promotions: applied.map(({ promotion, label, amount }) => ({ promotion, label, amount })),
  };
}
