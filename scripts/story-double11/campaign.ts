/** What marketing prepares: the campaign with its goals and budget, its promotions, coupons, the referral programme, draw and policy. */
import type { PromotionDocumentInput } from "../../src/client/client.ts";
import { campaignKey, channels, currency, instants, type Plan, prices } from "./plan.ts";
import { type Shop, until } from "./shop.ts";

const set = { skus: ["SET"] };
const money = (amount: number) => ({ [currency]: amount });

function promotionsOf(plan: Plan): PromotionDocumentInput[] {
  const { start: startsAt, balance, end: endsAt } = instants;
  const withSet = { kind: "quantity", atLeast: 1, select: set } as const;
  return [
    {
      key: "deposit",
      name: "Deposit of 50, worth 100 against the balance",
      trigger: { type: "automatic" },
      schedule: { startsAt, endsAt },
      stacking: { group: "deposit" },
      benefits: [
        { kind: "deposit", paid: money(prices.deposit), worth: money(prices.depositWorth), select: set },
      ],
    },
    {
      key: "gift-and-skin-test",
      trigger: { type: "automatic" },
      schedule: { startsAt: balance, endsAt },
      conditions: withSet,
      benefits: [
        { kind: "gift", sku: "SERUM", value: money(prices.gift) },
        { kind: "service", name: "skin-test", quota: plan.services },
      ],
    },
    {
      key: "bag",
      name: "A bag for the first balance payments",
      trigger: { type: "automatic" },
      schedule: { startsAt: balance, endsAt },
      conditions: { all: [withSet, { kind: "attribute", of: "cart", name: "payment", in: ["balance"] }] },
      benefits: [{ kind: "gift", sku: "BAG", stock: plan.bags, value: money(prices.bag) }],
    },
    {
      key: "friends-30",
      trigger: { type: "coupon", pool: "friends-30" },
      schedule: { startsAt, endsAt: instants.review },
      stacking: { group: "coupon" },
      benefits: [{ kind: "amount_off", target: "order", amount: money(prices.coupon) }],
    },
    {
      key: "free-balance",
      trigger: { type: "coupon", pool: "free-balance" },
      schedule: { startsAt: instants.slow, endsAt },
      stacking: { group: "free-balance" },
      conditions: withSet,
      benefits: [{ kind: "amount_off", target: "order", amount: money(prices.balance) }],
      limits: { total: plan.freeBalances },
      budget: { amount: money(plan.freeBalances * prices.balance) },
    },
  ];
}

/** Prepared, and put into force by the policy alone. */
const extra = "free-balance";

export async function prepare({ marketing }: Shop, plan: Plan): Promise<void> {
  const { goals, budget } = plan;
  await marketing.createCampaign({
    body: {
      key: campaignKey,
      name: "双十一 11.11",
      startsAt: instants.start,
      endsAt: instants.end,
      timezone: "Asia/Shanghai",
      channels,
      goals: [
        { metric: "gmv", target: goals.gmv },
        { metric: "newCustomers", target: goals.newCustomers },
        { metric: "roi", target: goals.roi },
        { metric: "conversion", target: goals.conversion },
      ],
      budget: { currency, ...budget },
      // Nobody is held out, but it is noted who met the campaign: of them it is told whether they come again.
      holdout: { percent: 0 },
      guards: { discounts: { amount: money(budget.elements[0]!.amount), percent: 120 } },
    },
  });
  const friends = channels.reduce((sum, channel) => sum + plan.friends[channel], 0);
  for (const [key, count] of [
    ["friends-30", 2 * friends],
    ["free-balance", plan.freeBalances],
  ] as const) {
    await marketing.createCouponPool({ body: { key, length: 10, validFor: "P30D" } });
    const { data: job } = await marketing.generateCoupons({ params: { key }, body: { count } });
    await until(
      `the codes of ${key}`,
      () => marketing.job({ params: { id: job.id } }),
      ({ data }) => data.state === "succeeded",
    );
  }
  for (const document of promotionsOf(plan)) {
    const { data } = await marketing.createPromotion({ body: { ...document, campaign: campaignKey } });
    if (document.key !== extra) await marketing.activatePromotion({ params: { id: data.id } });
  }
  const reward = { kind: "coupon", pool: "friends-30", validFor: "P30D" } as const;
  await marketing.putReferralProgramme({
    params: { key: campaignKey },
    ifMatch: "*",
    body: {
      referrer: reward,
      friend: reward,
      minAmount: money(30_000),
      given: "paid",
      startsAt: instants.start,
      endsAt: instants.end,
    },
  });
  await marketing.createDraw({
    body: {
      key: "free-balance",
      startsAt: instants.draw,
      endsAt: instants.drawEnd,
      total: 2,
      prizes: [
        {
          key: "free-balance",
          odds: 1,
          stock: plan.freeBalances,
          prize: { kind: "coupon", pool: "free-balance" },
        },
        { key: "thanks", odds: 1 },
      ],
      consolation: "thanks",
      perCustomer: 1,
    },
  });
  await marketing.putPolicy({
    params: { campaign: campaignKey, key: "hourly" },
    ifMatch: "*",
    body: {
      name: "Conversion under its goal between 10 and 12: the draw is opened",
      when: {
        metric: "conversion",
        below: 1,
        of: "goal",
        minSample: 100,
        from: instants.slow,
        until: instants.drawEnd,
      },
      act: { kind: "activate_promotion", promotion: extra },
      pauseMinutes: 60,
    },
  });
}

/** What it cost beside the discounts, entered as the bills come in. */
export async function enterCosts({ marketing }: Shop, { costs }: Plan): Promise<void> {
  for (const [index, { element, amount, channel, isHidden }] of costs.entries())
    await marketing.addCampaignCost({
      params: { key: campaignKey },
      body: {
        id: `bill-${index + 1}`,
        element,
        amount,
        currency,
        at: instants.evening,
        ...(channel !== undefined && { channel }),
        ...(isHidden && { note: "In no line of the budget." }),
      },
    });
}
