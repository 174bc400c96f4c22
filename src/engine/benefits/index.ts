/** The list of benefit kinds, in the order of the documents. Schema, compiler and documents all follow from it. */
import { z } from "zod";
import type { BenefitKind } from "../kind.ts";
import { amountOff } from "./amount-off.ts";
import { bundle } from "./bundle.ts";
import { buyXGetY } from "./buy-x-get-y.ts";
import { deposit } from "./deposit.ts";
import { fixedPrice } from "./fixed-price.ts";
import { freeShipping } from "./free-shipping.ts";
import { gift } from "./gift.ts";
import { issueCoupon } from "./issue-coupon.ts";
import { nthUnit } from "./nth-unit.ts";
import { percentOff } from "./percent-off.ts";
import { points } from "./points.ts";
import { service } from "./service.ts";
import { tiered } from "./tiered.ts";

export const benefitKinds: readonly BenefitKind[] = [
  percentOff,
  amountOff,
  fixedPrice,
  tiered,
  bundle,
  buyXGetY,
  nthUnit,
  gift,
  freeShipping,
  points,
  issueCoupon,
  deposit,
  service,
];

export const benefitKind: ReadonlyMap<string, BenefitKind> = new Map(
  benefitKinds.map((kind) => [kind.kind, kind]),
);

export type BenefitDocument = { readonly kind: string } & { readonly [parameter: string]: unknown };

const documents = benefitKinds.map((kind) =>
  z.strictObject({ kind: z.literal(kind.kind), ...kind.params.shape }).describe(kind.summary),
);

const union = z.discriminatedUnion(
  "kind",
  documents as unknown as readonly [(typeof documents)[number]],
) as z.ZodType<BenefitDocument, BenefitDocument>;

export const benefitSchema = union.meta({
  id: "Benefit",
  scalar: true,
  description: "What a promotion gives; `kind` decides the other fields (see kinds.md).",
});
