/** The worked case from its preparation to its review. One telling of it, for `npm run story:double11` and for the test. */
import { enterCosts, prepare } from "./campaign.ts";
import { campaignKey, channels, currency, expectedOf, instants, type Plan } from "./plan.ts";
import { type RawFigures, rawFigures } from "./raw-facts.ts";
import {
  type BudgetLine,
  budgetTable,
  type Check,
  channelTable,
  kpiTable,
  reviewTable,
  yuan,
} from "./report.ts";
import { type Shop, until } from "./shop.ts";
import {
  balanceRush,
  comeAgain,
  crowdOf,
  deposits,
  draw,
  evening,
  formerOrders,
  referrals,
  returns,
  views,
} from "./traffic.ts";

/** Answers each figure of the worked case beside the one that came out. `say`: a line of the report. */
export async function tellStory(shop: Shop, plan: Plan, say: (line: string) => void): Promise<Check[]> {
  const { marketing, clock } = shop;
  const crowd = crowdOf(plan);
  const checks: Check[] = [];
  const check = (what: string, expected: Check["expected"], actual: Check["actual"]) =>
    void checks.push({ what, expected, actual });
  const boardWith = async (orders: number) => {
    const read = () => marketing.campaignBoard({ params: { key: campaignKey } });
    return (await until(`a board with ${orders} orders`, read, ({ data }) => data.figures.orders === orders))
      .data;
  };

  say("\n1  Preparation, 10.20");
  await formerOrders(shop, crowd);
  await prepare(shop, plan);
  const { data: planned } = await marketing.campaign({ params: { key: campaignKey } });
  say(`   campaign ${planned.key}: ${planned.goals.length} goals, budget ${yuan(planned.budget!.amount)}`);

  say("\n2  Warm-up, 11.1 to 11.10");
  await clock.set(instants.deposits);
  await referrals(shop, crowd);
  await views(shop, plan.visits.warmUp, "warm-up");
  await deposits(shop, crowd);
  const paid = crowd.buyers.filter(({ deposit }) => deposit !== null).length;
  const { data: funnel } = await marketing.funnel({
    query: { steps: ["sign_up"], campaign: campaignKey, from: instants.start, to: instants.balance },
  });
  say(`   ${paid} deposits; ${funnel.steps[0]!.people} friends signed up`);

  say("\n3  The night of 11.11: balances, all at once");
  await clock.set(instants.balance);
  await views(shop, plan.visits.morning, "morning");
  const bags = await balanceRush(shop, crowd);
  say(`   ${bags.balances} balances, ${bags.given} bags; number ${bags.given + 1}: ${bags.refusal}`);
  check("bags given", plan.bags, bags.given);
  check(`bag number ${(plan.bags + 1).toLocaleString("en-US")}`, "gift_out_of_stock", bags.refusal);

  say("\n4  10:00 to 12:00: conversion is under its goal");
  const early = crowd.buyers.filter(({ isEarly }) => isEarly).length;
  const { figures: slow } = await boardWith(early);
  say(
    `   ${slow.orders} orders of ${slow.visits} visits: ${Math.round((slow.conversion ?? 0) * 10_000) / 100} %`,
  );
  await clock.set(instants.draw);
  const { data: log } = await until(
    "what the hourly policy does",
    () => marketing.policyActions({ params: { campaign: campaignKey } }),
    ({ data }) => data.items.length > 0,
  );
  const [action] = log.items;
  const { evidence, changes } = action!;
  say(`   policy ${action!.policy}: ${evidence.metric} ${evidence.actual}, bound ${evidence.bound}`);
  for (const { what, before, after } of changes) say(`   ${what}: ${before} → ${after}`);
  check("the policy's change", "promotion free-balance: draft → active", changeWords(changes));
  const drawn = await draw(shop, crowd);
  say(`   ${drawn} drew, ${plan.freeBalances} need not pay their balance`);

  say("\n5  The evening, and the bills");
  await clock.set(instants.evening);
  await evening(shop, crowd, plan);
  await views(shop, plan.visits.evening, "evening");
  await enterCosts(shop, plan);

  say("\n6  Returns, 11.14, and who comes again until 11.28");
  await clock.set(instants.returns);
  say(`   ${await returns(shop, crowd)} orders come back, one of them in part`);
  await clock.set(instants.again);
  await comeAgain(shop, crowd, plan);

  await clock.set(instants.review);
  return [...checks, ...(await review(shop, plan, crowd.buyers.length, boardWith, say))];
}

const changeWords = (changes: readonly { what: string; before: string; after: string }[]): string =>
  changes.map(({ what, before, after }) => `${what}: ${before} → ${after}`).join("; ");

