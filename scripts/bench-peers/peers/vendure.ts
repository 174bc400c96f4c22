/**
 * Vendure's OrderCalculator with its own Promotion entities, conditions and actions. Set up as its own tests do, with what it
 * would read from its database, zones and tax rates, at hand: no database is asked while it is measured.
 */
import "reflect-metadata";
import {
  Channel,
  defaultPromotionActions,
  defaultPromotionConditions,
  LanguageCode,
  Order,
  OrderCalculator,
  OrderLine,
  ProductVariant,
  Promotion,
  RequestContext,
  RequestContextCacheService,
  TaxCategory,
  TaxRate,
  Zone,
} from "@vendure/core";
import { ensureConfigLoaded, getConfig } from "@vendure/core/dist/config/config-helpers.js";
import { attend } from "../contender.ts";
import { cartLines, type Rule, subtotal } from "../shop.ts";

await ensureConfigLoaded();
const { taxOptions, orderOptions } = getConfig();
const zone = new Zone({ id: 1, name: "everywhere", members: [] });
const taxCategory = new TaxCategory({ id: 1, name: "none" });
const taxRate = new TaxRate({ id: 1, name: "none", value: 0, enabled: true, zone, category: taxCategory });
const context = new RequestContext({
  apiType: "shop",
  channel: new Channel({ id: 1, code: "web", pricesIncludeTax: false, defaultTaxZone: zone }),
  languageCode: LanguageCode.en,
  isAuthorized: true,
  authorizedAsOwnerOnly: false,
});
type Needs = ConstructorParameters<typeof OrderCalculator>;
const calculator = new OrderCalculator(
  { taxOptions, orderOptions } as Needs[0],
  { getAllWithMembers: () => Promise.resolve([zone]) } as unknown as Needs[1],
  { getApplicableTaxRate: () => Promise.resolve(taxRate) } as unknown as Needs[2],
  {} as Needs[3],
  {} as Needs[4],
  new RequestContextCacheService(),
);

attend(async (rules) => {
  const promotions = rules.map(promotionOf);
  const evaluate = () => calculator.applyPriceAdjustments(context, order(), promotions);
  const { subTotal } = await evaluate();
  return [{ name: "@vendure/core", discount: subtotal - subTotal, evaluate }];
});

/** Made anew each time, since the calculator writes its answer into it. */
function order(): Order {
  return new Order({
    id: 1,
    code: "BENCH",
    couponCodes: [],
    surcharges: [],
    shippingLines: [],
    promotions: [],
    lines: cartLines.map(
      ({ id, sku, quantity, unitPrice }) =>
        new OrderLine({
          id,
          quantity,
          orderPlacedQuantity: 0,
          listPrice: unitPrice,
          initialListPrice: unitPrice,
          listPriceIncludesTax: false,
          adjustments: [],
          taxLines: [],
          taxCategory,
          taxCategoryId: 1,
          productVariant: new ProductVariant({ id: sku }),
        }),
    ),
  });
}

function promotionOf(rule: Rule, index: number): Promotion {
  const operation = (code: string, args: Record<string, string>) => ({
    code,
    args: Object.entries(args).map(([name, value]) => ({ name, value })),
  });
  const [condition, action] =
    rule.kind === "amount_off_order"
      ? [
          operation("minimum_order_amount", { amount: String(rule.atLeast), taxInclusive: "false" }),
          operation("order_fixed_discount", { discount: String(rule.amount) }),
        ]
      : [
          operation("contains_products", { minimum: "1", productVariantIds: JSON.stringify(rule.names) }),
          operation("products_percentage_discount", {
            discount: String(rule.percent),
            productVariantIds: JSON.stringify(rule.names),
          }),
        ];
  return new Promotion({
    id: index + 1,
    name: rule.key,
    enabled: true,
    priorityScore: 0,
    conditions: [condition],
    actions: [action],
    promotionConditions: defaultPromotionConditions,
    promotionActions: defaultPromotionActions,
  });
}
