import type { CampaignFact, CampaignSource } from "../../engine/facts.ts";
import {
  campaignAmountCounter,
  campaignCustomerCounter,
  type GuardedCampaigns,
} from "../ledger/campaign-counters.ts";
import type { UsageQuestion } from "./usage-facts.ts";

type Question = Pick<UsageQuestion, "taken" | "who" | "currency" | "at" | "timezone"> & {
  readonly channel: string | undefined;
};

/** How much of a guarded campaign is taken, worked out when the engine asks for it and kept from then on, as `UsageFacts` are. */
export class CampaignFacts extends Map<string, CampaignFact> implements CampaignSource {
  private readonly campaigns: GuardedCampaigns;
  private readonly question: Question;

  constructor(campaigns: GuardedCampaigns, question: Question) {
    super();
    this.campaigns = campaigns;
    this.question = question;
  }

  override get(key: string): CampaignFact | undefined {
    const known = super.get(key);
    if (known !== undefined) return known;
    const campaign = this.campaigns.get(key);
    if (campaign === undefined) return undefined;
    const { taken, who, currency, channel, at, timezone } = this.question;
    const { budget, perCustomer, pausedChannels } = campaign;
    const ofCustomer = campaignCustomerCounter(campaign, who, at, timezone);
    const fact: CampaignFact = {
      ...(budget !== null && { budget, spent: { [currency]: taken(campaignAmountCounter(key, currency)) } }),
      ...(perCustomer !== null && { perCustomer: perCustomer.orders }),
      ...(channel !== undefined && pausedChannels.includes(channel) && { isPaused: true as const }),
      ...(ofCustomer !== null && { byCustomer: taken(ofCustomer) }),
    };
    this.set(key, fact);
    return fact;
  }
}

/** The same where counters cannot be asked: that there is a guard is all that is known. */
export function guardsAlone(campaigns: GuardedCampaigns, channel: string | undefined): CampaignSource {
  return new CampaignFacts(campaigns, {
    taken: () => 0,
    who: { customer: null, device: null, phone: null, ip: null },
    currency: "",
    channel,
    at: 0,
    timezone: "UTC",
  });
}
