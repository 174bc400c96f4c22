/** From what a replay added up to what the caller reads. */
import type { Replayer } from "./order-replay.ts";
import type {
  CurrencyTally,
  GoodsSums,
  PromotionSums,
  PromotionUse,
  SideSums,
  Tally,
} from "./replay-tally.ts";
import type { CurrencyReport, SimulationNote, SimulationReport } from "./simulation-schemas.ts";

const mostPromotions = 500;
const mostCannibalised = 100;

export function reportOf(tally: Tally, replayer: Replayer, top: number): SimulationReport {
  return {
    results: [...tally.currencies]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([currency, part]) => currencyReport(currency, part, tally, replayer, top)),
    left: [...tally.left].sort().map(([reason, orders]) => ({ reason, orders })),
    assumptions: assumptionsOf(replayer),
    cautions: cautionsOf(tally, replayer),
  };
}

function currencyReport(
  currency: string,
  { sums, promotions, segments, skus }: CurrencyTally,
  tally: Tally,
  replayer: Replayer,
  top: number,
): CurrencyReport {
  const { orders, affected, changed, units, subtotal, costed, recorded, baseline, scenario, assumed } = sums;
  return {
    currency,
    orders,
    affectedOrders: affected,
    changedOrders: changed,
    units,
    subtotal,
    recordedRevenue: recorded,
    costKnownShare: subtotal === 0 ? null : Math.round((costed / subtotal) * 10_000) / 10_000,
    baseline,
    scenario,
    difference: differenceOf(baseline, scenario),
    assumed:
      replayer.plan.elasticity === null
        ? null
        : {
            units: assumed.thousandths / 1_000,
            revenue: assumed.revenue,
            discount: assumed.discount,
            margin: assumed.margin,
          },
    promotions: promotionsOf(currency, promotions, tally, replayer),
    cannibalised: [...promotions]
      .filter(([, { displaced, lessened }]) => displaced + lessened > 0)
      .sort(([a, one], [b, other]) => other.lost - one.lost || (a < b ? -1 : 1))
      .slice(0, mostCannibalised)
      .map(([promotion, { displaced, lessened, lost }]) => ({ promotion, displaced, lessened, lost })),
    segments: moversOf(segments, top),
    skus: moversOf(skus, top),
  };
}

function differenceOf(baseline: SideSums, scenario: SideSums): CurrencyReport["difference"] {
  return {
    revenue: scenario.revenue - baseline.revenue,
    discount: scenario.discount - baseline.discount,
    shippingDiscount: scenario.shippingDiscount - baseline.shippingDiscount,
    gifts: scenario.gifts - baseline.gifts,
    giftValue: scenario.giftValue - baseline.giftValue,
    giftCost: scenario.giftCost - baseline.giftCost,
    uncostedGifts: scenario.uncostedGifts - baseline.uncostedGifts,
    points: scenario.points - baseline.points,
    margin: scenario.margin - baseline.margin,
  };
}

const useOf = ({ orders, times, amount, giftCost }: PromotionUse) => ({
  orders,
  redemptions: times,
  cost: amount + giftCost,
});

function promotionsOf(
  currency: string,
  promotions: ReadonlyMap<string, PromotionSums>,
  tally: Tally,
  { drafts }: Replayer,
): CurrencyReport["promotions"] {
  const nothing = { orders: 0, times: 0, amount: 0, giftCost: 0 };
  const draftRows = drafts.map(({ key, document: { limits, budget } }) => {
    const { baseline = nothing, scenario = nothing } = promotions.get(key) ?? {};
    const total = limits?.total;
    const amount = budget?.amount[currency];
    return {
      promotion: key,
      isDraft: true,
      baseline: useOf(baseline),
      scenario: useOf(scenario),
      beyond: [
        // A use is an order, however often a promotion is applied to it.
        ...(total !== undefined && scenario.orders > total ? (["total"] as const) : []),
        ...(amount !== undefined && scenario.amount > amount ? (["budget"] as const) : []),
      ],
      ordersInForce: tally.inForce.get(key) ?? 0,
    };
  });
  const isDraft = new Set(drafts.map(({ key }) => key));
  const liveRows = [...promotions]
    .filter(([key]) => !isDraft.has(key))
    .map(([promotion, { baseline, scenario }]) => ({
      promotion,
      isDraft: false,
      baseline: useOf(baseline),
      scenario: useOf(scenario),
      beyond: [],
      ordersInForce: null,
    }));
  const dearest = (rows: CurrencyReport["promotions"]) =>
    rows.sort(
      (a, b) =>
        Math.max(b.baseline.cost, b.scenario.cost) - Math.max(a.baseline.cost, a.scenario.cost) ||
        (a.promotion < b.promotion ? -1 : 1),
    );
  return [...dearest(draftRows), ...dearest(liveRows)].slice(0, mostPromotions);
}

