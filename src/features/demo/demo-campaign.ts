import { millisecondsPerDay } from "../../engine/zone.ts";

/** What the demo shop's order discount belongs to, so that there is a board to look at. It runs for a month from the day before `now`. */
export function demoCampaign(now: number) {
  const at = (days: number) => new Date(now + days * millisecondsPerDay).toISOString();
  return {
    key: "11-11",
    name: "双十一 11.11",
    startsAt: at(-1),
    endsAt: at(30),
    timezone: "Asia/Shanghai",
    goals: [
      { metric: "gmv" as const, target: 300_000_000 },
      { metric: "newCustomers" as const, target: 5_000 },
      { metric: "roi" as const, target: 3 },
    ],
    budget: {
      currency: "CNY",
      amount: 60_000_000,
      elements: [
        { name: "discounts", amount: 25_000_000 },
        { name: "advertising", amount: 20_000_000 },
        { name: "service", amount: 5_000_000 },
      ],
      hiddenCosts: [{ name: "reserve", amount: 5_000_000 }],
    },
  };
}
