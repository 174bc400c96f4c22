/**
 * The worked case in numbers: who does what, what was planned and what is to come out. Amounts in minor units (CNY).
 *
 * All of it is given for one fiftieth of the case and multiplied, so that a small run is the same story to the cent.
 */

export const fullScale = 50;
export const currency = "CNY";
export const campaignKey = "double11";

/** Beijing time. */
export const instants = {
  before: "2025-10-20T10:00:00+08:00",
  start: "2025-11-01T00:00:00+08:00",
  deposits: "2025-11-05T20:00:00+08:00",
  balance: "2025-11-11T00:00:00+08:00",
  slow: "2025-11-11T10:00:00+08:00",
  draw: "2025-11-11T10:05:00+08:00",
  drawEnd: "2025-11-11T12:00:00+08:00",
  evening: "2025-11-11T20:00:00+08:00",
  end: "2025-11-12T00:00:00+08:00",
  returns: "2025-11-14T09:00:00+08:00",
  again: "2025-11-28T09:00:00+08:00",
  review: "2025-12-12T12:00:00+08:00",
} as const;

export const channels = ["mini-program", "marketplace", "store"] as const;
export type Channel = (typeof channels)[number];

/**
 * What buyers do. `deposit`: pay it, and the balance. `member`: the same, with a coupon for having brought friends. `winner`: of the draw,
 * whose balance is free. `direct`: buy the set on the day. `second`: friends who come again with their coupon.
 * `returned`: buy on the day and send all back.
 */
export const buyerKinds = ["deposit", "member", "winner", "direct", "second", "returned"] as const;
export type BuyerKind = (typeof buyerKinds)[number];

const buyers: Readonly<Record<Channel, Readonly<Record<BuyerKind, number>>>> = {
  "mini-program": { deposit: 48, member: 2, winner: 1, direct: 27, second: 2, returned: 3 },
  marketplace: { deposit: 25, member: 0, winner: 0, direct: 5, second: 2, returned: 0 },
  store: { deposit: 7, member: 2, winner: 0, direct: 3, second: 1, returned: 0 },
};

export const prices = {
  set: 58_000,
  setCost: 21_000,
  mask: 8_000,
  maskCost: 2_000,
  cream: 20_000,
  deposit: 5_000,
  depositWorth: 10_000,
  coupon: 3_000,
  /** What is due after the deposit. */
  balance: 48_000,
  gift: 20_000,
  bag: 5_000,
} as const;

/** What each kind of buyer pays in all, deposit included. */
export const pays: Readonly<Record<BuyerKind, number>> = {
  deposit: prices.set - (prices.depositWorth - prices.deposit),
  member: prices.set - (prices.depositWorth - prices.deposit) - prices.coupon,
  winner: prices.deposit,
  direct: prices.set,
  second: prices.mask - prices.coupon,
  returned: prices.set,
};

export interface Plan {
  readonly scale: number;
  buyers(channel: Channel, kind: BuyerKind): number;
  readonly goals: {
    readonly gmv: number;
    readonly newCustomers: number;
    readonly roi: number;
    readonly conversion: number;
  };
  readonly budget: {
    readonly amount: number;
    readonly elements: readonly { readonly name: string; readonly amount: number }[];
  };
  /** Entered beside the discounts. Hidden costs are in no line of the budget. */
  readonly costs: readonly {
    readonly element: string;
    readonly amount: number;
    readonly channel?: Channel;
    readonly isHidden?: boolean;
  }[];
  readonly bags: number;
  readonly freeBalances: number;
  readonly services: number;
  /** Brought by members; of those who pay their balance in the night. */
  readonly friends: Readonly<Record<Channel, number>>;
  /** Views of the campaign: until the draw, and in all. By channel as its sales. */
  readonly visits: { readonly warmUp: number; readonly morning: number; readonly evening: number };
  /** Of those who paid a deposit, how many pay the balance in the night, at once. */
  readonly early: Readonly<Record<Channel, number>>;
  readonly earlyDirect: number;
  /** Who come again after the campaign; beside the `second` ones. */
  readonly again: number;
}

export function planOf(scale: number): Plan {
  const times = (count: number) => count * scale;
  return {
    scale,
    buyers: (channel, kind) => times(buyers[channel][kind]),
    goals: { gmv: times(6_000_000), newCustomers: times(100), roi: 3, conversion: 0.05 },
    budget: {
      amount: times(1_200_000),
      elements: [
        { name: "discounts", amount: times(500_000) },
        { name: "advertising", amount: times(400_000) },
        { name: "service", amount: times(100_000) },
        { name: "reserve", amount: times(100_000) },
      ],
    },
    costs: [
      { element: "advertising", amount: times(260_000), channel: "mini-program" },
      { element: "advertising", amount: times(100_000), channel: "marketplace" },
      { element: "advertising", amount: times(40_000), channel: "store" },
      { element: "service", amount: times(100_000) },
      { element: "reserve", amount: times(100_000) },
      { element: "gifts", amount: times(420_000), isHidden: true },
      { element: "freight of returns", amount: times(27_620), isHidden: true },
    ],
    bags: times(20),
    freeBalances: times(1),
    services: times(160),
    friends: { "mini-program": times(12), marketplace: times(6), store: times(2) },
    visits: { warmUp: times(1_500), morning: times(500), evening: times(500) },
    early: { "mini-program": times(22), marketplace: times(18), store: times(5) },
    earlyDirect: times(10),
    again: times(13),
  };
}

/** The figures of scenarios.md X, at this scale. */
export interface Expected {
  readonly gmv: number;
  readonly gmvPercent: number;
  readonly newCustomers: number;
  readonly newCustomersPercent: number;
  readonly roi: number;
  readonly repurchasePercent: number;
  readonly channelPercents: Readonly<Record<Channel, number>>;
  readonly orders: number;
  readonly spent: Readonly<Record<string, number>>;
  readonly unallocated: number;
}

export function expectedOf({ scale, budget, costs }: Plan): Expected {
  const share = (amount: number) => (amount / fullScale) * scale;
  const spentOn = (element: string) =>
    costs.filter((cost) => cost.element === element).reduce((sum, { amount }) => sum + amount, 0);
  return {
    gmv: share(325_000_000),
    gmvPercent: 108.33,
    newCustomers: share(5_800),
    newCustomersPercent: 116,
    roi: 3.2,
    repurchasePercent: 15,
    channelPercents: { "mini-program": 65, marketplace: 25, store: 10 },
    orders: share(6_250),
    spent: {
      discounts: share(25_000_000),
      advertising: share(20_000_000),
      service: share(5_000_000),
      reserve: share(5_000_000),
      gifts: spentOn("gifts"),
      "freight of returns": spentOn("freight of returns"),
    },
    unallocated: budget.amount - share(55_000_000),
  };
}