async function review(
  shop: Shop,
  plan: Plan,
  buyers: number,
  boardWith: (orders: number) => ReturnType<typeof readBoard>,
  say: (line: string) => void,
): Promise<Check[]> {
  const { marketing } = shop;
  const expected = expectedOf(plan);
  const checks: Check[] = [];
  const check = (what: string, wanted: Check["expected"], actual: Check["actual"]) =>
    void checks.push({ what, expected: wanted, actual });
  const board = await boardWith(expected.orders);
  const params = { key: campaignKey };
  const { data: told } = await marketing.campaignReview({ params });
  const measure = async () => {
    const { data: measured } = await marketing.campaignMeasurement({ params, query: { currency } });
    return measured.arms.find(({ arm }) => arm === "treatment");
  };
  // It is written down a moment later.
  const met = await until("who met the campaign", measure, (arm) => arm?.customers === buyers);
  const repurchase = met?.repurchase ?? null;
  const { data: document } = await marketing.campaign({ params });
  const raw = await rawFigures(shop);
  const lines = await budgetLines(shop, plan, board.figures.discountCost);

  say("\n7  Review, 12.12\n");
  say(reviewTable(told));
  say(`\n${channelTable(board)}`);
  say(`\n${kpiTable(board, repurchase)}`);
  say(`\n${budgetTable(lines)}`);
  say(
    `  unallocated ${yuan(document.unallocated!.byElement)}. GMV and ROI of the case ask for ${yuan(board.figures.cost)} in all: what is not in the budget's lines is hidden cost.`,
  );

  const rowOf = (metric: string) => told.rows.find((row) => row.metric === metric);
  check("GMV", yuan(expected.gmv), yuan(rowOf("gmv")?.actual ?? 0));
  check("GMV of its goal, %", expected.gmvPercent, rowOf("gmv")?.percent ?? null);
  check("new customers", expected.newCustomers, rowOf("newCustomers")?.actual ?? null);
  check(
    "new customers of their goal, %",
    expected.newCustomersPercent,
    rowOf("newCustomers")?.percent ?? null,
  );
  check("ROI, 1 :", expected.roi, rowOf("roi")?.actual ?? null);
  check("buy again within 30 days, %", expected.repurchasePercent, repurchase);
  for (const channel of channels) {
    const gmv = board.channels.find((of) => of.channel === channel)?.gmv ?? 0;
    check(`GMV by ${channel}, %`, expected.channelPercents[channel], (gmv / board.figures.gmv) * 100);
  }
  for (const [element, amount] of Object.entries(expected.spent))
    check(
      `spent on ${element}`,
      yuan(amount),
      yuan(lines.find((line) => line.element === element)?.actual ?? 0),
    );
  check("unallocated", yuan(expected.unallocated), yuan(document.unallocated!.byElement));
  return [...checks, ...rawChecks(plan, raw)];
}

/** The same from each order, redemption and ledger by itself. */
function rawChecks(plan: Plan, raw: RawFigures): Check[] {
  const expected = expectedOf(plan);
  const payers = channels.reduce(
    (sum, channel) =>
      sum +
      (["deposit", "member", "winner"] as const).reduce((all, kind) => all + plan.buyers(channel, kind), 0),
    0,
  );
  const row = (what: string, wanted: Check["expected"], actual: Check["actual"]): Check => ({
    what: `from raw facts: ${what}`,
    expected: wanted,
    actual,
  });
  const spent = Object.values(expected.spent).reduce((sum, amount) => sum + amount, 0);
  return [
    row("GMV", yuan(expected.gmv), yuan(raw.gmv)),
    row("orders", expected.orders, raw.orders),
    row("new customers", expected.newCustomers, raw.newCustomers),
    row("discounts", yuan(expected.spent.discounts!), yuan(raw.discounts)),
    row("discounts, by the ledger", yuan(expected.spent.discounts!), yuan(raw.discountsByLedger)),
    row("cost", yuan(spent), yuan(raw.cost)),
    row("ROI, 1 :", expected.roi, raw.roi),
    row("buy again within 30 days, %", expected.repurchasePercent, raw.repurchasePercent),
    ...channels.map((channel) =>
      row(`GMV by ${channel}, %`, expected.channelPercents[channel], raw.channelPercents[channel]),
    ),
    row("bags", plan.bags, raw.bags),
    row("bags, by the ledger", plan.bags, raw.bagsByLedger),
    row("free balances", plan.freeBalances, raw.freeBalances),
    row("deposits paid", payers, raw.depositsPaid),
    row("deposits used, by the ledger", payers, raw.depositsUsed),
  ];
}

const readBoard = async ({ marketing }: Shop) =>
  (await marketing.campaignBoard({ params: { key: campaignKey } })).data;

async function budgetLines({ marketing }: Shop, plan: Plan, discounts: number): Promise<BudgetLine[]> {
  const { data: costs } = await marketing.campaignCosts({
    params: { key: campaignKey },
    query: { limit: 200 },
  });
  const spentOn = (name: string) =>
    costs.items.filter(({ element }) => element === name).reduce((sum, { amount }) => sum + amount, 0);
  const lines: BudgetLine[] = plan.budget.elements.map(({ name, amount }) => ({
    element: name,
    planned: amount,
    actual: name === "discounts" ? discounts : spentOn(name),
  }));
  const hidden = [...new Set(plan.costs.filter(({ isHidden }) => isHidden).map(({ element }) => element))];
  for (const element of hidden) lines.push({ element, planned: null, actual: spentOn(element) });
  return [
    ...lines,
    {
      element: "in all",
      planned: plan.budget.amount,
      actual: lines.reduce((sum, { actual }) => sum + actual, 0),
    },
  ];
}