function moversOf(goods: ReadonlyMap<string, GoodsSums>, top: number): CurrencyReport["skus"] {
  const all = [...goods]
    .map(([name, sums]) => ({ name, sums, change: sums.scenario.revenue - sums.baseline.revenue }))
    .filter(({ change }) => change !== 0)
    .sort((a, b) => b.change - a.change || (a.name < b.name ? -1 : 1));
  const row = ({ name, sums, change }: (typeof all)[number]) => ({
    name,
    orders: sums.orders,
    units: sums.units,
    assumedUnits: sums.thousandths / 1_000,
    baseline: sums.baseline,
    scenario: sums.scenario,
    change,
  });
  return {
    winners: all
      .filter(({ change }) => change > 0)
      .slice(0, top)
      .map(row),
    losers: all
      .filter(({ change }) => change < 0)
      .reverse()
      .slice(0, top)
      .map(row),
  };
}

function assumptionsOf({ plan: { only, codes, shiftDays, elasticity }, drafts }: Replayer): SimulationNote[] {
  const notes: SimulationNote[] = [
    {
      code: "baseline_by_live_rules",
      message: `Every order is priced twice: by the rules in force when the simulation was made, and by ${only ? "the drafts alone" : "these rules and the drafts"}. What was really paid is \`recordedRevenue\`.`,
    },
    {
      code: "orders_of_the_period",
      message:
        "Orders that were cancelled or wholly returned are left out; goods of others that came back count as sold.",
    },
    {
      code: "history_then_profile_now",
      message:
        "Orders before the one that is priced are known as they were then. Segments, tier, tags, groups, attributes, birthday and consents of customers are those of now, as are the borders of RFM scores.",
    },
    {
      code: "not_known_of_orders",
      message:
        "Orders do not tell payment method, region, country, tags of goods, list prices, devices and addresses, nor the method of shipping, and neither dealers' accounts nor contracts are looked into: promotions that ask for them do not apply.",
    },
    {
      code: "nothing_used_up",
      message:
        "Limits, budgets and stocks are whole for every order, and campaigns hold nobody out. Of drafts that would have run out, `beyond` says which limit; limits per customer and day are not followed.",
    },
    {
      code: "live_codes_unknown",
      message: "Nobody is taken to have entered a code of a live promotion, in neither pricing.",
    },
    shiftDays === 0
      ? { code: "priced_when_placed", message: "Schedules are asked at the time the order was placed." }
      : {
          code: "priced_as_if_shifted",
          message: `Orders and their customers' history are priced as if they were ${shiftDays} days later.`,
        },
  ];
  if (drafts.length > 0)
    notes.push(
      codes === "everybody"
        ? {
            code: "everybody_has_the_codes",
            message:
              "Drafts that need a code or a coupon apply as if every customer had one: the most they can cost.",
          }
        : { code: "nobody_has_the_codes", message: "Drafts that need a code or a coupon do not apply." },
    );
  notes.push(
    elasticity === null
      ? { code: "same_volume", message: "The same goods are bought at the new prices." }
      : {
          code: "volume_by_elasticity",
          message: `\`assumed\`, winners and losers: of each line 1 + ${elasticity} × (price after − price before) ÷ price before times the units are sold, never fewer than none. \`scenario\` and the promotions' costs are of the goods that were sold.`,
        },
  );
  return notes;
}

function cautionsOf(
  { left, inForce, untold, uncosted, currencies }: Tally,
  { drafts }: Replayer,
): SimulationNote[] {
  const notes: SimulationNote[] = [];
  const orders = [...currencies.values()].reduce((sum, part) => sum + part.sums.orders, 0);
  if (orders === 0) notes.push({ code: "no_orders", message: "There are no orders in this period." });
  const asleep = drafts.filter(({ key }) => !inForce.has(key)).map(({ key }) => key);
  if (orders > 0 && asleep.length > 0)
    notes.push({
      code: "drafts_not_in_force",
      message: `Not in force at the time of any order: ${asleep.slice(0, 10).join(", ")}. \`shiftDays\` moves the orders to their time.`,
    });
  const grouped = drafts.filter(({ document }) => document.group !== undefined).map(({ key }) => key);
  if (grouped.length > 0)
    notes.push({
      code: "groups_unknown",
      message: `No order takes part in a group, so these apply to none: ${grouped.slice(0, 10).join(", ")}.`,
    });
  const notPriced = [...left.values()].reduce((sum, part) => sum + part, 0);
  if (notPriced > 0)
    notes.push({
      code: "orders_left_out",
      message: `${notPriced} orders could not be priced; see \`left\`.`,
    });
  if (untold.size > 0)
    notes.push({
      code: "names_not_told_apart",
      message:
        "There are more SKUs or segments than are told apart: winners and losers are of the first ones.",
    });
  const givesPoints = [...currencies.values()].some(({ sums: { scenario, baseline } }) =>
    [scenario, baseline].some((side) => side.points > 0),
  );
  if (givesPoints || uncosted.size > 0)
    notes.push({
      code: "gifts_not_in_cost",
      message: [
        ...(uncosted.size > 0
          ? [
              `Gifts and services are given of which no \`unitCost\` says what they cost: ${[...uncosted.keys()].sort().slice(0, 10).join(", ")}.`,
            ]
          : []),
        "What points and coupons cost that are given is in no `cost`.",
      ].join(" "),
    });
  const share = [...currencies.values()].some(({ sums }) => sums.costed < sums.subtotal);
  if (share)
    notes.push({
      code: "cost_not_known_of_all",
      message: "Margins are of the lines whose cost is known: `costKnownShare` says what part that is.",
    });
  return notes;
}
