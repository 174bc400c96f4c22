/** What protects a campaign from running into a loss, as it is told. Enforced where redemptions are counted (`features/ledger`). */
import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { moneyMap } from "../../engine/money.ts";
import type { CampaignInForce } from "../promotions/campaign-in-force.ts";

/** Percent of the plan beyond which no policy raises a budget. */
export const highestCapPercent = 120;

const discountCap = z
  .strictObject({
    amount: moneyMap,
    percent: z
      .int()
      .min(100)
      .max(highestCapPercent)
      .default(100)
      .describe("Of `amount`, how much may really be given away."),
  })
  .meta({
    id: "CampaignDiscountCap",
    description:
      "All discounts of the campaign's promotions together, reserved ones included. A promotion that would take more than is left does not apply (`campaign_budget_exhausted`). In a currency that it does not name nothing is given. What returns bring back is not given away again. What was given before the campaign was entered is not known.",
  });

const perCustomer = z
  .strictObject({
    orders: z.int().min(1).max(1_000_000),
    period: z
      .enum(["day", "week", "month"])
      .optional()
      .describe("By the clock of the campaign's zone; left out, in the whole campaign."),
  })
  .meta({
    id: "CampaignFrequencyCap",
    description:
      "In how many orders of one customer any of its promotions may apply (`campaign_limit_reached`). Without a customer none does.",
  });

export const campaignGuards = z
  .strictObject({
    discounts: discountCap.optional(),
    perCustomer: perCustomer.optional(),
    pausedChannels: z
      .array(z.string().min(1).max(limits.nameLength))
      .max(limits.namesPerField)
      .optional()
      .describe("Where none of its promotions applies for now (`campaign_paused`)."),
  })
  .meta({ id: "CampaignGuards", description: "Exact under any concurrency, as limits of promotions are." });
export type CampaignGuards = z.output<typeof campaignGuards>;

/** As carts are priced by it. */
export function campaignInForce({
  key,
  timezone,
  guards = {},
  holdout,
  exposures,
}: {
  readonly key: string;
  readonly timezone?: string | undefined;
  readonly guards?: CampaignGuards | undefined;
  readonly holdout?: { readonly percent: number } | undefined;
  readonly exposures?: { readonly samplePercent: number } | undefined;
}): CampaignInForce {
  const { discounts, perCustomer: ofCustomer = null, pausedChannels = [] } = guards;
  return {
    key,
    timezone: timezone ?? null,
    budget: discounts === undefined ? null : capOf(discounts),
    perCustomer: ofCustomer,
    pausedChannels,
    holdoutPercent: holdout?.percent ?? null,
    samplePercent: exposures?.samplePercent ?? 100,
  };
}

function capOf({ amount, percent }: z.output<typeof discountCap>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(amount).map(([currency, planned]) => [currency, Math.floor((planned * percent) / 100)]),
  );
}
