/** What a checkout sends: the request, as zod schemas, and the cart that the engine makes of it. */
import { z } from "zod";
import { limits } from "./limits.ts";
import { currencyCode, minorUnits, roundingMode } from "./money.ts";
import { locale, strategy, timezone } from "./settings.ts";

const name = z.string().min(1).max(limits.nameLength);
const names = z.array(name).max(limits.namesPerField);

export const attributes = z
  .record(
    z.string(),
    z.union([
      z.string().max(limits.textLength),
      z.number(),
      z.boolean(),
      z.array(z.string()).max(limits.namesPerField),
    ]),
  )
  .meta({
    id: "Attributes",
    scalar: true,
    description: "Free facts by name: text, number, truth or a list of texts.",
  });
export type Attributes = z.output<typeof attributes>;

export const cartLineSchema = z
  .strictObject({
    id: name.describe("Names the line in the answer; unique in the cart."),
    sku: name,
    product: name.optional(),
    categories: names.optional(),
    brand: name.optional(),
    tags: names.optional(),
    quantity: z
      .int()
      .min(1)
      .max(limits.quantityPerLine)
      .describe("Units. Weighed goods are one unit whose price is the price of the piece."),
    unitPrice: minorUnits,
    listPrice: minorUnits
      .optional()
      .describe("What the unit costs without any sale; `unitPrice` if left out."),
    onSale: z
      .boolean()
      .optional()
      .describe("The unit counts as discounted already, whatever its prices say."),
    unitCost: minorUnits.optional(),
    minUnitPrice: minorUnits.optional().describe("No combination of promotions sells the unit below this."),
    attributes: attributes.optional(),
  })
  .meta({ id: "CartLine" });

const shipmentSchema = z
  .strictObject({ id: name, method: name.optional(), amount: minorUnits })
  .meta({ id: "Shipment" });

const orderFactSchema = z
  .strictObject({ at: z.iso.datetime({ offset: true }), currency: currencyCode, total: minorUnits })
  .meta({ id: "OrderFact" });

const orderFactsSchema = z
  .strictObject({
    completedOrders: z.int().min(0).optional(),
    lastOrderAt: z.iso.datetime({ offset: true }).optional(),
    orders: z
      .array(orderFactSchema)
      .max(limits.namesPerField)
      .optional()
      .describe("Completed orders before this one; those of the last year are enough."),
    segments: names.optional(),
    tier: name.optional(),
  })
  .meta({
    id: "CustomerFacts",
    description:
      "What is known about the customer. Needs the marketing role; otherwise it is loaded from the project's own records.",
  });

const customerSchema = z
  .strictObject({
    id: name.optional(),
    groups: names.optional(),
    tags: names.optional(),
    attributes: attributes.optional(),
    facts: orderFactsSchema.optional(),
  })
  .meta({ id: "CartCustomer" });

const codeEntrySchema = z
  .union([
    z.string().max(limits.codeLength),
    z.strictObject({
      code: z.string().max(limits.codeLength),
      honour: z.boolean().default(false).describe("Apply this code even where another plan is cheaper."),
    }),
  ])
  .meta({ id: "CodeEntry", scalar: true, description: "A code as entered, or `{ code, honour }`." });

const depositClaimSchema = z
  .strictObject({
    redemption: name.describe("The committed redemption by which the deposit was paid."),
    promotion: name
      .optional()
      .describe("Proves the deposit inline: the key of its promotion. Needs the marketing role."),
    units: z
      .int()
      .min(1)
      .max(limits.quantityPerLine)
      .optional()
      .describe("How many units the deposit covers; 1 if left out. Needs the marketing role."),
  })
  .meta({ id: "DepositClaim" });

export const identifiersSchema = z
  .strictObject({
    device: name.optional(),
    phone: name
      .optional()
      .describe(
        "Blanks, dashes, dots and parentheses do not matter, and 00 is +. Without its country code it is another number.",
      ),
    ip: name
      .optional()
      .describe("IPv4 or IPv6, however it is written; an IPv4 address within IPv6 is that IPv4 address."),
  })
  .meta({ id: "Identifiers" });

export const cartSchema = z
  .strictObject({
    currency: currencyCode,
    channel: name.optional(),
    store: name.optional(),
    region: name.optional(),
    country: name.optional(),
    paymentMethod: name.optional(),
    dealer: name
      .optional()
      .describe(
        "The dealer who buys, or sells, by the id of their account. Left out: nobody's, as in a shop.",
      ),
    customer: customerSchema.optional(),
    priceLists: z
      .boolean()
      .optional()
      .describe(
        "Price lists that are meant for the customer or dealer set the unit prices, unless this is false: then the cart is priced at its own.",
      ),
    lines: z.array(cartLineSchema).max(limits.linesPerCart),
    shipping: z.array(shipmentSchema).max(limits.shipmentsPerCart).optional(),
    codes: z.array(codeEntrySchema).max(limits.codesPerCart).optional(),
    deposits: z.array(depositClaimSchema).max(limits.depositsPerCart).optional(),
    identifiers: identifiersSchema.optional(),
    attributes: attributes.optional(),
    at: z.iso
      .datetime({ offset: true })
      .optional()
      .describe("Prices the cart as of this instant. Needs the marketing role."),
    strategy: strategy.optional(),
    rounding: roundingMode.optional().describe("Needs the marketing role."),
    marginFloor: z.number().min(0).max(99.9999).optional().describe("Percent. Needs the marketing role."),
    timezone: timezone.optional(),
    locale: locale.optional(),
    explain: z
      .enum(["none", "near", "all"])
      .meta({ id: "Explain" })
      .optional()
      .describe(
        `\`near\` (default): codes and near misses; of promotions for which the cart is not worth enough, the ${limits.thresholdsTold} that ask for the least. \`all\`: every promotion that touches the cart, and what forcing it would cost.`,
      ),
    hints: z
      .boolean()
      .optional()
      .describe("Says what more in the cart would make the customer pay less for it, each priced anew."),
    maxHints: z
      .int()
      .min(1)
      .max(limits.hintsPerEvaluation)
      .optional()
      .describe("At most so many hints; 3 if left out."),
  })
  .meta({ id: "Cart" });

export type Cart = z.output<typeof cartSchema>;
export type CartLine = z.output<typeof cartLineSchema>;
export type Shipment = z.output<typeof shipmentSchema>;
