// Generated from openapi/openapi.json by `npm run generate`; do not edit.

export type Adjustment = {
  /** The promotion's key. */
  promotion: string;
  stage: Stage;
  /** What this promotion takes off this line. */
  amount: MinorUnits;
  /** The code that triggered it, as entered. */
  code: string | null;
  /** The amount by units; the sum of units × amount is exact. Where several promotions touch the line, the runs of all begin with its first unit, and units that one leaves out have 0: so it can be told what each unit costs. */
  runs: readonly (UnitRun)[];
  /** Only where several fund the promotion: their parts, which come to the amount. */
  funding?: readonly (FundedPart)[];
};

/** From here on an event `dealwright.alarm.…` and a line in the log say so, once in each minute or hour. Null: never. */
export type AlarmThresholds = {
  /** Redemptions of one promotion. */
  redemptionsPerMinute: number | null;
  discountPerHour: DiscountPerHour | null;
  /** Different wrong codes in the whole project. */
  wrongCodesPerMinute: number | null;
};

/** From here on an event `dealwright.alarm.…` and a line in the log say so, once in each minute or hour. Null: never. */
export type AlarmThresholdsInput = {
  /** Redemptions of one promotion. */
  redemptionsPerMinute?: number | null;
  discountPerHour?: DiscountPerHour | null;
  /** Different wrong codes in the whole project. */
  wrongCodesPerMinute?: number | null;
};

export type ApiKey = {
  id: string;
  name: string;
  role: Role;
  environment: Environment;
  /** How many requests it may make in a minute. Null: as many as its role may. */
  requestsPerMinute: number | null;
  /** The valid secrets, newest first: one, or two while the key is rotated. */
  secrets: readonly (ApiKeySecret)[];
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  /** To the minute. */
  lastUsedAt: string | null;
};

/** What is left out stays as it is. */
export type ApiKeyChange = {
  name?: string;
  /** Null: it is valid until it is revoked. */
  expiresAt?: string | null;
  /** How many requests it may make in a minute. Null: as many as its role may. */
  requestsPerMinute?: number | null;
};

export type ApiKeyCreation = {
  name: string;
  role: Role;
  environment: Environment;
  /** How many requests it may make in a minute. Null: as many as its role may. */
  requestsPerMinute?: number | null;
  /** Left out, it is valid until it is revoked. */
  expiresAt?: string;
};

export type ApiKeyPage = {
  items: readonly (ApiKey)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type ApiKeyRotation = {
  /** How long the old secret stays valid beside the new one. */
  graceSeconds?: number;
};

/** A valid secret, told by its beginning. */
export type ApiKeySecret = {
  hint: string;
  createdAt: string;
  expiresAt: string | null;
};

export type AppliedPart = {
  stage: Stage;
  amount: MinorUnits;
  times: number;
  unappliedAmount: MinorUnits;
  limitedBy: readonly (DiscountLimit)[];
};

export type AppliedPromotion = {
  /** The promotion's key. */
  promotion: string;
  /** Null for a draft. */
  promotionId: string | null;
  stage: Stage;
  amount: MinorUnits;
  /** How many times it was applied. */
  times: number;
  label: string;
  funder: string;
  /** Only where several fund the promotion: their parts, which come to the amount. */
  funding?: readonly (FundedPart)[];
  /** What a floor, a budget or the price itself refused. */
  unappliedAmount: MinorUnits;
  /** Only of a promotion with a stock of its own or a safety stock: the goods of which it is limited. */
  stock?: readonly (StockUse)[];
};

export type ArmComparison = {
  /** Which arm, against the one it is compared with. */
  arm: string;
  against: string;
  verdict: SignificanceVerdict;
  /** Of both arms: what the verdict stands on. */
  orders: number;
  /** Revenue per customer, less that of the other arm. */
  difference: number;
  /** The same, in percent of the other arm's. Null: that is 0. */
  uplift: number | null;
  t: number | null;
  degreesOfFreedom: number | null;
  /** Welch's t-test of revenue per customer, two-sided. */
  pValue: number | null;
  /** What it must stay under: by confidence, days on which somebody looked, and comparisons. */
  level: number;
  /** Of the difference, low and high, at that level. */
  interval: readonly (number)[] | null;
  incremental: IncrementalSales;
};

export type AssumedVolume = {
  units: number;
  revenue: MinorUnits;
  discount: MinorUnits;
  margin: number;
};

export type AttributedChannel = {
  channel: string | null;
  /** In the windows of those orders. */
  touches: number;
  /** All to the first touch. */
  first: AttributedCredit;
  /** All to the last touch before the order. */
  last: AttributedCredit;
  /** To every touch alike, to the cent. */
  linear: AttributedCredit;
};

export type AttributedCredit = {
  orders: number;
  /** Minor units. */
  revenue: number;
};

/** Free facts by name: text, number, truth or a list of texts. */
export type Attributes = { readonly [key: string]: string | number | boolean | readonly (string)[] };

export type AuditChainPoint = {
  sequence: number;
  hash: string;
};

export type AuditEntry = {
  id: string;
  at: string;
  operation: string;
  resource: string;
  resourceId: string;
  /** Whose key it was; `system` for what the service does by itself. */
  apiKeyId: string;
  /** As the key was called then. */
  apiKeyName: string | null;
  role: string;
  /** The network it came from (IPv4 to /24, IPv6 to /48); null for what was scheduled. */
  address: string | null;
  requestId: string;
  /** Null for what was not there. */
  before: AuditedState | null;
  /** Null for what is no longer there. */
  after: AuditedState | null;
  /** Its place in the project's chain; null for a moment, until it is sealed. */
  sequence: number | null;
  /** SHA-256 over it and the hash before it, in hex. */
  hash: string | null;
};

export type AuditExportFormat = "ndjson" | "csv";

/** The end of the project's chain. Note it elsewhere, and `npm run verify-audit` tells whether the chain still passes through it. */
export type AuditHead = {
  /** The place of the last sealed entry; 0 without one. */
  sequence: number;
  hash: string;
  sealedAt: string | null;
  /** Up to where entries were forgotten, by the project's `auditRetentionDays`. */
  checkpoint: AuditChainPoint;
};

export type AuditPage = {
  items: readonly (AuditEntry)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

/** A thing as it was, without its secrets. */
export type AuditedState = { readonly [key: string]: unknown };

export type Automation = {
  /** Lower-case letters, digits, `.`, `_` and `-`. */
  key: string;
  name?: string;
  trigger: AutomationTrigger;
  /** Whoever does not meet them is passed over: the conditions that segments know, about customers. */
  conditions?: Condition;
  /** In which orders count for `order_amount`, where its amounts name several currencies. */
  currency?: CurrencyCode;
  /** Of which it is a part: whoever is held out of the campaign is passed over, and that a customer was reached, or would have been, is noted for its measurement. */
  campaign?: string;
  actions: readonly (AutomationAction)[];
  caps: AutomationCaps;
  id: string;
  status: AutomationStatus;
  /** Counts up with every change; the ETag. */
  version: number;
  /** What happened before triggers nothing. */
  activatedAt: string | null;
  createdAt: string;
  updatedAt: string;
};

/** What follows. `issue_coupon`; `add_tag` (unless the customer has as many as they may), `remove_tag`; `award_points`, available at once; `notify`, an event `dealwright.automation.notified` that a receiver sends on; `webhook`, an event `dealwright.automation.fired`. */
export type AutomationAction = {
  kind: "issue_coupon";
  pool: CouponPoolKey;
  /** ISO 8601, such as `P14D`; as the pool has it, if left out. */
  validFor?: string;
} | {
  kind: "add_tag";
  tag: string;
} | {
  kind: "remove_tag";
  tag: string;
} | {
  kind: "award_points";
  points: number;
  /** `points`, if left out. */
  programme?: PointsProgrammeKey;
} | {
  kind: "notify";
  /** What the receiver knows the message by. */
  template: string;
  texts?: { readonly [key: string]: string };
  data?: AutomationData;
} | {
  kind: "webhook";
  data?: AutomationData;
};

export type AutomationAmounts = {
  currency: string;
  orders: number;
  /** What these orders came to, less what was refunded. */
  revenue: number;
  /** What the coupons took off, as budgets count it: part of an order that comes back changes nothing. */
  discount: number;
};

export type AutomationCandidate = {
  customer: string;
  reason: string | null;
};

export type AutomationCapPeriod = "day" | "week" | "month" | "year" | "ever";

export type AutomationCaps = {
  /** By the calendar of the project's zone. Left out, once a day; an empty list is no cap, and refused where tags or points are changed by what segments or points set off. */
  perCustomer: readonly (AutomationCustomerCap)[];
  /** In all. */
  runs?: number;
  /** In all. */
  coupons?: number;
};

export type AutomationCapsInput = {
  /** By the calendar of the project's zone. Left out, once a day; an empty list is no cap, and refused where tags or points are changed by what segments or points set off. */
  perCustomer?: readonly (AutomationCustomerCap)[];
  /** In all. */
  runs?: number;
  /** In all. */
  coupons?: number;
};

export type AutomationCustomerCap = {
  count: number;
  per?: AutomationCapPeriod;
  /** Instead of `per`: in so many days, today among them. */
  days?: number;
};

/** Passed on as it is; at most 4 KiB. */
export type AutomationData = { readonly [key: string]: unknown };

export type AutomationDocument = {
  /** Lower-case letters, digits, `.`, `_` and `-`. */
  key: string;
  name?: string;
  trigger: AutomationTrigger;
  /** Whoever does not meet them is passed over: the conditions that segments know, about customers. */
  conditions?: ConditionInput;
  /** In which orders count for `order_amount`, where its amounts name several currencies. */
  currency?: CurrencyCode;
  /** Of which it is a part: whoever is held out of the campaign is passed over, and that a customer was reached, or would have been, is noted for its measurement. */
  campaign?: string;
  actions: readonly (AutomationAction)[];
  caps?: AutomationCapsInput;
};

/** Whom it would reach now. Of `birthday`, `date`, `inactivity` and `schedule`: by a look now. Of a segment: were everybody in it to come in or leave now. Of an event: those who did it in the last 30 days, were they to do it now. Of points: those whom nothing was told of points that will lapse. */
export type AutomationDryRun = {
  /** For how many it would be triggered now. */
  candidates: number;
  /** False where there are more than 20000, who were not all looked at. */
  isExact: boolean;
  reached: number;
  /** `before`: this occasion of theirs has triggered it already. */
  skipped: readonly (AutomationReasonCount)[];
  /** Pools that have no coupon now: whoever is reached would be owed one. */
  missing: readonly (AutomationMissingPool)[];
  items: readonly (AutomationCandidate)[];
};

export type AutomationMissingPool = {
  pool: string;
  reason: string;
};

export type AutomationOccurrence = { readonly [key: string]: unknown };

export type AutomationOutcome = "reached" | "skipped";

export type AutomationPage = {
  items: readonly (Automation)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type AutomationPoints = {
  programme: PointsProgrammeKey;
  awarded: number;
  /** What so many pay as tender by the programme's rules of now; null where they pay for nothing. */
  value: MoneyMap | null;
};

export type AutomationReasonCount = {
  reason: string;
  count: number;
};

export type AutomationResults = {
  /** For whom it was triggered so far. */
  entered: number;
  waiting: number;
  done: number;
  owed: number;
  skipped: readonly (AutomationReasonCount)[];
  /** Coupons. */
  issued: number;
  /** Of them, those that an order used and did not give back. */
  redeemed: number;
  /** Of orders that used them; about a second behind. */
  amounts: readonly (AutomationAmounts)[];
  /** What it awarded, by programme. */
  points: readonly (AutomationPoints)[];
};

export type AutomationRun = {
  id: string;
  customer: string;
  state: AutomationRunState;
  /** Why it was skipped (`conditions`, `held_out`, `cap_customer`, `cap_runs`, `cap_coupons`, `active_again`, `archived`), or is owed (`pool_empty`, `pool_unknown`). */
  reason: string | null;
  /** What happened. */
  trigger: AutomationOccurrence;
  /** The one it waits for, where it is owed. */
  pool: string | null;
  /** The codes it issued. */
  coupons: readonly (string)[];
  /** How often it failed so far. */
  attempts: number;
  /** When it is tried (again). */
  dueAt: string | null;
  ranAt: string | null;
  createdAt: string;
};

export type AutomationRunPage = {
  items: readonly (AutomationRun)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

/** `waiting`: it is done within a second or so, or failed and is tried again. `done`. `owed`: a pool has no code; all of it is done once there is one. `skipped`: nothing was done, and nothing will be. */
export type AutomationRunState = "waiting" | "done" | "owed" | "skipped";

export type AutomationStatus = "draft" | "active" | "paused" | "archived";

/** What sets it off. `event`: the customer did something (`POST /v1/events`). `segment_entered`, `segment_left`. `points_expiring`: points of theirs are about to lapse. `birthday`, and `date`, which an attribute has, with an offset. `contract_end`: so many months before a contract of theirs ends, unless it is renewed by then. `inactivity`: no order for so many days, once for each last order. `schedule`: again and again, for all who are in a segment then. The clock is that of the project's zone. */
export type AutomationTrigger = {
  kind: "event";
  /** What happened: `view`, `click`, `share`, `sign_up`, `check_in`, or a name of your own. Lower case; not `dealwright.…` and not `order`, which funnels take from the orders. */
  type: string;
  /** What the event must say, word for word. */
  match?: {
    channel?: string;
    campaign?: string;
    promotion?: string;
    store?: string;
    sku?: string;
    attributes?: { readonly [key: string]: string | number | boolean };
  };
} | {
  kind: "segment_entered";
  /** Lower-case letters, digits, `.`, `_` and `-`. */
  segment: string;
} | {
  kind: "segment_left";
  /** Lower-case letters, digits, `.`, `_` and `-`. */
  segment: string;
} | {
  kind: "points_expiring";
  /** Of any, if left out. */
  programme?: PointsProgrammeKey;
} | {
  kind: "birthday";
  /** Below zero: so many days before. */
  offsetDays?: number;
  /** HH:MM on the wall; 09:00 if left out. */
  at?: string;
} | {
  kind: "date";
  /** Of the customer, with a date such as `2026-12-31`. */
  attribute: string;
  /** Every year on that day. */
  yearly?: boolean;
  /** Below zero: so many days before. */
  offsetDays?: number;
  /** HH:MM on the wall; 09:00 if left out. */
  at?: string;
} | {
  kind: "contract_end";
  /** So many months before the last day of a contract that still runs; 0: on that day. */
  monthsBefore: number;
  /** Of these kinds; of any, if left out. */
  contracts?: readonly (string)[];
  /** HH:MM on the wall; 09:00 if left out. */
  at?: string;
} | {
  kind: "inactivity";
  /** So long ago the last order was, of 24 hours each. */
  days: number;
  /** HH:MM on the wall; 09:00 if left out. */
  at?: string;
} | {
  kind: "schedule";
  /** Everybody, if left out. */
  segment?: string;
  /** HH:MM on the wall; 09:00 if left out. */
  at?: string;
  weekdays?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
  dates?: readonly (string)[];
  /** RFC 5545, FREQ=DAILY or coarser. */
  rrule?: string;
  startsOn?: string;
  endsOn?: string;
};

/** What this evaluation alone would have been refused with. */
export type BatchProblem = {
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  errors?: readonly (ProblemError)[];
  requestId: string;
};

/** What a promotion gives; `kind` decides the other fields (see kinds.md). */
export type Benefit = {
  kind: "percent_off";
  target: "item" | "order" | "shipping";
  select?: Selector;
  /** Shipping methods; left out, all. Only with target `shipping`. */
  methods?: readonly (string)[];
  /** Above 0, at most 100, with at most four decimals. */
  percent: number;
  /** The most the benefit takes off. */
  maxAmount?: MoneyMap;
  /** At most this many units; units that cost nothing are not counted. */
  maxUnits?: number;
  /** Which units when `maxUnits` is set: `dearest` (default) or `cheapest`. */
  pick?: "cheapest" | "dearest";
  /** `list`: of the price in the cart before any promotion. */
  basis: "running" | "list";
} | {
  kind: "amount_off";
  target: "item" | "order" | "shipping";
  select?: Selector;
  /** Shipping methods; left out, all. Only with target `shipping`. */
  methods?: readonly (string)[];
  amount: MoneyMap;
  per: "unit" | "line" | "order";
  /** Repeats the benefit for every such amount or quantity of goods. */
  every?: {
    amount: MoneyMap;
  } | {
    quantity: number;
  };
  maxTimes?: number;
  /** At most this many units; units that cost nothing are not counted. */
  maxUnits?: number;
  /** Which units when `maxUnits` is set: `dearest` (default) or `cheapest`. */
  pick?: "cheapest" | "dearest";
} | {
  kind: "fixed_price";
  target: "item" | "shipping";
  select?: Selector;
  /** Shipping methods; left out, all. Only with target `shipping`. */
  methods?: readonly (string)[];
  price: MoneyMap;
  /** At most this many units; units that cost nothing are not counted. */
  maxUnits?: number;
  /** Which units when `maxUnits` is set: `dearest` (default) or `cheapest`. */
  pick?: "cheapest" | "dearest";
} | {
  kind: "tiered";
  target: "item" | "order";
  select?: Selector;
  by: "amount" | "quantity";
  mode: "volume" | "graduated";
  /** Rising. `from` is a money map (by amount) or a count (by quantity); it is inclusive. Below the first tier nothing applies. */
  tiers: readonly ({
    from: MoneyMap | number;
    benefit: {
      kind: "percent_off";
      percent: number;
      maxAmount?: MoneyMap;
    } | {
      kind: "amount_off";
      amount: MoneyMap;
      per: "unit" | "order";
    } | {
      kind: "fixed_price";
      price: MoneyMap;
    };
  })[];
} | {
  kind: "bundle";
  components: readonly ({
    select?: Selector;
    quantity: number;
  })[];
  /** What one bundle costs. */
  price?: MoneyMap;
  percent?: number;
  /** What one bundle saves. */
  amount?: MoneyMap;
  maxTimes?: number;
  /** Every unit of a bundle is a target, so both mean the same here. */
  allocate: "all" | "target";
} | {
  kind: "buy_x_get_y";
  buy: {
    select?: Selector;
    quantity: number;
  };
  get: {
    select?: Selector;
    quantity: number;
  };
  percent: number;
  /** Which eligible units are reduced. */
  pick: "cheapest" | "dearest";
  maxTimes?: number;
  /** `all`: the discount lies on bought and got units alike, so a returned one carries its share. */
  allocate: "all" | "target";
} | {
  kind: "nth_unit";
  select?: Selector;
  n: number;
  percent: number;
  maxTimes?: number;
} | {
  kind: "gift";
  sku?: string;
  /** The customer picks one. */
  choices?: readonly (string)[];
  quantity: number;
  /** Repeats the benefit for every such amount or quantity of goods. */
  every?: {
    amount: MoneyMap;
  } | {
    quantity: number;
  };
  maxTimes?: number;
  /** How many units the promotion has to give. */
  stock?: number;
  /** What one unit is worth. */
  value?: MoneyMap;
  /** What one unit costs you: a cost of the campaign from then on, and in no quote. */
  unitCost?: MoneyMap;
} | {
  kind: "free_shipping";
  /** Shipping methods; left out, all. Only with target `shipping`. */
  methods?: readonly (string)[];
  maxAmount?: MoneyMap;
} | {
  kind: "points";
  fixed?: number;
  /** One point for each such amount. */
  perAmount?: MoneyMap;
  multiplier?: number;
  /** Which currency of points; left out, `points`. */
  programme?: string;
} | {
  kind: "issue_coupon";
  /** The key of the coupon pool. */
  pool: string;
  to: "customer" | "referrer";
  /** ISO 8601 duration, such as P30D; days and months by the project's time zone. */
  validFor?: string;
} | {
  kind: "deposit";
  paid: MoneyMap;
  worth: MoneyMap;
  select?: Selector;
} | {
  kind: "service";
  name: string;
  quota?: number;
  value?: MoneyMap;
  /** What it costs you each time: a cost of the campaign from then on, and in no quote. */
  unitCost?: MoneyMap;
};

/** What a promotion gives; `kind` decides the other fields (see kinds.md). */
export type BenefitInput = {
  kind: "percent_off";
  target?: "item" | "order" | "shipping";
  select?: Selector;
  /** Shipping methods; left out, all. Only with target `shipping`. */
  methods?: readonly (string)[];
  /** Above 0, at most 100, with at most four decimals. */
  percent: number;
  /** The most the benefit takes off. */
  maxAmount?: MoneyMap;
  /** At most this many units; units that cost nothing are not counted. */
  maxUnits?: number;
  /** Which units when `maxUnits` is set: `dearest` (default) or `cheapest`. */
  pick?: "cheapest" | "dearest";
  /** `list`: of the price in the cart before any promotion. */
  basis?: "running" | "list";
} | {
  kind: "amount_off";
  target?: "item" | "order" | "shipping";
  select?: Selector;
  /** Shipping methods; left out, all. Only with target `shipping`. */
  methods?: readonly (string)[];
  amount: MoneyMap;
  per?: "unit" | "line" | "order";
  /** Repeats the benefit for every such amount or quantity of goods. */
  every?: {
    amount: MoneyMap;
  } | {
    quantity: number;
  };
  maxTimes?: number;
  /** At most this many units; units that cost nothing are not counted. */
  maxUnits?: number;
  /** Which units when `maxUnits` is set: `dearest` (default) or `cheapest`. */
  pick?: "cheapest" | "dearest";
} | {
  kind: "fixed_price";
  target?: "item" | "shipping";
  select?: Selector;
  /** Shipping methods; left out, all. Only with target `shipping`. */
  methods?: readonly (string)[];
  price: MoneyMap;
  /** At most this many units; units that cost nothing are not counted. */
  maxUnits?: number;
  /** Which units when `maxUnits` is set: `dearest` (default) or `cheapest`. */
  pick?: "cheapest" | "dearest";
} | {
  kind: "tiered";
  target?: "item" | "order";
  select?: Selector;
  by: "amount" | "quantity";
  mode?: "volume" | "graduated";
  /** Rising. `from` is a money map (by amount) or a count (by quantity); it is inclusive. Below the first tier nothing applies. */
  tiers: readonly ({
    from: MoneyMap | number;
    benefit: {
      kind: "percent_off";
      percent: number;
      maxAmount?: MoneyMap;
    } | {
      kind: "amount_off";
      amount: MoneyMap;
      per?: "unit" | "order";
    } | {
      kind: "fixed_price";
      price: MoneyMap;
    };
  })[];
} | {
  kind: "bundle";
  components: readonly ({
    select?: Selector;
    quantity: number;
  })[];
  /** What one bundle costs. */
  price?: MoneyMap;
  percent?: number;
  /** What one bundle saves. */
  amount?: MoneyMap;
  maxTimes?: number;
  /** Every unit of a bundle is a target, so both mean the same here. */
  allocate?: "all" | "target";
} | {
  kind: "buy_x_get_y";
  buy: {
    select?: Selector;
    quantity: number;
  };
  get: {
    select?: Selector;
    quantity: number;
  };
  percent?: number;
  /** Which eligible units are reduced. */
  pick?: "cheapest" | "dearest";
  maxTimes?: number;
  /** `all`: the discount lies on bought and got units alike, so a returned one carries its share. */
  allocate?: "all" | "target";
} | {
  kind: "nth_unit";
  select?: Selector;
  n: number;
  percent: number;
  maxTimes?: number;
} | {
  kind: "gift";
  sku?: string;
  /** The customer picks one. */
  choices?: readonly (string)[];
  quantity?: number;
  /** Repeats the benefit for every such amount or quantity of goods. */
  every?: {
    amount: MoneyMap;
  } | {
    quantity: number;
  };
  maxTimes?: number;
  /** How many units the promotion has to give. */
  stock?: number;
  /** What one unit is worth. */
  value?: MoneyMap;
  /** What one unit costs you: a cost of the campaign from then on, and in no quote. */
  unitCost?: MoneyMap;
} | {
  kind: "free_shipping";
  /** Shipping methods; left out, all. Only with target `shipping`. */
  methods?: readonly (string)[];
  maxAmount?: MoneyMap;
} | {
  kind: "points";
  fixed?: number;
  /** One point for each such amount. */
  perAmount?: MoneyMap;
  multiplier?: number;
  /** Which currency of points; left out, `points`. */
  programme?: string;
} | {
  kind: "issue_coupon";
  /** The key of the coupon pool. */
  pool: string;
  to?: "customer" | "referrer";
  /** ISO 8601 duration, such as P30D; days and months by the project's time zone. */
  validFor?: string;
} | {
  kind: "deposit";
  paid: MoneyMap;
  worth: MoneyMap;
  select?: Selector;
} | {
  kind: "service";
  name: string;
  quota?: number;
  value?: MoneyMap;
  /** What it costs you each time: a cost of the campaign from then on, and in no quote. */
  unitCost?: MoneyMap;
};

export type BreakdownBy = "channel" | "segment" | "sku";

export type BreakdownFigures = {
  /** In which a promotion of the campaign applied, less those returned whole. By SKU: in which it was sold and kept; an order of several is in each. */
  orders: number;
  /** Sold and kept. */
  units: number;
  /** Units given as gifts and kept, of a SKU; else null. */
  gifts: number | null;
  /** What was paid, less refunds. Of a SKU: for the units that were kept. */
  revenue: number;
  /** What the campaign's promotions took off, to the cent as it was on each line. */
  discountCost: number;
  /** Minor units. */
  giftCost: number;
  /** Units of gifts and services of which nobody said what they cost. */
  uncostedGifts: number;
  /** Its part of the cost entries: those that name its channel, where it is by channel; all others by revenue, to the cent (largest remainder), as they belong to no customer and no SKU. */
  enteredCost: number;
  /** Discounts, gifts and entered costs. */
  cost: number;
  /** (revenue − cost) ÷ cost. Null where it cost nothing. */
  roi: number | null;
  /** Null by SKU: a customer is new with a whole order. */
  newCustomers: number | null;
  /** Cost ÷ new customers, in minor units. */
  acquisitionCost: number | null;
  margin: CampaignMargin;
};

export type BreakdownRow = {
  /** In which a promotion of the campaign applied, less those returned whole. By SKU: in which it was sold and kept; an order of several is in each. */
  orders: number;
  /** Sold and kept. */
  units: number;
  /** Units given as gifts and kept, of a SKU; else null. */
  gifts: number | null;
  /** What was paid, less refunds. Of a SKU: for the units that were kept. */
  revenue: number;
  /** What the campaign's promotions took off, to the cent as it was on each line. */
  discountCost: number;
  /** Minor units. */
  giftCost: number;
  /** Units of gifts and services of which nobody said what they cost. */
  uncostedGifts: number;
  /** Its part of the cost entries: those that name its channel, where it is by channel; all others by revenue, to the cent (largest remainder), as they belong to no customer and no SKU. */
  enteredCost: number;
  /** Discounts, gifts and entered costs. */
  cost: number;
  /** (revenue − cost) ÷ cost. Null where it cost nothing. */
  roi: number | null;
  /** Null by SKU: a customer is new with a whole order. */
  newCustomers: number | null;
  /** Cost ÷ new customers, in minor units. */
  acquisitionCost: number | null;
  margin: CampaignMargin;
  /** The channel, the key of the segment, or the SKU. Null: no channel was told; customers whom nobody knows or who are in no segment; what belongs to no SKU, as shipping, taxes, services and refunds of no line. */
  name: string | null;
};

export type BrokenOrderRule = {
  /** The key of the price list whose rule it is. */
  list: string;
  rule: OrderRule;
  sku: string | null;
  /** The least that would do: minor units for `amount`, else units. */
  required: number;
  actual: number;
  gap: number;
};

export type Budget = {
  amount: MoneyMap;
  /** What happens to the discount that the rest of the budget does not cover. */
  atEdge: "refuse" | "partial";
};

/** `from` and `to`: the amounts between which it may be moved. */
export type BudgetElement = {
  name: string;
  percent: number;
  amount: number;
  from: number;
  to: number;
};

export type BudgetInput = {
  amount: MoneyMap;
  /** What happens to the discount that the rest of the budget does not cover. */
  atEdge?: "refuse" | "partial";
};

export type BudgetShare = {
  name: string;
  percent: number;
  amount: number;
};

export type Campaign = {
  /** What promotions and tracked events name as their `campaign`; unique in the project. */
  key: string;
  name: string;
  startsAt: string;
  /** It ends before this instant. */
  endsAt: string;
  /** In which its days are told; the project's, if left out. */
  timezone?: TimeZone;
  /** Where it runs. Whatever else is sold elsewhere by its promotions is counted all the same. */
  channels?: readonly (string)[];
  goals: readonly (CampaignGoal)[];
  budget?: CampaignBudget;
  /** With whom the others are compared. Raising it moves nobody out of it. */
  holdout?: CampaignHoldout;
  /** Of whom it is noted that they met it; everybody, if left out. Only they are measured. */
  exposures?: CampaignExposures;
  guards?: CampaignGuards;
  /** Its promotions may give the same goods other prices in other channels, stores or regions; else its launch check fails on it (`channel_prices`). */
  allowChannelPrices?: boolean;
  /** Its promotions come into force only as they were in the latest check, passed and young enough (`launch-check-required`). */
  launchCheck?: CampaignLaunchCheck;
  status: CampaignStatus;
  /** Of the budget; null without one. */
  unallocated: CampaignUnallocated | null;
  /** The ETag, as `If-Match` wants it. */
  version: number;
  createdAt: string;
  updatedAt: string;
};

export type CampaignAlert = {
  code: CampaignAlertCode;
  severity: CampaignAlertSeverity;
  /** A metric, a promotion's key, or `campaign`. */
  subject: string;
  message: string;
  actual: number | null;
  /** What it is held against. */
  threshold: number | null;
};

/** `goal_behind`: less than the time that has passed asks for. `conversion_low`: under 0.7 × the goal. `roi_low`: under 0.8 × the goal. `…nearly_spent`: four fifths are gone. `promotion_exhausted`: no uses or no budget left. `cost_unknown`: of part of the goods nobody said what they cost. `gifts_not_in_cost`: points or coupons were given, or gifts or services of which nobody said what they cost (`uncostedSkus`): more than `cost` says, and ROI has it. `visits_unknown`: orders, but no `view` events. `few_orders`: under 100, by which nothing is decided yet. */
export type CampaignAlertCode = "goal_behind" | "conversion_low" | "roi_low" | "budget_nearly_spent" | "budget_spent" | "promotion_budget_nearly_spent" | "promotion_exhausted" | "cost_unknown" | "gifts_not_in_cost" | "visits_unknown" | "few_orders";

export type CampaignAlertSeverity = "info" | "warning" | "critical";

export type CampaignAttainment = {
  metric: CampaignMetric;
  target: number;
  /** Of amounts and of ROI; null for what is counted. */
  currency: CurrencyCode | null;
  /** When it is to be reached. Where that is before the campaign's end, what comes after it does not count. */
  by: string;
  /** In the same unit as the target; null where it cannot be told, as conversion without visits. */
  actual: number | null;
  /** actual ÷ target × 100, to two decimals. */
  percent: number | null;
  /** What should be there by now: of what adds up, the target's share of the time that has passed; of ratios and averages the target itself. */
  expected: number;
  /** actual ≥ expected. Null before the campaign begins, and where `actual` is. */
  isOnTrack: boolean | null;
  isReached: boolean;
};

export type CampaignAttainments = {
  /** What promotions and tracked events name as their `campaign`; unique in the project. */
  campaign: string;
  asOf: string;
  /** How much of the campaign's time has passed, 0 to 1. */
  elapsed: number;
  goals: readonly (CampaignAttainment)[];
};

export type CampaignAttribution = {
  campaign: string;
  currency: string;
  /** Of customers who were touched in the window before. */
  orders: number;
  /** Minor units. */
  revenue: number;
  /** The largest by last touch first. */
  channels: readonly (AttributedChannel)[];
};

/** All that there is to watch of a campaign: whatever its promotions sold and whatever was entered for it, bills and payments after its end included; of visits those between its dates. It is counted by quarter hours, those at the borders whole. About a second behind the orders. */
export type CampaignBoard = {
  /** What promotions and tracked events name as their `campaign`; unique in the project. */
  campaign: string;
  name: string;
  status: CampaignBoardStatus;
  asOf: string;
  startsAt: string;
  endsAt: string;
  /** In which days are told. */
  timezone: string;
  /** How much of the campaign's time has passed, 0 to 1. */
  elapsed: number;
  /** Of all amounts: the budget's, else the first goal's, else that of most orders; null where there is none of these. */
  currency: CurrencyCode | null;
  /** What was sold in others. Nothing is converted: it is in no figure here. */
  otherCurrencies: readonly (CampaignOtherCurrency)[];
  /** All that it may cost; null without one. */
  budget: number | null;
  /** Less discounts, gifts and cost entries; below zero where it is exceeded. */
  budgetLeft: number | null;
  /** What was planned and spent by element and hidden cost of the budget. Stages are a plan alone: no cost entry names one. */
  elements: readonly (CampaignElement)[];
  /** Of the campaign as a whole, each order once. */
  figures: CampaignFigures;
  goals: readonly (CampaignAttainment)[];
  /** The largest GMV first; at most 100. */
  channels: readonly (CampaignBoardChannel)[];
  /** The largest discount first; at most 200. */
  promotions: readonly (CampaignBoardPromotion)[];
  /** Gifts of which nobody said what they cost, by SKU; at most 100. Services have none. */
  uncostedSkus: readonly (string)[];
  /** By hours where the campaign takes up to three days, else by its days; at most the last 400. What came back counts where it was sold. */
  timeline: readonly (CampaignBoardPoint)[];
  /** The gravest first. */
  alerts: readonly (CampaignAlert)[];
};

export type CampaignBoardChannel = {
  /** Tracked events `view` that name the campaign. */
  visits: number;
  /** In which a promotion of the campaign applied, less those returned whole. */
  orders: number;
  /** Goods of these orders, less those returned. */
  units: number;
  unitsPerOrder: number | null;
  /** What was paid for these orders, less what was refunded, in minor units. */
  gmv: number;
  /** GMV is never told without it. */
  margin: CampaignMargin;
  /** Minor units. */
  refunded: number;
  /** GMV ÷ orders, in minor units. */
  averageOrderValue: number | null;
  /** Orders of all currencies ÷ visits, 0 to 1; null without visits. */
  conversion: number | null;
  /** What the campaign's promotions took off goods that were kept, in minor units. */
  discountCost: number;
  /** What their gifts and services are said to be worth to customers. In no cost. */
  giftValue: number;
  /** What the gifts and services cost that were given and kept: as the order's line of the gift says (`unitCost`), else the promotion's benefit, by the version that priced the order. */
  giftCost: number;
  /** Units of gifts and services of which neither says what they cost. */
  uncostedGifts: number;
  /** The cost entries, in minor units. */
  otherCosts: number;
  /** Discounts, gifts and cost entries, in minor units. */
  cost: number;
  /** (GMV − cost) ÷ cost: 3.2 is 1 : 3.2. Null where there was no cost. */
  roi: number | null;
  /** Whose first paid order it was. */
  newCustomers: number;
  /** Whose last paid order was more than 90 days before. */
  winBacks: number;
  /** Cost ÷ new customers, in minor units; null without any. */
  acquisitionCost: number | null;
  /** Units that the campaign's promotions discounted or gave away. */
  promotedUnits: number;
  /** Null: none was told. Cost entries without a channel are in the whole alone. */
  channel: string | null;
};

export type CampaignBoardPoint = {
  from: string;
  visits: number;
  orders: number;
  /** Minor units. */
  gmv: number;
  /** Minor units. */
  discountCost: number;
};

export type CampaignBoardPromotion = {
  /** Its key. */
  promotion: string;
  name: string | null;
  /** `moved`: it is not in this campaign any more; what it sold while it was still counts. */
  status: CampaignPromotionStatus;
  /** In which it applied. Several may apply to one order, so promotions do not add up to the campaign. */
  orders: number;
  /** What was paid for these orders, less refunds, in minor units. */
  gmv: number;
  /** What it took off, in minor units. Of promotions this does add up. */
  discountCost: number;
  /** It gives gifts, services, points or coupons. */
  givesAway: boolean;
  /** It gave points or coupons, which are in no cost here, or gifts or services of which nobody said what they cost. */
  hasUnknownCost: boolean;
  /** Null: as often as wanted. */
  usesLeft: number | null;
  /** In the board's currency; null without one. */
  budget: number | null;
  budgetLeft: number | null;
  /** When the last quarter of an hour began in which it applied to an order. */
  lastSoldAt: string | null;
};

export type CampaignBoardStatus = "planned" | "running" | "over" | "archived";

export type CampaignBreakdown = {
  campaign: string;
  currency: string;
  by: BreakdownBy;
  /** Of the campaign, each order once: as on its board. */
  whole: BreakdownFigures;
  /** The largest revenue first. */
  rows: readonly (BreakdownRow)[];
  /** Of all rows after `limit` together, by segment without those whom a row has. Null: there are none. */
  others: BreakdownFigures | null;
  /** Orders of customers in several segments, which are in the row of each: rows add up to more than the whole by them. 0: rows and `others` add up to the whole, to the cent. */
  inSeveral: number;
  cautions: readonly (Caution)[];
};

/** Elements and hidden costs together, and stages by themselves, may not exceed the whole (`budget_exceeded`). */
export type CampaignBudget = {
  currency: CurrencyCode;
  /** All that the campaign may cost: discounts, advertising, service, hidden costs. */
  amount: MinorUnits;
  /** What it is spent on, such as discounts, advertising, service. Cost entries name an element. */
  elements?: readonly (CampaignBudgetPart)[];
  /** What is easily forgotten, such as packaging, returns, overtime; part of the budget as well. */
  hiddenCosts?: readonly (CampaignBudgetPart)[];
  /** The same money by the stage of customers' life: new, repeat, dormant, brand. */
  stages?: readonly (CampaignBudgetPart)[];
};

export type CampaignBudgetPart = {
  name: string;
  amount: MinorUnits;
};

/** What a rule concluded from the figures. A hint where to look, and no proof. */
export type CampaignCause = {
  code: CampaignCauseCode;
  message: string;
  /** The figures it was concluded from. */
  evidence: { readonly [key: string]: number | string };
};

export type CampaignCauseCode = "few_visits" | "channel_conversion_low" | "promotion_exhausted" | "many_returns" | "cost_share_above_goal" | "element_over_plan" | "channel_below_goal" | "mostly_known_customers" | "small_orders" | "cost_unknown" | "gifts_not_in_cost" | "visits_unknown" | "few_orders";

export type CampaignCost = {
  /** Your own; the same entry sent again counts once, another one under the same id is refused. */
  id: string;
  /** What it was spent on: an element of the budget, or any other. */
  element: string;
  /** Minor units. Below zero it corrects an earlier one: entries are never changed. */
  amount: number;
  currency: CurrencyCode;
  /** When it was spent. */
  at: string;
  note?: string;
  /** For which it was spent; left out, for the campaign as a whole. */
  channel?: string;
  createdAt: string;
  /** The id of the API key. */
  createdBy: string;
};

export type CampaignCostEntry = {
  /** Your own; the same entry sent again counts once, another one under the same id is refused. */
  id: string;
  /** What it was spent on: an element of the budget, or any other. */
  element: string;
  /** Minor units. Below zero it corrects an earlier one: entries are never changed. */
  amount: number;
  currency: CurrencyCode;
  /** When it was spent. */
  at: string;
  note?: string;
  /** For which it was spent; left out, for the campaign as a whole. */
  channel?: string;
};

export type CampaignCostPage = {
  items: readonly (CampaignCost)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

/** All discounts of the campaign's promotions together, reserved ones included. A promotion that would take more than is left does not apply (`campaign_budget_exhausted`). In a currency that it does not name nothing is given. What returns bring back is not given away again. What was given before the campaign was entered is not known. */
export type CampaignDiscountCap = {
  amount: MoneyMap;
  /** Of `amount`, how much may really be given away. */
  percent: number;
};

/** All discounts of the campaign's promotions together, reserved ones included. A promotion that would take more than is left does not apply (`campaign_budget_exhausted`). In a currency that it does not name nothing is given. What returns bring back is not given away again. What was given before the campaign was entered is not known. */
export type CampaignDiscountCapInput = {
  amount: MoneyMap;
  /** Of `amount`, how much may really be given away. */
  percent?: number;
};

export type CampaignDocument = {
  /** What promotions and tracked events name as their `campaign`; unique in the project. */
  key: string;
  name: string;
  startsAt: string;
  /** It ends before this instant. */
  endsAt: string;
  /** In which its days are told; the project's, if left out. */
  timezone?: TimeZone;
  /** Where it runs. Whatever else is sold elsewhere by its promotions is counted all the same. */
  channels?: readonly (string)[];
  goals?: readonly (CampaignGoal)[];
  budget?: CampaignBudget;
  /** With whom the others are compared. Raising it moves nobody out of it. */
  holdout?: CampaignHoldout;
  /** Of whom it is noted that they met it; everybody, if left out. Only they are measured. */
  exposures?: CampaignExposuresInput;
  guards?: CampaignGuardsInput;
  /** Its promotions may give the same goods other prices in other channels, stores or regions; else its launch check fails on it (`channel_prices`). */
  allowChannelPrices?: boolean;
  /** Its promotions come into force only as they were in the latest check, passed and young enough (`launch-check-required`). */
  launchCheck?: CampaignLaunchCheckInput;
};

export type CampaignElement = {
  /** Of the budget, of cost entries, or `discounts`: what promotions took off; or `gifts`: what it cost that they gave. */
  name: string;
  /** Minor units; null: no element of the budget has this name. */
  planned: number | null;
  /** Minor units. */
  spent: number;
};

export type CampaignExposures = {
  /** Of the customers, by chance. */
  samplePercent: number;
};

export type CampaignExposuresInput = {
  /** Of the customers, by chance. */
  samplePercent?: number;
};

export type CampaignFigures = {
  /** Tracked events `view` that name the campaign. */
  visits: number;
  /** In which a promotion of the campaign applied, less those returned whole. */
  orders: number;
  /** Goods of these orders, less those returned. */
  units: number;
  unitsPerOrder: number | null;
  /** What was paid for these orders, less what was refunded, in minor units. */
  gmv: number;
  /** GMV is never told without it. */
  margin: CampaignMargin;
  /** Minor units. */
  refunded: number;
  /** GMV ÷ orders, in minor units. */
  averageOrderValue: number | null;
  /** Orders of all currencies ÷ visits, 0 to 1; null without visits. */
  conversion: number | null;
  /** What the campaign's promotions took off goods that were kept, in minor units. */
  discountCost: number;
  /** What their gifts and services are said to be worth to customers. In no cost. */
  giftValue: number;
  /** What the gifts and services cost that were given and kept: as the order's line of the gift says (`unitCost`), else the promotion's benefit, by the version that priced the order. */
  giftCost: number;
  /** Units of gifts and services of which neither says what they cost. */
  uncostedGifts: number;
  /** The cost entries, in minor units. */
  otherCosts: number;
  /** Discounts, gifts and cost entries, in minor units. */
  cost: number;
  /** (GMV − cost) ÷ cost: 3.2 is 1 : 3.2. Null where there was no cost. */
  roi: number | null;
  /** Whose first paid order it was. */
  newCustomers: number;
  /** Whose last paid order was more than 90 days before. */
  winBacks: number;
  /** Cost ÷ new customers, in minor units; null without any. */
  acquisitionCost: number | null;
  /** Units that the campaign's promotions discounted or gave away. */
  promotedUnits: number;
};

export type CampaignFiveWhys = {
  /** The goal that it is about; its action then stands in the table. */
  metric?: CampaignMetric;
  problem: string;
  /** Each asks why the one before was so. */
  whys: readonly (string)[];
  /** What is done about the last one. */
  action?: string;
};

/** In how many orders of one customer any of its promotions may apply (`campaign_limit_reached`). Without a customer none does. */
export type CampaignFrequencyCap = {
  orders: number;
  /** By the clock of the campaign's zone; left out, in the whole campaign. */
  period?: "day" | "week" | "month";
};

export type CampaignGoal = {
  metric: CampaignMetric;
  /** The number to be reached, without which a goal is refused (`goal_without_number`): minor units, a count, or a ratio, as its metric has it. */
  target?: number;
  /** Of `gmv`, `averageOrderValue` and `roi`; the budget's, if left out. */
  currency?: CurrencyCode;
  /** When it is to be reached; `endsAt` if left out. */
  by?: string;
};

/** Exact under any concurrency, as limits of promotions are. */
export type CampaignGuards = {
  discounts?: CampaignDiscountCap;
  perCustomer?: CampaignFrequencyCap;
  /** Where none of its promotions applies for now (`campaign_paused`). */
  pausedChannels?: readonly (string)[];
};

/** Exact under any concurrency, as limits of promotions are. */
export type CampaignGuardsInput = {
  discounts?: CampaignDiscountCapInput;
  perCustomer?: CampaignFrequencyCap;
  /** Where none of its promotions applies for now (`campaign_paused`). */
  pausedChannels?: readonly (string)[];
};

export type CampaignHoldout = {
  /** Of the customers, chosen by chance and for good: they get none of its promotions (`held_out`). */
  percent: number;
};

export type CampaignKeyFigures = {
  currency: CurrencyCode | null;
  figures: CampaignFigures;
  goals: readonly (CampaignAttainment)[];
};

export type CampaignKnowledge = {
  /** Such as `launch`, `clearance`, `member day`. */
  type: string;
  audience: string;
  strategy: string;
  successFactors: readonly (string)[];
  risks: readonly (string)[];
  tags: readonly (string)[];
};

export type CampaignKnowledgeEntry = {
  /** Such as `launch`, `clearance`, `member day`. */
  type: string;
  audience: string;
  strategy: string;
  successFactors: readonly (string)[];
  risks: readonly (string)[];
  tags: readonly (string)[];
  /** What promotions and tracked events name as their `campaign`; unique in the project. */
  campaign: string;
  name: string;
  /** As they were when the entry was written. */
  keyFigures: CampaignKeyFigures;
  updatedAt: string;
};

export type CampaignKnowledgeInput = {
  /** Such as `launch`, `clearance`, `member day`. */
  type: string;
  audience: string;
  strategy: string;
  successFactors?: readonly (string)[];
  risks?: readonly (string)[];
  tags?: readonly (string)[];
};

export type CampaignKnowledgePage = {
  items: readonly (CampaignKnowledgeEntry)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type CampaignLaunchCheck = {
  /** How young the check must be. */
  withinHours: number;
};

export type CampaignLaunchCheckInput = {
  /** How young the check must be. */
  withinHours?: number;
};

export type CampaignMargin = {
  /** Of what was paid for goods, the share whose cost is known (`unitCost` of orders and carts), 0 to 1. Below 1 the margin is that of this share only. Null while nothing is sold. */
  knownShare: number | null;
  /** What was paid for goods of known cost, less that cost, in minor units; null where no cost is known. */
  amount: number | null;
  /** The same in percent of what was paid for them. */
  grossPercent: number | null;
  /** GMV less goods, gifts and other costs, in percent of GMV (discounts are off GMV already); null unless all costs of goods are known. */
  netPercent: number | null;
};

export type CampaignMeasurement = {
  campaign: string;
  currency: string;
  from: string;
  /** The campaign's end, or now. */
  to: string;
  isOver: boolean;
  returns: MeasuredReturns;
  /** Of those of whom it is noted that they met the campaign. */
  arms: readonly (MeasuredArm)[];
  /** Treatment against holdout. Null: one of them is empty. */
  comparison: ArmComparison | null;
  /** Null while it runs. */
  dip: PostPromotionDip | null;
  /** By the channel in which customers first met it. */
  channels: readonly (MeasuredGroup)[];
  /** By the segments they are in now. A customer may be in several. */
  segments: readonly (MeasuredGroup)[];
  /** Those that brought most; at most 50. */
  skus: readonly (MeasuredSku)[];
  /** All sales of the project, and those of the same dates of the year before. */
  lastYear: LastYear;
  looks: MeasurementLooks;
  cautions: readonly (Caution)[];
};

/** `gmv`: what was paid for orders in which a promotion of the campaign applied, less what was refunded, in minor units. `orders`: how many of them were not returned whole. `units`: their goods, less those returned. `newCustomers`: of them, those who had paid no order before. `winBacks`: those whose last paid order was more than 90 days before. `roi`: (revenue − cost) ÷ cost, so 3.2 is 1 : 3.2. `conversion`: orders per visit, 0 to 1. `averageOrderValue`: in minor units. `stockUnits`: units that the campaign's promotions discounted or gave away. */
export type CampaignMetric = "gmv" | "orders" | "units" | "newCustomers" | "winBacks" | "roi" | "conversion" | "averageOrderValue" | "stockUnits";

export type CampaignOtherCurrency = {
  currency: CurrencyCode;
  orders: number;
  /** Minor units. */
  gmv: number;
};

export type CampaignPage = {
  items: readonly (Campaign)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type CampaignPromotionStatus = "draft" | "scheduled" | "active" | "paused" | "ended" | "archived" | "moved";

export type CampaignReturns = {
  /** 1 is a hundred percent. Null: it cost nothing. */
  roi: number | null;
  incrementalRevenue: number | null;
  /** The same, of what was added alone. */
  incrementalRoi: number | null;
  /** Minor units for each new customer. */
  acquisitionCost: number | null;
  /** Percent. */
  grossMargin: number | null;
  /** Percent. */
  netMargin: number | null;
};

export type CampaignReturnsAnswer = {
  formula: string;
  source: string;
  inputs: CampaignReturnsQuestion;
  result: CampaignReturns;
  cautions: readonly (Caution)[];
};

export type CampaignReturnsQuestion = {
  /** Minor units, as are the others. */
  revenue: number;
  /** Of the promotion: discounts, advertising, service, hidden costs. */
  cost: number;
  goodsCost?: number;
  /** Of the holdout, or of the same period last year, at the same size. */
  revenueWithout?: number;
  orders?: number;
  newCustomers?: number;
};

export type CampaignReview = {
  /** What promotions and tracked events name as their `campaign`; unique in the project. */
  campaign: string;
  name: string;
  asOf: string;
  /** False: it is still running, and the figures will change. */
  isOver: boolean;
  currency: CurrencyCode | null;
  figures: CampaignFigures;
  /** What was planned and spent by element and hidden cost of the budget. Stages are a plan alone: no cost entry names one. */
  elements: readonly (CampaignElement)[];
  rows: readonly (CampaignReviewRow)[];
  notes: CampaignReviewNotes;
  /** Of the notes: the ETag, as `If-Match` wants it. 0: none are written yet. */
  version: number;
};

export type CampaignReviewNotes = {
  fiveWhys: readonly (CampaignFiveWhys)[];
  /** What to know of it next time: found by `GET /v1/campaign-knowledge`. */
  knowledge?: CampaignKnowledge;
};

export type CampaignReviewNotesInput = {
  fiveWhys?: readonly (CampaignFiveWhys)[];
  /** What to know of it next time: found by `GET /v1/campaign-knowledge`. */
  knowledge?: CampaignKnowledgeInput;
};

export type CampaignReviewRow = {
  metric: CampaignMetric;
  target: number;
  /** Of amounts and of ROI; null for what is counted. */
  currency: CurrencyCode | null;
  /** When it is to be reached. Where that is before the campaign's end, what comes after it does not count. */
  by: string;
  /** In the same unit as the target; null where it cannot be told, as conversion without visits. */
  actual: number | null;
  /** actual ÷ target × 100, to two decimals. */
  percent: number | null;
  /** What should be there by now: of what adds up, the target's share of the time that has passed; of ratios and averages the target itself. */
  expected: number;
  /** actual ≥ expected. Null before the campaign begins, and where `actual` is. */
  isOnTrack: boolean | null;
  isReached: boolean;
  /** actual − target; below zero is missing. */
  gap: number | null;
  /** Of goals that were not reached. */
  causes: readonly (CampaignCause)[];
  /** As the five whys have it, else what follows from the first cause. */
  action: string;
};

/** By its dates, unless it is archived. What is in force says the status of its promotions. */
export type CampaignStatus = "planned" | "running" | "over" | "archived";

export type CampaignUnallocated = {
  /** The budget less elements and hidden costs. */
  byElement: MinorUnits;
  /** The budget less stages. */
  byStage: MinorUnits;
};

export type CannibalisedPromotion = {
  promotion: string;
  /** Orders in which it no longer applies. */
  displaced: number;
  /** Orders in which it takes off less. */
  lessened: number;
  /** What it takes off less, in all. */
  lost: MinorUnits;
};

export type CartCustomer = {
  id?: string;
  groups?: readonly (string)[];
  tags?: readonly (string)[];
  attributes?: Attributes;
  facts?: CustomerFacts;
};

export type CartLine = {
  /** Names the line in the answer; unique in the cart. */
  id: string;
  sku: string;
  product?: string;
  categories?: readonly (string)[];
  brand?: string;
  tags?: readonly (string)[];
  /** Units. Weighed goods are one unit whose price is the price of the piece. */
  quantity: number;
  unitPrice: MinorUnits;
  /** What the unit costs without any sale; `unitPrice` if left out. */
  listPrice?: MinorUnits;
  /** The unit counts as discounted already, whatever its prices say. */
  onSale?: boolean;
  unitCost?: MinorUnits;
  /** No combination of promotions sells the unit below this. */
  minUnitPrice?: MinorUnits;
  attributes?: Attributes;
};

export type CartToValidate = {
  currency: CurrencyCode;
  channel?: string;
  store?: string;
  region?: string;
  country?: string;
  paymentMethod?: string;
  /** The dealer who buys, or sells, by the id of their account. Left out: nobody's, as in a shop. */
  dealer?: string;
  customer?: CartCustomer;
  /** Price lists that are meant for the customer or dealer set the unit prices, unless this is false: then the cart is priced at its own. */
  priceLists?: boolean;
  lines: readonly (CartLine)[];
  shipping?: readonly (Shipment)[];
  deposits?: readonly (DepositClaim)[];
  identifiers?: Identifiers;
  attributes?: Attributes;
  /** Prices the cart as of this instant. Needs the marketing role. */
  at?: string;
  strategy?: Strategy;
  /** Needs the marketing role. */
  rounding?: Rounding;
  /** Percent. Needs the marketing role. */
  marginFloor?: number;
  timezone?: TimeZone;
  locale?: Locale;
  /** `near` (default): codes and near misses; of promotions for which the cart is not worth enough, the 10 that ask for the least. `all`: every promotion that touches the cart, and what forcing it would cost. */
  explain?: Explain;
};

/** One unit of a SKU, on its own. */
export type CatalogItem = {
  sku: string;
  product?: string;
  categories?: readonly (string)[];
  brand?: string;
  tags?: readonly (string)[];
  unitPrice: MinorUnits;
  /** What the unit costs without any sale; `unitPrice` if left out. */
  listPrice?: MinorUnits;
  /** The unit counts as discounted already, whatever its prices say. */
  onSale?: boolean;
  unitCost?: MinorUnits;
  /** No combination of promotions sells the unit below this. */
  minUnitPrice?: MinorUnits;
  attributes?: Attributes;
};

export type CatalogPrice = {
  sku: string;
  unitPrice: MinorUnits;
  listPrice: MinorUnits;
  /** Only where a price list of the shopper's has priced it: `unitPrice` is what was asked. */
  priceList?: LinePrice;
  /** What one unit costs after all promotions that apply to it on its own. */
  price: MinorUnits;
  discount: MinorUnits;
  promotions: readonly (CatalogPromotion)[];
};

export type CatalogPriceRequest = {
  currency: CurrencyCode;
  channel?: string;
  store?: string;
  region?: string;
  country?: string;
  paymentMethod?: string;
  /** The dealer who buys, or sells, by the id of their account. Left out: nobody's, as in a shop. */
  dealer?: string;
  customer?: CartCustomer;
  /** Price lists that are meant for the customer or dealer set the unit prices, unless this is false: then the cart is priced at its own. */
  priceLists?: boolean;
  codes?: readonly (CodeEntry)[];
  identifiers?: Identifiers;
  attributes?: Attributes;
  /** Prices the cart as of this instant. Needs the marketing role. */
  at?: string;
  strategy?: Strategy;
  /** Needs the marketing role. */
  rounding?: Rounding;
  /** Percent. Needs the marketing role. */
  marginFloor?: number;
  timezone?: TimeZone;
  locale?: Locale;
  /** Drafts priced beside the live rules; one replaces the live promotion with its key. Needs the marketing role. */
  promotions?: readonly (PromotionDocumentInput)[];
  /** The drafts instead of the live rules. Needs the marketing role. */
  only?: boolean;
  items: readonly (CatalogItem)[];
};

export type CatalogPrices = {
  /** The version of the rules. */
  rulebook: string;
  at: string;
  currency: CurrencyCode;
  /** The database is away, and `asOf` and `missing` say what that means for this answer; or the project's promotions are stopped. */
  degraded: boolean;
  /** Only while the database is away: when the rules were last known to be the newest. */
  asOf?: string;
  /** Only while the database is away: what could not be had. Promotions that need it were left out, and are told of in `notApplied`. */
  missing?: readonly (Guarantee)[];
  /** In the order of the request. */
  items: readonly (CatalogPrice)[];
};

export type CatalogPromotion = {
  promotion: string;
  label: string;
  amount: MinorUnits;
};

export type Caution = {
  code: string;
  message: string;
};

export type Challenge = {
  name?: string;
  startsAt: string;
  /** What is told later counts at its own time: a challenge may be met after its end by what was done before. */
  endsAt: string;
  goal: ChallengeGoal;
  times: number;
  prize: Prize;
  key: string;
  /** The ETag, as `If-Match` wants it. `*` is whatever is there, also nothing. */
  version: number;
  updatedAt: string;
};

export type ChallengeDocument = {
  name?: string;
  startsAt: string;
  /** What is told later counts at its own time: a challenge may be met after its end by what was done before. */
  endsAt: string;
  goal: ChallengeGoal;
  times: number;
  prize: PrizeInput;
};

/** What is counted: `{"kind": "orders", "minAmount": {"CNY": 5000}}`, paid and not returned; `{"kind": "events", "type": "share", "campaign": "launch"}`; `{"kind": "check_ins", "programme": "daily"}`. */
export type ChallengeGoal = {
  kind: "orders";
  minAmount?: MoneyMap;
} | {
  kind: "events";
  /** What happened: `view`, `click`, `share`, `sign_up`, `check_in`, or a name of your own. Lower case; not `dealwright.…` and not `order`, which funnels take from the orders. */
  type: string;
  campaign?: string;
} | {
  kind: "check_ins";
  /** Lower-case letters, digits and `-`; unique among those of its kind. */
  programme: string;
};

export type ChallengePage = {
  items: readonly (Challenge)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type ChallengeProgress = {
  /** Lower-case letters, digits and `-`; unique among those of its kind. */
  challenge: string;
  customer: string;
  /** As it was counted last, about a second ago; no longer once it is met. */
  done: number;
  times: number;
  completedAt: string | null;
};

export type ChallengeResults = {
  participants: number;
  completed: number;
};

export type ChannelExpectation = {
  name: string;
  clicks: number;
  orders: number;
  /** Minor units, if the whole budget went there. */
  revenue: number;
  /** Revenue for each unit spent: 2.25 is 1 : 2.25. */
  roi: number;
  /** Of the budget, in minor units. */
  recommended: number;
};

export type ChannelPlan = {
  name: string;
  /** Minor units, to two decimals of them. */
  costPerClick: number;
  /** Percent of clicks that become orders. */
  conversion: number;
  /** Minor units. */
  averageOrder: number;
};

export type ChannelReturns = {
  channels: readonly (ChannelExpectation)[];
  /** Minor units that no channel is worth. */
  unallocated: number;
};

export type ChannelReturnsAnswer = {
  formula: string;
  source: string;
  inputs: ChannelReturnsQuestion;
  result: ChannelReturns;
  cautions: readonly (Caution)[];
};

export type ChannelReturnsQuestion = {
  /** Minor units. */
  budget: number;
  channels: readonly (ChannelPlan)[];
  /** Percent of the budget for every channel, to keep measuring it. */
  leastShare: number;
  /** Percent of the budget that one channel gets at most: returns shrink as more is spent. */
  largestShare: number;
};

export type ChannelReturnsQuestionInput = {
  /** Minor units. */
  budget: number;
  channels: readonly (ChannelPlan)[];
  /** Percent of the budget for every channel, to keep measuring it. */
  leastShare?: number;
  /** Percent of the budget that one channel gets at most: returns shrink as more is spent. */
  largestShare?: number;
};

export type CheckIn = {
  /** Lower-case letters, digits and `-`; unique among those of its kind. */
  programme: string;
  customer: string;
  /** In the project's zone. */
  day: string;
  /** Days in a row, this one included. */
  streak: number;
  /** The longest streak so far. */
  best: number;
  /** Days in all. */
  total: number;
  /** They had checked in on that day; nothing was counted again. */
  isRepeat: boolean;
  /** What this day is worth. */
  prizes: readonly (GivenPrize)[];
};

export type CheckInProgramme = {
  name?: string;
  startsAt?: string;
  endsAt?: string;
  rewards: readonly (CheckInReward)[];
  /** After the last of these days the next one counts as the first again. */
  repeats: boolean;
  /** A check-in that is told so long after it happened still counts, on its own day. */
  lateHours: number;
  key: string;
  /** The ETag, as `If-Match` wants it. `*` is whatever is there, also nothing. */
  version: number;
  updatedAt: string;
};

export type CheckInProgrammeDocument = {
  name?: string;
  startsAt?: string;
  endsAt?: string;
  rewards?: readonly (CheckInRewardInput)[];
  /** After the last of these days the next one counts as the first again. */
  repeats?: boolean;
  /** A check-in that is told so long after it happened still counts, on its own day. */
  lateHours?: number;
};

export type CheckInProgrammePage = {
  items: readonly (CheckInProgramme)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type CheckInRequest = {
  customer: string;
  /** When it happened; left out, now. */
  at?: string;
};

export type CheckInReward = {
  /** So many days in a row. */
  day: number;
  prize: Prize;
};

export type CheckInRewardInput = {
  /** So many days in a row. */
  day: number;
  prize: PrizeInput;
};

export type CheckInStreak = {
  /** Lower-case letters, digits and `-`; unique among those of its kind. */
  programme: string;
  customer: string;
  /** The last one; null: never. */
  day: string | null;
  /** Days in a row up to today or yesterday; 0 once a day was missed. */
  streak: number;
  /** The longest streak so far. */
  best: number;
  /** Days in all. */
  total: number;
};

/** How many codes may be claimed; a limit by something needs that to be told with the claim. */
export type ClaimLimits = {
  perCustomer?: number;
  perDevice?: number;
  perPhone?: number;
  perIp?: number;
  total?: number;
};

export type ClaimRequest = {
  /** Who gets the code. */
  customer: string;
  identifiers?: Identifiers;
};

export type ClosedRebatePeriod = {
  agreement: string;
  period: string;
  closedAt: string;
  statements: number;
  total: number;
};

/** A code as entered, or `{ code, honour }`. */
export type CodeEntry = string | {
  code: string;
  /** Apply this code even where another plan is cheaper. */
  honour?: boolean;
};

export type CodeHolders = "everybody" | "nobody";

export type CodeResult = {
  code: string;
  status: CodeStatus;
  promotion: string | null;
  reason: string | null;
};

export type CodeStatus = "applied" | "rejected";

export type CompetitorOffer = {
  key: string;
  competitor: string;
  /** How it is offered, such as `spend 300 save 50`. */
  form: string;
  /** What it comes to off the usual price, as well as it is known. */
  depthPercent?: number;
  startsAt: string;
  /** As well as it is known. */
  endsAt: string;
  /** What it did, there and here, once that is known. */
  effect?: string;
  /** Goods of ours that it is about. */
  skus?: readonly (string)[];
  /** Where it was seen. */
  source?: string;
  updatedAt: string;
};

export type CompetitorOfferDocument = {
  competitor: string;
  /** How it is offered, such as `spend 300 save 50`. */
  form: string;
  /** What it comes to off the usual price, as well as it is known. */
  depthPercent?: number;
  startsAt: string;
  /** As well as it is known. */
  endsAt: string;
  /** What it did, there and here, once that is known. */
  effect?: string;
  /** Goods of ours that it is about. */
  skus?: readonly (string)[];
  /** Where it was seen. */
  source?: string;
};

export type CompetitorOfferPage = {
  items: readonly (CompetitorOffer)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

/** `{ all: […] }`, `{ any: […] }`, `{ not: … }`, or one condition with its `kind`. */
export type Condition = {
  kind: "subtotal";
  atLeast?: MoneyMap;
  atMost?: MoneyMap;
  /** `current`: prices as left by earlier stages. `list`: prices in the cart before any promotion. */
  base: "current" | "list";
  select?: Selector;
} | {
  kind: "quantity";
  atLeast?: number;
  atMost?: number;
  select?: Selector;
} | {
  kind: "distinct";
  by: "sku" | "product";
  atLeast?: number;
  atMost?: number;
  select?: Selector;
} | {
  kind: "shipping_amount";
  atLeast?: MoneyMap;
  atMost?: MoneyMap;
} | {
  kind: "channel";
  in: readonly (string)[];
} | {
  kind: "store";
  in: readonly (string)[];
} | {
  kind: "region";
  in: readonly (string)[];
} | {
  kind: "country";
  in: readonly (string)[];
} | {
  kind: "payment_method";
  in: readonly (string)[];
} | {
  kind: "currency";
  in: readonly (CurrencyCode)[];
} | {
  kind: "dealer";
  /** Ids of dealers. */
  in?: readonly (string)[];
  levels?: readonly (string)[];
  /** Where the dealer is at home. */
  regions?: readonly (string)[];
  /** Ids of dealers: they themselves and whoever is below them. */
  networks?: readonly (string)[];
} | {
  kind: "customer";
  in: readonly (string)[];
} | {
  kind: "customer_group";
  in: readonly (string)[];
} | {
  kind: "customer_tag";
  in: readonly (string)[];
} | {
  kind: "segment";
  in: readonly (string)[];
} | {
  kind: "tier";
  in: readonly (string)[];
} | {
  kind: "first_order";
} | {
  kind: "order_count";
  atLeast?: number;
  atMost?: number;
} | {
  kind: "days_since_order";
  atLeast?: number;
  atMost?: number;
} | {
  kind: "order_amount";
  atLeast?: MoneyMap;
  atMost?: MoneyMap;
  withinDays: number;
} | {
  kind: "event_count";
  /** Such as `view`, `share`, `sign_up`, or a name of your own. */
  type: string;
  /** Only events of this campaign; left out, of any and of none. */
  campaign?: string;
  atLeast?: number;
  atMost?: number;
  withinDays: number;
} | {
  kind: "birthday";
  withinDays: number;
  timezone?: string;
} | {
  kind: "consent";
  /** A key of the customer's `consents`. */
  purpose: string;
} | {
  kind: "contract";
  kinds?: readonly (string)[];
  endsWithinMonths?: number;
  timezone?: string;
} | {
  kind: "rfm";
  recency?: {
    atLeast?: number;
    atMost?: number;
  };
  frequency?: {
    atLeast?: number;
    atMost?: number;
  };
  amount?: {
    atLeast?: number;
    atMost?: number;
  };
} | {
  kind: "schedule";
  weekdays?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
  /** HH:MM on the wall; 00:00 if left out. */
  from?: string;
  /** HH:MM, not included; 24:00 if left out. Before `from`: on the next day, and the window belongs to the day it starts on. */
  to?: string;
  timezone?: TimeZone;
} | {
  kind: "attribute";
  of: "cart" | "customer" | "line";
  name: string;
  in?: readonly (string | number | boolean)[];
  atLeast?: number;
  atMost?: number;
} | {
  kind: "expression";
  cel: string;
} | {
  all: readonly (Condition)[];
} | {
  any: readonly (Condition)[];
} | {
  not: Condition;
};

/** `{ all: […] }`, `{ any: […] }`, `{ not: … }`, or one condition with its `kind`. */
export type ConditionInput = {
  kind: "subtotal";
  atLeast?: MoneyMap;
  atMost?: MoneyMap;
  /** `current`: prices as left by earlier stages. `list`: prices in the cart before any promotion. */
  base?: "current" | "list";
  select?: Selector;
} | {
  kind: "quantity";
  atLeast?: number;
  atMost?: number;
  select?: Selector;
} | {
  kind: "distinct";
  by?: "sku" | "product";
  atLeast?: number;
  atMost?: number;
  select?: Selector;
} | {
  kind: "shipping_amount";
  atLeast?: MoneyMap;
  atMost?: MoneyMap;
} | {
  kind: "channel";
  in: readonly (string)[];
} | {
  kind: "store";
  in: readonly (string)[];
} | {
  kind: "region";
  in: readonly (string)[];
} | {
  kind: "country";
  in: readonly (string)[];
} | {
  kind: "payment_method";
  in: readonly (string)[];
} | {
  kind: "currency";
  in: readonly (CurrencyCode)[];
} | {
  kind: "dealer";
  /** Ids of dealers. */
  in?: readonly (string)[];
  levels?: readonly (string)[];
  /** Where the dealer is at home. */
  regions?: readonly (string)[];
  /** Ids of dealers: they themselves and whoever is below them. */
  networks?: readonly (string)[];
} | {
  kind: "customer";
  in: readonly (string)[];
} | {
  kind: "customer_group";
  in: readonly (string)[];
} | {
  kind: "customer_tag";
  in: readonly (string)[];
} | {
  kind: "segment";
  in: readonly (string)[];
} | {
  kind: "tier";
  in: readonly (string)[];
} | {
  kind: "first_order";
} | {
  kind: "order_count";
  atLeast?: number;
  atMost?: number;
} | {
  kind: "days_since_order";
  atLeast?: number;
  atMost?: number;
} | {
  kind: "order_amount";
  atLeast?: MoneyMap;
  atMost?: MoneyMap;
  withinDays: number;
} | {
  kind: "event_count";
  /** Such as `view`, `share`, `sign_up`, or a name of your own. */
  type: string;
  /** Only events of this campaign; left out, of any and of none. */
  campaign?: string;
  atLeast?: number;
  atMost?: number;
  withinDays: number;
} | {
  kind: "birthday";
  withinDays?: number;
  timezone?: string;
} | {
  kind: "consent";
  /** A key of the customer's `consents`. */
  purpose: string;
} | {
  kind: "contract";
  kinds?: readonly (string)[];
  endsWithinMonths?: number;
  timezone?: string;
} | {
  kind: "rfm";
  recency?: {
    atLeast?: number;
    atMost?: number;
  };
  frequency?: {
    atLeast?: number;
    atMost?: number;
  };
  amount?: {
    atLeast?: number;
    atMost?: number;
  };
} | {
  kind: "schedule";
  weekdays?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
  /** HH:MM on the wall; 00:00 if left out. */
  from?: string;
  /** HH:MM, not included; 24:00 if left out. Before `from`: on the next day, and the window belongs to the day it starts on. */
  to?: string;
  timezone?: TimeZone;
} | {
  kind: "attribute";
  of?: "cart" | "customer" | "line";
  name: string;
  in?: readonly (string | number | boolean)[];
  atLeast?: number;
  atMost?: number;
} | {
  kind: "expression";
  cel: string;
} | {
  all: readonly (ConditionInput)[];
} | {
  any: readonly (ConditionInput)[];
} | {
  not: ConditionInput;
};

export type Consent = {
  granted: boolean;
  /** When it was given or taken back. */
  at: string;
  /** Where the customer said so, such as `checkout` or `newsletter`. */
  source: string;
};

/** By purpose: `{ granted, at, source }`. */
export type Consents = { readonly [key: string]: Consent };

export type Contract = {
  customer: string;
  /** Such as `maintenance`: what automations and promotions go by. */
  kind?: string;
  name?: string;
  /** Of the whole term, in minor units. */
  value: MinorUnits;
  currency: CurrencyCode;
  startsOn: string;
  /** The last day, by the calendar of the project's zone. */
  endsOn: string;
  autoRenew: boolean;
  id: string;
  state: ContractState;
  /** The contract whose next term this is. */
  renews: string | null;
  /** The contract that is the next term. */
  renewedBy: string | null;
  /** The order or redemption by which this term was bought. */
  renewal: string | null;
  /** When it was renewed, ended or cancelled. */
  closedAt: string | null;
  /** The ETag. */
  version: number;
  updatedAt: string;
};

export type ContractCohort = {
  /** In which the contracts end: `2026-06`, `2026-Q2` or `2026`. */
  cohort: string;
  contracts: number;
  renewed: number;
  ended: number;
  cancelled: number;
  /** Not decided yet. */
  open: number;
  /** Renewed ones of all that are decided, cancelled ones among them; null while none is. */
  renewalPercent: number | null;
};

export type ContractDocument = {
  customer: string;
  /** Such as `maintenance`: what automations and promotions go by. */
  kind?: string;
  name?: string;
  /** Of the whole term, in minor units. */
  value: MinorUnits;
  currency: CurrencyCode;
  startsOn: string;
  /** The last day, by the calendar of the project's zone. */
  endsOn: string;
  /** At its end a term of the same length and value follows by itself. */
  autoRenew?: boolean;
};

export type ContractPage = {
  items: readonly (Contract)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type ContractRenewal = {
  /** Of the new term, which begins on the day after the last. */
  id: string;
  /** Left out, the new term is as long as the one before. */
  endsOn?: string;
  /** Left out, as before. */
  value?: MinorUnits;
  /** Left out, as before. */
  kind?: string;
  /** Left out, as before. */
  autoRenew?: boolean;
  /** The customer's order (its external id) or redemption by which it was bought: it renews one contract, once. */
  order?: string;
};

export type ContractRenewals = {
  /** The latest 200, in order. */
  cohorts: readonly (ContractCohort)[];
};

/** `renewed`: another term follows, or has begun. `ended`: its last day is over, and none does. `cancelled`: given up, before that. */
export type ContractState = "active" | "renewed" | "ended" | "cancelled";

export type CopiedPromotion = {
  key: PromotionKey;
  /** Of the copy, which is a draft. */
  id: string;
  /** Keys of the coupon pools it names: pools and their codes are not copied. */
  pools: readonly (string)[];
};

/** `key_taken`: a promotion there has the key, and stays as it is. `invalid_there`: it makes no sense by the settings there. */
export type CopySkipReason = "not_found" | "key_taken" | "ended" | "archived" | "invalid_there";

/** One redeemable code. */
export type Coupon = {
  /** As it is printed; typed in any case, with or without dashes and spaces. */
  code: string;
  pool: CouponPoolKey;
  status: CouponStatus;
  /** How often it may be used in all. */
  uses: number;
  /** Reservations that are not committed yet count as uses. */
  usesLeft: number;
  expiresAt: string | null;
  /** Whose it is. Null: anybody's. */
  customer: string | null;
  /** When that customer got it. */
  claimedAt: string | null;
  createdAt: string;
};

export type CouponClaim = {
  /** Of the claim, as the ledger names it. */
  id: string;
  /** As it is printed. */
  code: string;
  pool: CouponPoolKey;
  customer: string;
  claimedAt: string;
  expiresAt: string | null;
};

export type CouponGeneration = {
  count: number;
};

export type CouponPage = {
  items: readonly (Coupon)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

/** Coupons made together. */
export type CouponPool = {
  key: CouponPoolKey;
  name?: string;
  /** The characters codes are drawn from, each once. The default has none that look alike. */
  alphabet: string;
  /** How many characters are drawn, 12 if left out; the check character comes on top. */
  length?: number;
  /** Instead of `length`: `WELCOME-####-####`. Each # is drawn; the last one is the check character, if there is one. */
  pattern?: string;
  /** Comes before the drawn characters. */
  prefix?: string;
  /** Ends codes with a character that catches typing errors. */
  checkCharacter: boolean;
  /** Of codes yet to be made. */
  usesPerCode: number;
  /** When codes yet to be made stop being valid. */
  expiresAt?: string;
  /** ISO 8601 duration, such as P30D; days and months by the project's time zone. */
  validFor?: string;
  /** What `validFor` counts from: when the code was made (the default), or when a customer took it. */
  validSince?: ValidSince;
  claim?: ClaimLimits;
  id: string;
  /** The ETag, as `If-Match` wants it. */
  version: number;
  /** A code as this pool prints them; not one that exists. */
  example: string;
  /** Whether O is read as 0, and I and L as 1. */
  foldsLookAlikes: boolean;
  /** How many codes it has, generated and imported. */
  codes: number;
  /** How many may be generated in all before they are too easily guessed, by this pool and all whose codes look the same. */
  mostCodes: number;
  createdAt: string;
  updatedAt: string;
};

export type CouponPoolDocument = {
  key: CouponPoolKey;
  name?: string;
  /** The characters codes are drawn from, each once. The default has none that look alike. */
  alphabet?: string;
  /** How many characters are drawn, 12 if left out; the check character comes on top. */
  length?: number;
  /** Instead of `length`: `WELCOME-####-####`. Each # is drawn; the last one is the check character, if there is one. */
  pattern?: string;
  /** Comes before the drawn characters. */
  prefix?: string;
  /** Ends codes with a character that catches typing errors. */
  checkCharacter?: boolean;
  /** Of codes yet to be made. */
  usesPerCode?: number;
  /** When codes yet to be made stop being valid. */
  expiresAt?: string;
  /** ISO 8601 duration, such as P30D; days and months by the project's time zone. */
  validFor?: string;
  /** What `validFor` counts from: when the code was made (the default), or when a customer took it. */
  validSince?: ValidSince;
  claim?: ClaimLimits;
};

/** The caller's own name of the pool, unique in the project. */
export type CouponPoolKey = string;

export type CouponPoolPage = {
  items: readonly (CouponPool)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type CouponReceiver = "customer" | "referrer";

export type CouponStatus = "usable" | "used" | "expired" | "void";

export type CouponTransfer = {
  /** Who gets it. */
  customer: string;
};

export type CouponValidation = {
  /** One for each code, in the order of the request. */
  codes: readonly (ValidatedCode)[];
};

export type CouponValidationRequest = {
  codes: readonly (string)[];
  /** Who wants to use them; with a cart it is the cart's. */
  customer?: string;
  /** With it the codes are tried on the cart, as an evaluation would. */
  cart?: CartToValidate;
};

/** An ISO 4217 currency code. */
export type CurrencyCode = string;

export type Customer = {
  /** As the shop calls the customer. */
  id: string;
  groups: readonly (string)[];
  tags: readonly (string)[];
  attributes: Attributes;
  birthday: string | null;
  locale: string | null;
  consents: Consents;
  /** Counts up with every change; the ETag. */
  version: number;
  /** As the shop says; else when we first heard of the customer. */
  createdAt: string;
  updatedAt: string;
};

export type CustomerCoupons = {
  /** Of their own, and usable. */
  held: number;
  used: number;
};

/** What is left out stays as it is; null takes it away. */
export type CustomerDocument = {
  groups?: readonly (string)[] | null;
  tags?: readonly (string)[] | null;
  attributes?: Attributes | null;
  birthday?: string | null;
  locale?: string | null;
  consents?: Consents | null;
  createdAt?: string | null;
};

export type CustomerErasure = {
  /** What stands in place of the customer's id once they are erased. */
  pseudonym: string;
  /** How many records of each kind were touched; all 0 when there is nothing left to erase. */
  erased: ErasedRecords;
};

export type CustomerExport = {
  customer: string;
  /** What stands in place of the customer's id once they are erased. */
  pseudonym: string;
  /** All that is kept under the customer's id, by kind, newest first. */
  records: CustomerRecords;
  /** False if there are more than 10000 of a kind. */
  isComplete: boolean;
};

/** What is known about the customer. Needs the marketing role; otherwise it is loaded from the project's own records. */
export type CustomerFacts = {
  completedOrders?: number;
  lastOrderAt?: string;
  /** Completed orders before this one; those of the last year are enough. */
  orders?: readonly (OrderFact)[];
  segments?: readonly (string)[];
  tier?: string;
};

/** `channel`: of their first order. `cohort`: the month of their first order, in the project's time zone. */
export type CustomerKpiGrouping = "all" | "channel" | "cohort" | "channel_and_cohort";

export type CustomerKpiRow = {
  /** Null: none was told, or rows are not by channel. */
  channel: string | null;
  /** A month, such as `2026-11`; null unless rows are by cohort. */
  cohort: string | null;
  /** Who bought for the first time. */
  customers: number;
  /** Theirs, until now. */
  orders: number;
  /** Of these, less what was refunded. */
  revenue: MinorUnits;
  /** Cost entries of campaigns in the period, corrections included. Minor units. */
  cost: number;
  /** CAC, minor units: cost ÷ customers. Null without customers. */
  acquisitionCost: number | null;
  /** Customers whose first order is `repurchaseDays` old. */
  matured: number;
  /** Percent of these who bought again within `repurchaseDays`. Null without any. */
  repurchaseRate: number | null;
  /** Historical CLV, minor units: margin × revenue until now ÷ customers. */
  historicalValue: number | null;
  /** Customers whose first order is two periods old: what the model is fitted to. */
  observed: number;
  /** Percent of these who bought in the second period as well. Null under 100 of them. */
  retention: number | null;
  /** CLV by the retention model, minor units. Null where retention is. */
  lifetimeValue: number | null;
};

export type CustomerKpis = {
  currency: CurrencyCode;
  rows: readonly (CustomerKpiRow)[];
  model: CustomerValueModel;
  cautions: readonly (Caution)[];
};

export type CustomerMerge = {
  /** As the shop calls the customer. */
  customer: string;
  /** From now on another name of the customer. */
  guest: string;
  /** How many records of each kind became the customer's; all 0 when there is nothing left to move. */
  moved: MovedRecords;
};

export type CustomerMergeRequest = {
  /** Under which the customer was known until now: the id of a cookie, a device, or another customer. */
  guest: string;
};

export type CustomerOrders = {
  /** Neither cancelled nor returned as a whole, redemptions without a stored order included. */
  completed: number;
  firstAt: string | null;
  lastAt: string | null;
  /** What was paid, less what was refunded. */
  amounts: readonly (SpentAmount)[];
};

export type CustomerOverview = {
  /** As the shop calls the customer. */
  customer: string;
  orders: CustomerOrders;
  /** Committed ones. */
  redemptions: readonly (CustomerRedemptions)[];
  coupons: CustomerCoupons;
  /** Of each programme of which they ever had any. */
  points: readonly (CustomerPoints)[];
  /** Their keys. */
  segments: readonly (string)[];
  /** The key of their membership tier; null for none. */
  tier: string | null;
  /** From 1 to 5; null where the project does not score, or the customer has not bought. */
  scores: CustomerScores | null;
};

export type CustomerPage = {
  items: readonly (Customer)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type CustomerPoints = {
  /** Its key. */
  programme: string;
  /** Can be spent. */
  available: number;
  /** Earned by orders whose goods may still come back. */
  pending: number;
  /** Held for orders that are not committed yet. */
  reserved: number;
  /** Owed: whatever comes next goes there first. */
  debt: number;
};

export type CustomerRecords = { readonly [key: string]: readonly ({ readonly [key: string]: unknown })[] };

export type CustomerRedemptions = {
  currency: string;
  count: number;
  /** What promotions took off, of redemptions that were not returned as a whole. */
  saved: number;
};

export type CustomerScores = {
  recency: number;
  frequency: number;
  amount: number;
};

export type CustomerTier = {
  customer: string;
  tier: TierKey | null;
  name: string | null;
  since: string | null;
  /** Kept at least until then, unless goods come back. */
  until: string | null;
  /** Somebody has set it by hand, until `until`. */
  isManual: boolean;
  /** Why it was set by hand. */
  reason: string | null;
  measure: TierMeasure;
  /** What was done since then counts towards the next tier. */
  countedFrom: string;
  /** What counts, with the measure `amount`. */
  amounts: readonly (QualifyingAmount)[];
  /** What counts, with the other measures. */
  count: number | null;
  /** Null in the highest. */
  next: NextTier | null;
};

export type CustomerValueModel = {
  formula: string;
  source: string;
};

export type CustomerValueReport = {
  customer: string;
  year: number;
  currency: CurrencyCode;
  /** Kept at least in part; a deposit counts with the order that uses it. */
  orders: number;
  /** Less refunds. */
  paid: MinorUnits;
  /** What the kept goods of these orders come to, priced again as they were then, without any promotion. Of orders that no redemption priced, what was paid. */
  withoutPromotions: number;
  /** The difference. */
  saved: number;
  /** Orders that were priced again: all with a redemption, up to 5000. */
  replayed: number;
  /** False: there were more orders than that. */
  isComplete: boolean;
  /** That came with orders, the most frequent first. */
  services: readonly (ServiceUsed)[];
  /** What gifts are said to be worth. */
  giftValue: MinorUnits;
  /** Contracts of theirs that ran in the year, by id; at most 100. */
  contracts: readonly (string)[];
};

export type Dealer = {
  name?: string;
  /** Such as `gold`: what promotions and rebates go by. */
  level?: string;
  /** Where the dealer is at home. */
  region?: string;
  territory: Territory;
  /** The dealer above, by their id. Networks are up to 10 levels deep. */
  parent?: string;
  id: string;
  /** From the head of the network down to the dealer. */
  network: readonly (string)[];
  /** The ETag. */
  version: number;
  updatedAt: string;
};

export type DealerDocument = {
  name?: string;
  /** Such as `gold`: what promotions and rebates go by. */
  level?: string;
  /** Where the dealer is at home. */
  region?: string;
  territory?: Territory;
  /** The dealer above, by their id. Networks are up to 10 levels deep. */
  parent?: string;
};

export type DealerFilter = {
  /** Ids of dealers. */
  in?: readonly (string)[];
  levels?: readonly (string)[];
  /** Where the dealer is at home. */
  regions?: readonly (string)[];
  /** Ids of dealers: they themselves and whoever is below them. */
  networks?: readonly (string)[];
};

export type DealerPage = {
  items: readonly (Dealer)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type DealerRebates = {
  dealer: string;
  items: readonly (RebateStanding)[];
};

export type DeletedSimulation = {
  id: string;
};

export type DepositClaim = {
  /** The committed redemption by which the deposit was paid. */
  redemption: string;
  /** Proves the deposit inline: the key of its promotion. Needs the marketing role. */
  promotion?: string;
  /** How many units the deposit covers; 1 if left out. Needs the marketing role. */
  units?: number;
};

export type DepositPayment = {
  promotion: PromotionKey;
  units?: number;
};

export type DiscountDepth = {
  /** Percent off, at most 100. */
  ruleOfThumb: number;
  /** By how many percent sales must rise at that depth to earn as much as without. Null: no rise would do. */
  breakEvenUplift: number | null;
  /** By how many percent they rise, if the elasticity holds that far. */
  expectedUplift: number;
  /** Of the profit on these goods, in percent, at that depth. */
  profitChange: number;
  /** Percent off; 0 where no discount pays by itself. */
  mostProfitableDepth: number;
};

export type DiscountDepthAnswer = {
  formula: string;
  source: string;
  inputs: DiscountDepthQuestion;
  result: DiscountDepth;
  cautions: readonly (Caution)[];
};

export type DiscountDepthQuestion = {
  /** As `/v1/planning/elasticity` answers it; its sign does not count. */
  elasticity: number;
  /** Of the margin, what is to be kept, in percent. */
  marginKept: number;
  /** Of the price, what is left after the goods are paid, in percent. */
  grossMargin: number;
};

export type DiscountLimit = "cap" | "floor" | "budget";

/** Minor units that all redemptions take off, by currency. */
export type DiscountPerHour = { readonly [key: string]: number };

export type Draw = {
  /** Lower-case letters, digits and `-`; unique among those of its kind. */
  key: string;
  name?: string;
  startsAt: string;
  /** From this instant on nothing is drawn, and the seed is told. */
  endsAt: string;
  /** What the odds of all prizes come to. */
  total: number;
  prizes: readonly (DrawPrize)[];
  /** What is given where the drawn prize is gone: a prize without a stock. Odds never change. */
  consolation: string;
  /** What a ticket costs. */
  ticketPoints?: DrawTicketPoints;
  /** Of which it is a part: whoever is held out of the campaign gets no ticket (`held_out`), and that a customer asked for one is noted for its measurement. */
  campaign?: string;
  /** Tickets of one customer, in all. */
  perCustomer?: number;
  /** Tickets of one customer on one day of the project's zone. */
  perCustomerDay?: number;
  /** The whole declaration as a JSON text, and in it `seedSha256`, the SHA-256 of the seed. */
  declaration: string;
  /** The SHA-256 of `declaration` in UTF-8, in hex; publish it before anything is drawn. */
  commitment: string;
  /** In hex, once the draw is over; null until then. */
  seed: string | null;
  /** Tickets so far. */
  drawn: number;
  /** How often each prize was given. */
  given: readonly (DrawGiven)[];
  createdAt: string;
};

export type DrawDocument = {
  /** Lower-case letters, digits and `-`; unique among those of its kind. */
  key: string;
  name?: string;
  startsAt: string;
  /** From this instant on nothing is drawn, and the seed is told. */
  endsAt: string;
  /** What the odds of all prizes come to. */
  total: number;
  prizes: readonly (DrawPrizeInput)[];
  /** What is given where the drawn prize is gone: a prize without a stock. Odds never change. */
  consolation: string;
  /** What a ticket costs. */
  ticketPoints?: DrawTicketPointsInput;
  /** Of which it is a part: whoever is held out of the campaign gets no ticket (`held_out`), and that a customer asked for one is noted for its measurement. */
  campaign?: string;
  /** Tickets of one customer, in all. */
  perCustomer?: number;
  /** Tickets of one customer on one day of the project's zone. */
  perCustomerDay?: number;
};

export type DrawGiven = {
  /** Lower-case letters, digits and `-`; unique among those of its kind. */
  prize: string;
  count: number;
};

export type DrawPage = {
  items: readonly (Draw)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type DrawPrize = {
  /** Lower-case letters, digits and `-`; unique among those of its kind. */
  key: string;
  /** So many in `total`. */
  odds: number;
  /** So many, and not one more; left out, any number. */
  stock?: number;
  /** Null: nothing. */
  prize: Prize | null;
};

export type DrawPrizeInput = {
  /** Lower-case letters, digits and `-`; unique among those of its kind. */
  key: string;
  /** So many in `total`. */
  odds: number;
  /** So many, and not one more; left out, any number. */
  stock?: number;
  /** Null: nothing. */
  prize?: PrizeInput | null;
};

export type DrawRecord = {
  /** From 1 on, without gaps. */
  number: number;
  ticket: string;
  customer: string;
  nonce: string;
  /** What seed, number, nonce and ticket come to, below the total. */
  value: number;
  /** The prize that it stands for. */
  drawn: string;
  /** What was given: the consolation where the drawn prize was gone. */
  prize: string;
  drawnAt: string;
};

export type DrawRecordPage = {
  items: readonly (DrawRecord)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type DrawTicket = {
  /** Lower-case letters, digits and `-`; unique among those of its kind. */
  draw: string;
  /** From 1 on, without gaps. */
  number: number;
  ticket: string;
  customer: string;
  nonce: string;
  /** What seed, number, nonce and ticket come to, below the total. */
  value: number;
  /** The prize that it stands for. */
  drawn: string;
  /** What was given: the consolation where the drawn prize was gone. */
  prize: string;
  drawnAt: string;
  /** Empty: nothing. */
  prizes: readonly (GivenPrize)[];
};

export type DrawTicketPoints = {
  programme: PointsProgrammeKey;
  points: number;
};

export type DrawTicketPointsInput = {
  programme?: PointsProgrammeKey;
  points: number;
};

export type DrawTicketRequest = {
  /** Your own name of the ticket, such as an order's number: drawn once, however often it is sent. */
  ticket: string;
  customer: string;
  /** The customer's own part of the randomness. It is published; put nothing personal in it. */
  nonce?: string;
};

export type Environment = "live" | "test";

export type ErasedRecords = { readonly [key: string]: number };

export type EvaluationBatch = {
  /** One for each evaluation, in the order of the request. */
  items: readonly (EvaluationBatchItem)[];
};

/** Either the quote or the problem. */
export type EvaluationBatchItem = {
  quote?: Quote;
  problem?: BatchProblem;
};

export type EvaluationBatchRequest = {
  evaluations: readonly (EvaluationRequest)[];
};

export type EvaluationExplanation = {
  id: string;
  rulebook: string;
  currency: string;
  total: MinorUnits;
  optimality: Optimality;
  /** By priority, then key. */
  promotions: readonly (PromotionStory)[];
  /** False: more promotions touch the cart than are told of at once. */
  isComplete: boolean;
};

export type EvaluationRequest = {
  currency: CurrencyCode;
  channel?: string;
  store?: string;
  region?: string;
  country?: string;
  paymentMethod?: string;
  /** The dealer who buys, or sells, by the id of their account. Left out: nobody's, as in a shop. */
  dealer?: string;
  customer?: CartCustomer;
  /** Price lists that are meant for the customer or dealer set the unit prices, unless this is false: then the cart is priced at its own. */
  priceLists?: boolean;
  lines: readonly (CartLine)[];
  shipping?: readonly (Shipment)[];
  codes?: readonly (CodeEntry)[];
  deposits?: readonly (DepositClaim)[];
  identifiers?: Identifiers;
  attributes?: Attributes;
  /** Prices the cart as of this instant. Needs the marketing role. */
  at?: string;
  strategy?: Strategy;
  /** Needs the marketing role. */
  rounding?: Rounding;
  /** Percent. Needs the marketing role. */
  marginFloor?: number;
  timezone?: TimeZone;
  locale?: Locale;
  /** `near` (default): codes and near misses; of promotions for which the cart is not worth enough, the 10 that ask for the least. `all`: every promotion that touches the cart, and what forcing it would cost. */
  explain?: Explain;
  /** Says what more in the cart would make the customer pay less for it, each priced anew. */
  hints?: boolean;
  /** At most so many hints; 3 if left out. */
  maxHints?: number;
  /** Drafts priced beside the live rules; one replaces the live promotion with its key. Needs the marketing role. */
  promotions?: readonly (PromotionDocumentInput)[];
  /** The drafts instead of the live rules. Needs the marketing role. */
  only?: boolean;
  /** The key of a group-buying promotion: the cart as a member of a group would pay for it, before there is one. Holds no seat and promises nothing. */
  groupBuy?: string;
  /** Keeps the evaluation with all that went in, to be read and replayed. */
  save?: boolean;
};

/** A CloudEvent. openapi/events.md has every type of it. */
export type Event = {
  specversion: "1.0";
  /** The same however often it is delivered. */
  id: string;
  source: string;
  type: string;
  /** What it is about. Events of one subject come in the order of their commits. */
  subject: string;
  time: string;
  datacontenttype: "application/json";
  /** Its place among the project's events: 1, 2, 3, without gaps; with leading zeros. */
  sequence: string;
  data: EventData;
};

export type EventData = { readonly [key: string]: unknown };

export type EventPage = {
  items: readonly (Event)[];
  /** Pass it as `after` to read on, now or later. */
  nextCursor: string;
  /** False: these were the last ones so far. */
  hasMore: boolean;
};

export type EventType = "dealwright.promotion.created" | "dealwright.promotion.changed" | "dealwright.promotion.activated" | "dealwright.promotion.started" | "dealwright.promotion.expired" | "dealwright.promotion.paused" | "dealwright.promotion.ended" | "dealwright.promotion.killed" | "dealwright.promotion.archived" | "dealwright.promotion.approved" | "dealwright.promotion.rejected" | "dealwright.promotion.change_failed" | "dealwright.redemption.reserved" | "dealwright.redemption.committed" | "dealwright.redemption.cancelled" | "dealwright.redemption.expired" | "dealwright.return.created" | "dealwright.reward.granted" | "dealwright.reward.owed" | "dealwright.reward.recovered" | "dealwright.reward.kept" | "dealwright.points.earned" | "dealwright.points.reversed" | "dealwright.points.adjusted" | "dealwright.points.spent" | "dealwright.points.refunded" | "dealwright.points.expiring" | "dealwright.points.expired" | "dealwright.prize.granted" | "dealwright.prize.owed" | "dealwright.prize.recovered" | "dealwright.prize.kept" | "dealwright.referral.attributed" | "dealwright.referral.refused" | "dealwright.referral.qualified" | "dealwright.referral.rewarded" | "dealwright.referral.reversed" | "dealwright.budget.reached" | "dealwright.limit.reached" | "dealwright.pool.running_low" | "dealwright.order.placed" | "dealwright.order.updated" | "dealwright.order.cancelled" | "dealwright.order.returned" | "dealwright.job.finished" | "dealwright.customer.changed" | "dealwright.segment.entered" | "dealwright.segment.left" | "dealwright.automation.notified" | "dealwright.automation.fired" | "dealwright.automation.owed" | "dealwright.tier.changed" | "dealwright.campaign.created" | "dealwright.campaign.updated" | "dealwright.campaign.archived" | "dealwright.campaign.budget_reached" | "dealwright.policy.acted" | "dealwright.policy.failed" | "dealwright.policy.undone" | "dealwright.customer.merged" | "dealwright.customer.erased" | "dealwright.group.opened" | "dealwright.group.succeeded" | "dealwright.group.failed" | "dealwright.stock.stale" | "dealwright.dealer.changed" | "dealwright.territory.flagged" | "dealwright.territory.cleared" | "dealwright.territory.withdrawn" | "dealwright.contract.changed" | "dealwright.contract.renewed" | "dealwright.contract.ended" | "dealwright.contract.cancelled" | "dealwright.rebate.period_closed" | "dealwright.rebate.statement_approved" | "dealwright.rebate.statement_paid" | "dealwright.project.stopped" | "dealwright.project.resumed" | "dealwright.alarm.redemptions" | "dealwright.alarm.discount" | "dealwright.alarm.wrong_codes" | "dealwright.webhook.disabled" | "dealwright.webhook.test";

export type Excludes = {
  promotions?: readonly (string)[];
  groups?: readonly (string)[];
  tags?: readonly (string)[];
};

export type ExperimentMeasurement = {
  experiment: string;
  currency: string;
  arms: readonly (MeasuredArm)[];
  /** Each arm against the `control`; where there is none, against the first by name. */
  comparisons: readonly (ArmComparison)[];
  looks: MeasurementLooks;
  cautions: readonly (Caution)[];
};

export type Explain = "none" | "near" | "all";

export type ExplainedCondition = {
  /** Where it stands in the promotion's document, as a JSON Pointer. */
  path: string;
  kind: string;
  words: Explanation;
  /** False under a `not`: there it must not hold. */
  isWanted: boolean;
  /** Null: a fact is missing. */
  holds: boolean | null;
  reason: string | null;
  required: number | null;
  actual: number | null;
  /** What is missing: minor units, or units of goods. */
  gap: number | null;
  /** Where it was looked for. */
  missingFact: string | null;
};

/** One sentence in each language the engine speaks. */
export type Explanation = {
  en: string;
  "zh-CN": string;
};

/** As it was read; not changed by this. */
export type ExplanationAsRead = { readonly [key: string]: string };

export type ExportFormat = "ndjson" | "csv";

export type FlaggedDestination = {
  region: string | null;
  store: string | null;
};

export type Forcing = {
  /** Of the cheapest plan found that contains it. */
  total: MinorUnits;
  /** That total less the quote's, in minor units. */
  cost: number;
  optimality: Optimality;
};

export type FundEntry = {
  redemption: string;
  /** Counts the entries of the redemption. */
  number: number;
  promotion: string;
  funder: string;
  currency: CurrencyCode;
  /** Minor units; below zero where more came back than was sold. */
  amount: number;
  bookedAt: string;
};

export type FundEntryPage = {
  items: readonly (FundEntry)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type FundSettlement = {
  reference: string;
};

export type FundShare = {
  funder: string;
  /** Minor units; below zero where more came back than was sold. */
  amount: number;
};

export type FundStatement = {
  dealer: string;
  period: string;
  state: FundStatementState;
  /** Of the payment or credit note that settled it. */
  reference: string | null;
  settledAt: string | null;
  promotions: readonly (FundedPromotion)[];
  totals: readonly (FundTotal)[];
};

export type FundStatementState = "open" | "settled";

export type FundTotal = {
  currency: CurrencyCode;
  /** Minor units; below zero where more came back than was sold. */
  discount: number;
  /** What the dealer bears: the funder `dealer`. */
  dealerShare: number;
  /** What the others bear. */
  othersShare: number;
};

/** What one funder bears of a discount. */
export type FundedPart = {
  funder: string;
  percent: number;
  amount: MinorUnits;
};

export type FundedPromotion = {
  promotion: string;
  currency: CurrencyCode;
  /** Minor units; below zero where more came back than was sold. */
  discount: number;
  /** What each funder bears of it; they come to the discount. */
  funding: readonly (FundShare)[];
};

/** Shares of every discount, which come to 100 percent. `dealer` is the order's dealer: the promotion then applies to no cart without one. */
export type Funding = readonly (FundingShare)[];

export type FundingShare = {
  funder: string;
  percent: number;
};

export type Funnel = {
  steps: readonly (FunnelStep)[];
  /** The same by the channel of each person's first step, the largest first; at most 100. */
  channels: readonly (FunnelOfChannel)[];
};

export type FunnelOfChannel = {
  channel: string | null;
  steps: readonly (FunnelStep)[];
};

export type FunnelStep = {
  step: string;
  /** How often it happened, whoever it was, in whatever order; orders of a campaign only by people who took the step before. */
  events: number;
  /** Customers and visitors who did this after all steps before it; at the first step, at all. */
  people: number;
  /** People of this step per person of the first one, 0 to 1; null where there are none. */
  conversion: number | null;
};

export type GiftBack = {
  promotion: string;
  sku: string | null;
  quantity: number;
};

/** What a customer was given apart from any order's price. */
export type GivenPrize = {
  id: string;
  source: PrizeSource;
  /** The key of the referral programme, check-in programme, challenge or draw. */
  programme: string;
  /** What it is for: a referral and its side, the day of a check-in, the ticket of a draw; of a challenge nothing more. */
  reference: string;
  customer: string;
  state: PrizeState;
  /** Why it is owed (`pool_empty`, `pool_unknown`) or refused (such as `cap_reached`). */
  reason: string | null;
  prize: Prize;
  /** The issued code, as it is printed. */
  code: string | null;
  /** How that coupon stands now. */
  couponStatus: CouponStatus | null;
  createdAt: string;
  updatedAt: string;
};

export type GoalPriorities = {
  goals: readonly (RankedGoal)[];
};

export type GoalPrioritiesAnswer = {
  formula: string;
  source: string;
  inputs: GoalPrioritiesQuestion;
  result: GoalPriorities;
  cautions: readonly (Caution)[];
};

export type GoalPrioritiesQuestion = {
  goals: readonly (WeighedGoal)[];
};

export type GoodsSelector = {
  skus?: readonly (string)[];
  products?: readonly (string)[];
  categories?: readonly (string)[];
  brands?: readonly (string)[];
  /** Goods that match this are left out. */
  exclude?: {
    skus?: readonly (string)[];
    products?: readonly (string)[];
    categories?: readonly (string)[];
    brands?: readonly (string)[];
  };
};

/** What a redemption promised beside the price, and what became of it. */
export type GrantedReward = {
  redemption: string;
  /** The key of the promotion that promises it. */
  promotion: string;
  kind: GrantedRewardKind;
  state: RewardState;
  /** Why it is owed (`pool_empty`, `pool_unknown`) or refused (`customer_required`, `referrer_unknown`). */
  reason: string | null;
  /** Of a coupon. */
  pool: CouponPoolKey | null;
  /** Of points. */
  programme: PointsProgrammeKey | null;
  /** What the whole order earns; what a return takes of it is in the customer's entries. */
  points: number | null;
  /** The issued code, as it is printed. */
  code: string | null;
  /** How that coupon stands now. */
  couponStatus: CouponStatus | null;
  /** Of that coupon. */
  expiresAt: string | null;
  createdAt: string;
  updatedAt: string;
};

export type GrantedRewardKind = "issue_coupon" | "points";

export type GroupBuy = {
  id: string;
  promotion: PromotionKey;
  state: GroupBuyState;
  size: number;
  /** Seats that are taken. */
  members: number;
  openedAt: string;
  /** Not complete by then, it fails, and all members' orders are released. */
  deadline: string;
  /** Until then the members of a complete group may commit their orders. */
  payUntil: string;
};

export type GroupBuyJoining = {
  order: GroupOrder;
};

export type GroupBuyOpening = {
  promotion: PromotionKey;
  order: GroupOrder;
};

export type GroupBuyPage = {
  items: readonly (GroupBuy)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type GroupBuySeat = {
  group: GroupBuy;
  /** Reserved at the group's price; to be committed once the group has succeeded. */
  redemption: Redemption;
};

export type GroupBuyState = "open" | "succeeded" | "failed";

/** The order of a member, who must be named by `customer.id`. */
export type GroupOrder = {
  currency: CurrencyCode;
  channel?: string;
  store?: string;
  region?: string;
  country?: string;
  paymentMethod?: string;
  /** The dealer who buys, or sells, by the id of their account. Left out: nobody's, as in a shop. */
  dealer?: string;
  customer?: CartCustomer;
  /** Price lists that are meant for the customer or dealer set the unit prices, unless this is false: then the cart is priced at its own. */
  priceLists?: boolean;
  lines: readonly (CartLine)[];
  shipping?: readonly (Shipment)[];
  codes?: readonly (CodeEntry)[];
  identifiers?: Identifiers;
  attributes?: Attributes;
  strategy?: Strategy;
  /** Needs the marketing role. */
  rounding?: Rounding;
  /** Percent. Needs the marketing role. */
  marginFloor?: number;
  timezone?: TimeZone;
  locale?: Locale;
  /** `near` (default): codes and near misses; of promotions for which the cart is not worth enough, the 10 that ask for the least. `all`: every promotion that touches the cart, and what forcing it would cost. */
  explain?: Explain;
  /** The caller's own number of the order. One order has one live redemption, however often it is sent. */
  orderRef?: string;
  /** Which system the order number is from: two tills may both have an order 17. */
  source?: string;
  /** The total the customer was shown. Any other outcome is a 409 `price_changed` with the new quote. */
  expectedTotal?: number;
};

/** Group buying: it applies to the orders of a group's members (`POST /v1/group-buys`) alone. */
export type GroupRule = {
  /** So many customers get the price, or none. */
  size: number;
  /** How long a group may take to be complete. */
  hours: number;
  /** How long after that its members may commit what they reserved. */
  payHours: number;
  /** Groups that may be open or complete in all. */
  mostGroups?: number;
};

/** Group buying: it applies to the orders of a group's members (`POST /v1/group-buys`) alone. */
export type GroupRuleInput = {
  /** So many customers get the price, or none. */
  size: number;
  /** How long a group may take to be complete. */
  hours: number;
  /** How long after that its members may commit what they reserved. */
  payHours?: number;
  /** Groups that may be open or complete in all. */
  mostGroups?: number;
};

export type Guarantee = "limits" | "budgets" | "stocks" | "order_history" | "customer_record" | "price_lists";

export type HeldQuote = {
  id: string;
  state: HeldQuoteState;
  /** Redeemed before this instant. */
  validUntil: string;
  createdAt: string;
  customer: string | null;
  currency: CurrencyCode;
  total: MinorUnits;
  /** The last redemption by it. */
  redemption: string | null;
  /** The price that holds, by the rulebook it names. */
  quote: Quote;
};

export type HeldQuotePage = {
  items: readonly (HeldQuoteSummary)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type HeldQuoteRequest = {
  currency: CurrencyCode;
  channel?: string;
  store?: string;
  region?: string;
  country?: string;
  paymentMethod?: string;
  /** The dealer who buys, or sells, by the id of their account. Left out: nobody's, as in a shop. */
  dealer?: string;
  customer?: CartCustomer;
  /** Price lists that are meant for the customer or dealer set the unit prices, unless this is false: then the cart is priced at its own. */
  priceLists?: boolean;
  lines: readonly (CartLine)[];
  shipping?: readonly (Shipment)[];
  codes?: readonly (CodeEntry)[];
  deposits?: readonly (DepositClaim)[];
  identifiers?: Identifiers;
  attributes?: Attributes;
  /** Prices the cart as of this instant. Needs the marketing role. */
  at?: string;
  strategy?: Strategy;
  /** Needs the marketing role. */
  rounding?: Rounding;
  /** Percent. Needs the marketing role. */
  marginFloor?: number;
  timezone?: TimeZone;
  locale?: Locale;
  /** `near` (default): codes and near misses; of promotions for which the cart is not worth enough, the 10 that ask for the least. `all`: every promotion that touches the cart, and what forcing it would cost. */
  explain?: Explain;
  /** How long it holds; a week if left out. */
  validSeconds?: number;
};

/** `reserved`: a reservation by it is open; given up or expired, the quote is open again. `redeemed`: it was used, also where the goods came back. */
export type HeldQuoteState = "open" | "reserved" | "redeemed" | "expired";

export type HeldQuoteSummary = {
  id: string;
  state: HeldQuoteState;
  /** Redeemed before this instant. */
  validUntil: string;
  createdAt: string;
  customer: string | null;
  currency: CurrencyCode;
  total: MinorUnits;
  /** The last redemption by it. */
  redemption: string | null;
};

export type HiddenCost = {
  name: string;
  amount: number;
};

export type Hint = {
  kind: HintKind;
  /** The line of which more units are meant; null: any goods. */
  line: string | null;
  sku: string | null;
  /** Units to add; null: goods worth `amount`. */
  quantity: number | null;
  /** What the added goods cost by themselves. */
  amount: MinorUnits;
  /** The total with them, as an evaluation would answer it. */
  total: MinorUnits;
  /** total of this quote + amount − total with them: what they would take off. */
  saving: MinorUnits;
  /** Those that then take off more. */
  promotions: readonly (string)[];
  /** The hint in words. */
  message: string;
};

/** More goods of whatever kind, or more units of goods in the cart. */
export type HintKind = "amount" | "units";

export type Identifiers = {
  device?: string;
  /** Blanks, dashes, dots and parentheses do not matter, and 00 is +. Without its country code it is another number. */
  phone?: string;
  /** IPv4 or IPv6, however it is written; an IPv4 address within IPv6 is that IPv4 address. */
  ip?: string;
};

export type IncrementalSales = {
  /** The difference times the customers of the arm, scaled up by the sample. */
  revenue: number;
  revenueInterval: readonly (number)[] | null;
  /** Scaled by the sizes of the arms. */
  orders: number;
  newCustomers: number;
};

/** An RFC 3339 instant, or a date in the time zone. */
export type InstantOrDate = string;

export type IssuedApiKey = {
  id: string;
  name: string;
  role: Role;
  environment: Environment;
  /** How many requests it may make in a minute. Null: as many as its role may. */
  requestsPerMinute: number | null;
  /** The valid secrets, newest first: one, or two while the key is rotated. */
  secrets: readonly (ApiKeySecret)[];
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  /** To the minute. */
  lastUsedAt: string | null;
  /** Shown this once. Only its hash is stored. */
  secret: string;
};

/** Long work, done in the background. */
export type Job = {
  id: string;
  kind: string;
  state: JobState;
  /** How much of `total` is done, and stays done if the job ends early. */
  done: number;
  total: number | null;
  /** Of a job that succeeded; what is in it depends on the kind. */
  result: JobResult | null;
  /** Why it failed, in words. */
  failure: string | null;
  /** The id of the API key that started it. */
  createdBy: string;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
};

export type JobPage = {
  items: readonly (Job)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type JobResult = { readonly [key: string]: unknown };

/** `cancelling` until whoever works on it has stopped. The last three of a job never change again. */
export type JobState = "queued" | "running" | "succeeded" | "failed" | "cancelling" | "cancelled";

export type Killing = {
  reason: string;
};

export type LastYear = {
  now: SalesOfPeriod;
  before: SalesOfPeriod;
  /** Percent. Null: of nobody. */
  change: number | null;
};

export type LaunchCheck = {
  id: string;
  campaign: string;
  /** No line has failed. */
  passed: boolean;
  lines: readonly (LaunchCheckLine)[];
  /** The keys of the promotions that were looked at. */
  promotions: readonly (string)[];
  /** The id of the API key. */
  createdBy: string;
  createdAt: string;
};

export type LaunchCheckLine = {
  name: LaunchCheckLineName;
  outcome: LaunchCheckOutcome;
  /** What was found, with its figures. */
  evidence: string;
  /** What to do about it; null where it passed. */
  advice: string | null;
};

export type LaunchCheckLineName = "promotions" | "rule_conflicts" | "channel_prices" | "price_floors" | "coupon_pools" | "stock" | "budget" | "goals" | "tracking" | "webhooks" | "database_latency" | "evaluation_latency";

export type LaunchCheckOutcome = "passed" | "warning" | "failed";

export type LaunchCheckPage = {
  items: readonly (LaunchCheck)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type LedgerCause = "reserve" | "commit" | "cancel" | "expire" | "return" | "claim" | "release" | "merge";

export type LedgerEntry = {
  /** Counts the entries of the redemption. */
  step: number;
  at: string;
  cause: LedgerCause;
  /** Its key; null for the coupon of a pool. */
  promotion: string | null;
  /** The id of the promotion or pool whose counter it is. */
  rule: string;
  /** `uses`, `coupon`, `amount:CNY` (minor units), `stock:2` (units, of the third benefit), `stock:["SKU","store"]` (units of goods that it was given to sell), `deposit`, `first_order` (that it is the customer's first). */
  measure: string;
  /** Whose: empty for all, or `customer:…`, `code:…`; devices, phones and addresses as keyed hashes. */
  holder: string;
  /** The day, week or month in which it counts; empty for all time. */
  period: string;
  /** Added to what reservations hold. */
  reserved: number;
  /** Added to what is taken for good. */
  used: number;
};

export type LinePrice = {
  /** The key of the price list. */
  list: string;
  /** The break that was reached: from so many units of the SKU on. */
  from: number;
  /** What a unit costs before promotions, instead of what the request said. */
  unitPrice: MinorUnits;
  /** What the request said. */
  requestedUnitPrice: MinorUnits;
  /** The next one up; null where there is none. */
  nextBreak: PriceBreak | null;
};

export type ListPrice = {
  /** Rising. Fewer units than the first one says are not priced by this list. */
  breaks: readonly (ListPriceBreak)[];
  /** The fewest units that are sold in one order. */
  minQuantity?: number;
  /** Sold by so many only, such as a carton. */
  multipleOf?: number;
  list: string;
  sku: string;
  updatedAt: string;
};

/** From so many units of the SKU on, each costs so much. */
export type ListPriceBreak = {
  from: number;
  unitPrice: MinorUnits;
};

export type ListPriceDocument = {
  /** Rising. Fewer units than the first one says are not priced by this list. */
  breaks: readonly (ListPriceBreak)[];
  /** The fewest units that are sold in one order. */
  minQuantity?: number;
  /** Sold by so many only, such as a carton. */
  multipleOf?: number;
};

export type ListPricePage = {
  items: readonly (ListPrice)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

/** A BCP 47 language tag for labels and explanations, such as en or zh-CN. */
export type Locale = string;

export type Market = {
  from: string;
  to: string;
  currency: string;
  theirs: readonly (CompetitorOffer)[];
  ours: readonly (MarketCampaign)[];
  /** There are more than these: ask for a shorter time. */
  isCut: boolean;
};

export type MarketCampaign = {
  campaign: string;
  name: string | null;
  startsAt: string;
  endsAt: string;
  /** Those that came back whole left out. */
  orders: number;
  /** Minor units, as are the others; less what was refunded. */
  revenue: number;
  discount: number;
  /** Of gifts and services of which it is known. */
  giftCost: number;
  /** 1 is a hundred percent. Null: it cost nothing. */
  roi: number | null;
  /** Discounts, gifts, and the costs entered. */
  cost: number;
  promotions: readonly (MarketPromotion)[];
};

/** Of orders in which several applied each has the whole revenue. */
export type MarketPromotion = {
  promotion: string;
  /** Those that came back whole left out. */
  orders: number;
  /** Minor units, as are the others; less what was refunded. */
  revenue: number;
  discount: number;
  /** Of gifts and services of which it is known. */
  giftCost: number;
  /** 1 is a hundred percent. Null: it cost nothing. */
  roi: number | null;
};

export type MeasuredArm = {
  /** `holdout` or `treatment`; of an experiment a variant's name, or `control`. */
  arm: string;
  /** Noted as having met it. They are measured, whatever they got. */
  customers: number;
  buyers: number;
  orders: number;
  /** What they paid from then on, less refunds, with promotions and without. */
  revenue: number;
  /** Buyers who had not bought before they met it. */
  newCustomers: number;
  /** Minor units. */
  revenuePerCustomer: number;
  /** Percent of buyers who bought again within 30 days, of those whose first order is 30 days old. Null: there are none. */
  repurchase: number | null;
};

export type MeasuredGroup = {
  /** Null: not told. */
  name: string | null;
  comparison: ArmComparison;
};

export type MeasuredReturns = {
  /** 1 is a hundred percent. Null: it cost nothing. */
  roi: number | null;
  incrementalRevenue: number | null;
  /** The same, of what was added alone. */
  incrementalRoi: number | null;
  /** Minor units for each new customer. */
  acquisitionCost: number | null;
  /** Percent. */
  grossMargin: number | null;
  /** Percent. */
  netMargin: number | null;
  /** Of orders in which a promotion of it applied, less refunds. */
  revenue: number;
  /** Discounts, gifts of which it is known what they cost, and the costs entered, as on the board. */
  cost: number;
};

export type MeasuredSku = {
  sku: string;
  /** Units per 1,000 customers of the arm. */
  treatment: number;
  holdout: number;
  /** Scaled by the sizes of the arms and the sample. */
  incrementalUnits: number;
};

export type MeasurementLooks = {
  /** On which somebody looked, today included; after a campaign's end all together count as one. */
  days: number;
  /** (100 − confidence) ÷ 100, of which the k-th day has 1 ÷ (k · (k + 1)); by comparisons. */
  level: number;
};

/** An amount in minor units of the currency (CNY 12.34 is 1234). */
export type MinorUnits = number;

/** Amounts in minor units by currency, such as {"CNY": 3000}. */
export type MoneyMap = { readonly [key: string]: number };

export type MovedRecords = { readonly [key: string]: number };

export type NextRebateThreshold = {
  kind: RebateThresholdKind;
  /** As the basis is measured. */
  at: number;
  missing: number;
  /** What the period earns there. */
  reward: number;
  /** How much more that is than now. */
  worth: number;
};

export type NextTier = {
  tier: TierKey;
  name: string | null;
  /** One of them is enough. */
  missingAmounts: readonly (QualifyingAmount)[];
  missingCount: number | null;
};

export type NotApplied = {
  /** The promotion's key. */
  promotion: string;
  reason: string;
  /** The reason in words. */
  message: string;
  required?: number;
  actual?: number;
  /** What is missing: minor units, or units of goods. */
  gap?: number;
  /** What the promotion would take off, on its own, if the gap were closed. */
  wouldSave?: MinorUnits;
  /** Where a missing fact was looked for. */
  path?: string;
  /** Promotions that applied in its place, or whose thresholds it would have cost. */
  displacedBy?: readonly (string)[];
  /** How much more the customer would pay, in minor units, if the plan had to contain this promotion. Told with `explain: all` of those that another plan could have. Below zero only where the quote's own plan is not proven to be the cheapest, or where that plan does without a code that is to be honoured. */
  costOfForcing?: number;
  /** Of the plan behind `costOfForcing`: not proven, forcing might cost up to `bound` less. */
  costOptimality?: Optimality;
};

export type OfflineFlag = {
  id: string;
  kind: OfflineFlagKind;
  state: OfflineFlagState;
  /** Its ledger shows what was booked where. */
  redemption: string;
  voucher: string;
  promotion: PromotionKey;
  source: string;
  orderRef: string;
  till: string | null;
  /** When the till says that it accepted the voucher. */
  acceptedAt: string;
  currency: CurrencyCode;
  /** What the till took off. */
  discount: MinorUnits;
  /** By how much, where that can be said. */
  amount: MinorUnits | null;
  createdAt: string;
  resolvedAt: string | null;
  /** The id of the API key. */
  resolvedBy: string | null;
  note: string | null;
};

/** `double_spend`: another order had the voucher; `over_amount`: more off than it promised; `expired`, `not_yet_valid`: accepted outside its time; `clock_ahead`: accepted in the future, by the till's clock; `below_minimum`: the goods were not worth enough; `wrong_currency`, `wrong_customer`: not those of the voucher; `inconsistent`: lines, discount and total do not agree; `contents_differ`: reported again with other contents; the first stands; `order_redeemed`: the order had a redemption already; `voucher_cancelled`: it had been cancelled; `code_closed`: the code is void or past its time; `limit_exceeded`, `budget_exceeded`: what was given away was not there */
export type OfflineFlagKind = "double_spend" | "over_amount" | "expired" | "not_yet_valid" | "clock_ahead" | "below_minimum" | "wrong_currency" | "wrong_customer" | "inconsistent" | "contents_differ" | "order_redeemed" | "voucher_cancelled" | "code_closed" | "limit_exceeded" | "budget_exceeded";

export type OfflineFlagPage = {
  items: readonly (OfflineFlag)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type OfflineFlagResolution = {
  /** What was found, or done. */
  note: string;
};

export type OfflineFlagState = "open" | "resolved";

/** A JSON Web Key (RFC 8037). */
export type OfflineKey = {
  kty: "OKP";
  crv: "Ed25519";
  /** The public key, base64url. */
  x: string;
  /** Named in the header of the vouchers it signed: its thumbprint (RFC 7638), shortened. */
  kid: string;
  alg: "EdDSA";
  use: "sig";
};

export type OfflineKeyRotation = {
  /** The old key is no longer published at all, so tills stop believing its vouchers as they ask again. */
  compromised?: boolean;
};

export type OfflineKeySet = {
  /** The one that signs now first. */
  keys: readonly (OfflineKey)[];
};

export type OfflineRedemption = {
  /** The token, as it was scanned. */
  voucher: string;
  orderRef: string;
  source?: string;
  /** When the till accepted it. */
  at: string;
  currency: CurrencyCode;
  /** What the till took off. */
  discount: number;
  /** What was bought; without it returns know only the order as a whole. */
  lines?: readonly (CartLine)[];
  /** What the customer paid. */
  total?: number;
  till?: string;
  customer?: string;
};

export type OfflineRedemptionBatch = {
  redemptions: readonly (OfflineRedemption)[];
};

export type OfflineResult = {
  status: OfflineStatus;
  orderRef: string;
  source: string;
  /** The id of the voucher; null of one that is refused. */
  voucher: string | null;
  /** As which it is recorded. */
  redemption: string | null;
  /** Why somebody should look at it; empty if all is well. */
  flags: readonly (OfflineFlagKind)[];
};

export type OfflineResults = {
  /** One for each redemption, in their order. */
  results: readonly (OfflineResult)[];
};

/** `duplicate`: this voucher was reported for this order before. `refused`: no voucher of this project; nothing was recorded. */
export type OfflineStatus = "accepted" | "duplicate" | "refused";

export type OfflineVoucher = {
  id: string;
  /** A JSON Web Signature (RFC 7515, compact, EdDSA): what the till scans. */
  token: string;
  keyId: string;
  promotion: PromotionKey;
  code: string | null;
  customer: string | null;
  currency: CurrencyCode;
  /** Off the order; null of a percentage. */
  amount: MinorUnits | null;
  /** Off the order; null of an amount. */
  percent: number | null;
  maxAmount: MinorUnits;
  /** The least that the goods must be worth. */
  minSubtotal: MinorUnits | null;
  validFrom: string;
  /** Tills refuse it from then on. */
  expiresAt: string;
  /** When what it set aside is given back if no till has reported it. */
  heldUntil: string;
};

export type OfflineVoucherRequest = {
  /** What is promised. May be left out with a code behind which there is one promotion. */
  promotion?: PromotionKey;
  /** A code as it is typed. */
  code?: string;
  currency: CurrencyCode;
  /** The most that the voucher takes off; the budget sets it aside. Needed for a percentage without a cap. */
  maxAmount?: number;
  /** Whose voucher it is; a limit per customer needs to know. */
  customer?: string;
  identifiers?: Identifiers;
  /** Now, if left out. */
  validFrom?: string;
  validForSeconds?: number;
  /** How long after the expiry tills may take to report: so long what is promised stays set aside. */
  reportWithinSeconds?: number;
};

export type Optimality = {
  /** No plan that the rules allow is cheaper. */
  proven: boolean;
  /** The most that any plan could still save beyond this one. */
  bound: MinorUnits | null;
};

export type Order = {
  /** Counts up with every change in the ERP. Only a higher one replaces what is stored. */
  version: number;
  status: OrderStatus;
  currency: CurrencyCode;
  placedAt: string;
  /** The customer's id. Left out, it is that of the redemption. */
  customer?: string;
  channel?: string;
  store?: string;
  /** Who sold it, or bought it, by the id of their account. */
  dealer?: string;
  shipTo?: OrderDestination;
  lines: readonly (OrderLine)[];
  shipping?: MinorUnits;
  /** What was paid, shipping and taxes included. */
  total: MinorUnits;
  /** The id of the redemption that priced the order. Left out: the one that it has. Another only once that is cancelled or expired. */
  redemption?: string;
  attributes?: Attributes;
  /** The order's number in the ERP. */
  externalId: string;
  /** What was given back for returned goods. Of an order with a redemption the redemption says that. */
  refunded: MinorUnits;
  settlement: OrderSettlement | null;
  createdAt: string;
  updatedAt: string;
};

/** Where the goods went. A dealer's order that went outside of their territory is flagged. */
export type OrderDestination = {
  region?: string;
  postalCode?: string;
};

export type OrderDocument = {
  /** Counts up with every change in the ERP. Only a higher one replaces what is stored. */
  version: number;
  status: OrderStatus;
  currency: CurrencyCode;
  placedAt: string;
  /** The customer's id. Left out, it is that of the redemption. */
  customer?: string;
  channel?: string;
  store?: string;
  /** Who sold it, or bought it, by the id of their account. */
  dealer?: string;
  shipTo?: OrderDestination;
  lines: readonly (OrderLine)[];
  shipping?: MinorUnits;
  /** What was paid, shipping and taxes included. */
  total: MinorUnits;
  /** The id of the redemption that priced the order. Left out: the one that it has. Another only once that is cancelled or expired. */
  redemption?: string;
  attributes?: Attributes;
};

export type OrderFact = {
  at: string;
  currency: CurrencyCode;
  total: MinorUnits;
};

export type OrderGiftBack = {
  promotion: string;
  sku: string | null;
  quantity: number;
};

export type OrderLine = {
  /** Names the line in returns; unique in the order. With a redemption: the id of the line there. */
  id: string;
  sku: string;
  product?: string;
  categories?: readonly (string)[];
  brand?: string;
  quantity: number;
  unitPrice: MinorUnits;
  /** Not shown to the roles checkout and pos. */
  unitCost?: MinorUnits;
  /** Off the whole line; 0 if left out. */
  discount?: MinorUnits;
  /** What was paid for the line; `quantity × unitPrice − discount` if left out. */
  total?: MinorUnits;
  attributes?: Attributes;
};

export type OrderLineRefund = {
  id: string;
  quantity: number;
  refund: MinorUnits;
};

export type OrderPage = {
  items: readonly (Order)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type OrderRestored = {
  promotion: string;
  kind: string;
  code: string | null;
  amount: number;
};

export type OrderReturn = {
  /** What the customer gets back, shipping included. */
  refund: MinorUnits;
  /** What they have got back in all returns, this one included. */
  refunded: MinorUnits;
  /** The part of the refund that is for shipping; it comes with the last unit. */
  shipping: MinorUnits;
  /** What a redemption keeps back, as for a missing gift. */
  withheld: MinorUnits;
  lines: readonly (OrderLineRefund)[];
  gifts: readonly (OrderGiftBack)[];
  /** What can be used again. Orders without a redemption took nothing. */
  restored: readonly (OrderRestored)[];
};

export type OrderReturnGift = {
  sku: string;
  quantity: number;
  /** Tells two promotions apart that gave the same SKU. */
  promotion?: string;
};

export type OrderReturnLine = {
  id: string;
  quantity: number;
};

export type OrderReturnRequest = {
  /** Empty where gifts come back alone, and where an order without lines comes back. */
  lines: readonly (OrderReturnLine)[];
  /** Gifts of the order's redemption that come back as well; missing ones may be charged. */
  gifts?: readonly (OrderReturnGift)[];
};

/** `amount`, `quantity`: of all goods that the list prices, at its prices before promotions. `sku_quantity`, `sku_multiple`: units of one SKU. */
export type OrderRule = "amount" | "quantity" | "sku_quantity" | "sku_multiple";

/** What a cancelled or returned order led to: its redemption was `released` (also where it was only reserved), its goods are `returned`, or neither could be done: `refused`. `pending`: not done yet; saying the same version again does it. */
export type OrderSettlement = "pending" | "released" | "returned" | "refused";

/** `cancelled` gives back what the order's redemption took; `returned` returns all goods that are left. */
export type OrderStatus = "placed" | "paid" | "fulfilled" | "cancelled" | "returned";

/** When both apply: `stack` both do; `group` one of their exclusivity group; `excluded` one excludes the other; `exclusive` one tolerates nothing beside it; `elsewhere` never in one order: the same goods have other prices in other channels, stores or regions. */
export type OverlapOutcome = "stack" | "group" | "excluded" | "exclusive" | "elsewhere";

export type OverlappingPromotion = {
  promotion: PromotionKey;
  promotionId: string | null;
  name: string | null;
  /** Null: every channel. */
  channels: readonly (string)[] | null;
  /** Null: every store. */
  stores: readonly (string)[] | null;
  /** Null: every region. */
  regions: readonly (string)[] | null;
  priority: number;
};

export type PastReturn = {
  /** What the customer got back for it. */
  refund: MinorUnits;
  /** What they had got back in all returns until then, this one included. */
  refunded: MinorUnits;
  /** The part of the refund that is for shipping; it comes with the last unit. */
  shipping: MinorUnits;
  /** What was paid for everything that is back and was not refunded: the kept goods cost more by themselves, or a gift is missing. */
  withheld: MinorUnits;
  /** Their refunds and the shipping are the refund. A return of gifts alone has none. */
  lines: readonly (ReturnedLine)[];
  gifts: readonly (GiftBack)[];
  /** What can be used again, of promotions with `restoreUseOnReturn`. */
  restored: readonly (Restored)[];
  /** Which step of the redemption it was; its ledger entries, if any, begin with it. */
  step: number;
  at: string;
};

/** By the key of a membership tier. */
export type PercentByTier = { readonly [key: string]: number };

/** `pending`, `available`, `reserved` and `debt` are the customer's, the others the project's. */
export type PointsAccount = "issued" | "pending" | "available" | "reserved" | "redeemed" | "expired" | "debt";

export type PointsAdjustment = {
  /** Below zero they are taken, from what can be spent. */
  points: number;
  reason: string;
  programme?: PointsProgrammeKey;
};

export type PointsBalance = {
  programme: PointsProgrammeKey;
  /** Can be spent. */
  available: number;
  /** Earned by orders whose goods may still come back. */
  pending: number;
  /** Held for orders that are not committed yet. */
  reserved: number;
  /** Owed, because points of returned orders had been spent: whatever comes next goes there first. Then `available` is 0. */
  debt: number;
};

export type PointsBooks = {
  programme: PointsProgrammeKey;
  /** Earned and given, less what returns and adjustments took. */
  issued: number;
  redeemed: number;
  expired: number;
  /** issued − redeemed − expired: what customers have, less what they owe. */
  liability: number;
  /** Can be spent. */
  available: number;
  /** Earned by orders whose goods may still come back. */
  pending: number;
  /** Held for orders that are not committed yet. */
  reserved: number;
  /** Owed, because points of returned orders had been spent: whatever comes next goes there first. Then `available` is 0. */
  debt: number;
};

export type PointsCause = "earn" | "adjust" | "mature" | "expire" | "reserve" | "spend" | "release" | "refund" | "reverse" | "repay" | "merge";

export type PointsCoupon = {
  pool: CouponPoolKey;
  points: number;
  /** ISO 8601 duration, such as P30D; days and months by the project's time zone. */
  validFor?: string;
};

export type PointsEarnRule = {
  /** Names it among the rates of the programme. */
  key: PointsProgrammeKey;
  points: number;
  /** For each such amount paid for goods, after discounts and without shipping. In other currencies nothing. */
  per: MoneyMap;
  /** Percent of the points for members of a tier, such as `{ gold: 150 }`. Others get 100. */
  tiers?: PercentByTier;
  channels?: readonly (string)[];
  /** Which goods count. Left out, all. */
  products?: GoodsSelector;
  /** Also for orders whose redemption earns points of the programme by a promotion. */
  withPromotions: boolean;
  /** Orders placed before earn nothing. Left out, since the rate was first written. */
  from?: string;
};

export type PointsEarnRuleInput = {
  /** Names it among the rates of the programme. */
  key: PointsProgrammeKey;
  points?: number;
  /** For each such amount paid for goods, after discounts and without shipping. In other currencies nothing. */
  per: MoneyMap;
  /** Percent of the points for members of a tier, such as `{ gold: 150 }`. Others get 100. */
  tiers?: PercentByTier;
  channels?: readonly (string)[];
  /** Which goods count. Left out, all. */
  products?: GoodsSelector;
  /** Also for orders whose redemption earns points of the programme by a promotion. */
  withPromotions?: boolean;
  /** Orders placed before earn nothing. Left out, since the rate was first written. */
  from?: string;
};

/** Takes from one account what it gives to another. */
export type PointsEntry = {
  id: string;
  at: string;
  cause: PointsCause;
  from: PointsAccount;
  to: PointsAccount;
  points: number;
  lot: string | null;
  redemption: string | null;
  spend: string | null;
  reason: string | null;
};

export type PointsEntryPage = {
  items: readonly (PointsEntry)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type PointsExpiring = {
  points: number;
  at: string;
};

export type PointsLot = {
  id: string;
  /** As they were earned. */
  points: number;
  remaining: number;
  isPending: boolean;
  redemption: string | null;
  /** The ERP's order that earned them by a rate. */
  order: string | null;
  earnedAt: string;
  availableAt: string;
  /** Null: never. */
  expiresAt: string | null;
};

export type PointsProgramme = {
  name?: string;
  /** So long the goods of an order may come back: its points cannot be spent before. Shorter than `validMonths`. */
  pendingDays: number;
  /** Points lapse at the end of the day so many months after they were earned, in the project's zone. Null: never. */
  validMonths: number | null;
  /** So long before they lapse it is told. 0: it is not. */
  remindDays: number;
  /** What one point pays as tender, in minor units. Left out, points buy only `coupons`. */
  worth?: MoneyMap;
  /** Coupons that points buy. */
  coupons: readonly (PointsCoupon)[];
  /** What orders earn that an ERP pushes, with a redemption or without one. Rates add up. */
  earn: readonly (PointsEarnRule)[];
  key: PointsProgrammeKey;
  /** The ETag, as `If-Match` wants it; 0 before it was ever set. */
  version: number;
};

export type PointsProgrammeDocument = {
  name?: string;
  /** So long the goods of an order may come back: its points cannot be spent before. Shorter than `validMonths`. */
  pendingDays?: number;
  /** Points lapse at the end of the day so many months after they were earned, in the project's zone. Null: never. */
  validMonths?: number | null;
  /** So long before they lapse it is told. 0: it is not. */
  remindDays?: number;
  /** What one point pays as tender, in minor units. Left out, points buy only `coupons`. */
  worth?: MoneyMap;
  /** Coupons that points buy. */
  coupons?: readonly (PointsCoupon)[];
  /** What orders earn that an ERP pushes, with a redemption or without one. Rates add up. */
  earn?: readonly (PointsEarnRuleInput)[];
};

/** A currency of points. */
export type PointsProgrammeKey = string;

export type PointsRefund = {
  /** Given back to the customer, to the lots they came from. */
  points: number;
};

export type PointsSpend = {
  id: string;
  programme: PointsProgrammeKey;
  state: PointsSpendState;
  points: number;
  /** Points given back of it. */
  refunded: number;
  currency: string | null;
  /** What they paid as tender. */
  value: MinorUnits | null;
  /** The code that they bought, as it is printed. */
  coupon: string | null;
  orderRef: string | null;
  redemption: string | null;
  order: string | null;
  /** Of a reservation. */
  expiresAt: string | null;
  createdAt: string;
};

export type PointsSpendMode = "reserve" | "commit";

export type PointsSpendRequest = {
  /** As tender; or `coupon`. */
  points?: number;
  /** The pool of a coupon that the programme sells; what it costs, the programme says. */
  coupon?: CouponPoolKey;
  /** `reserve` holds them until the spend is committed, cancelled or its time is up. */
  mode?: PointsSpendMode;
  /** Of a reservation. One for a redemption or for an order that is known is held for 30 days, whatever this says. */
  ttlSeconds?: number;
  orderRef?: string;
  /** What they pay for: a reservation is spent when it is committed, what comes back gives points back in proportion, and its cancellation all of them. */
  redemption?: string;
  /** The same, of an order by its number in the ERP, which may tell of it later. */
  order?: string;
  /** For what they are worth as tender. */
  currency?: CurrencyCode;
  programme?: PointsProgrammeKey;
};

export type PointsSpendState = "reserved" | "committed" | "cancelled" | "expired";

export type PointsStatement = {
  programme: PointsProgrammeKey;
  /** Can be spent. */
  available: number;
  /** Earned by orders whose goods may still come back. */
  pending: number;
  /** Held for orders that are not committed yet. */
  reserved: number;
  /** Owed, because points of returned orders had been spent: whatever comes next goes there first. Then `available` is 0. */
  debt: number;
  /** What lapses first of what can be spent. */
  expiringNext: PointsExpiring | null;
  /** What is left of each, those that lapse first, first; at most 200. */
  lots: readonly (PointsLot)[];
};

export type Policy = {
  name?: string;
  isEnabled: boolean;
  when: PolicyCondition;
  act: PolicyAct;
  /** How often in all; of a channel, each by itself. */
  most: number;
  /** Between one time and the next. */
  pauseMinutes: number;
  /** What promotions and tracked events name as their `campaign`; unique in the project. */
  campaign: string;
  /** Unique in the campaign. */
  key: string;
  /** The ETag, as `If-Match` wants it. */
  version: number;
  updatedAt: string;
};

/** `pause_promotions`: the stop-loss. `activate_promotion`: an extra that was prepared, bounded by its own limits. `pause_channel`: in the channel that met the condition no promotion of the campaign applies any more. `raise_discount_cap`: by so many percent of the plan, to 120 at most. `alert`: an event and an entry in the log, as of all others. */
export type PolicyAct = {
  kind: "pause_promotions";
  /** By key; all active ones of the campaign, if left out. */
  promotions?: readonly (string)[];
} | {
  kind: "activate_promotion";
  /** The key of a draft or paused promotion of the campaign. */
  promotion: string;
} | {
  kind: "pause_channel";
} | {
  kind: "raise_discount_cap";
  byPercent: number;
} | {
  kind: "alert";
};

export type PolicyAction = {
  id: string;
  /** Unique in the campaign. */
  policy: string;
  /** That met the condition; null: the campaign as a whole. */
  channel: string | null;
  at: string;
  evidence: PolicyEvidence;
  act: PolicyAct;
  /** What was really changed; nothing where all was so already. */
  changes: readonly (PolicyChange)[];
  /** The code of the problem for which nothing could be done; null: it was done. */
  failure: string | null;
  undoneAt: string | null;
  /** The id of the API key. */
  undoneBy: string | null;
};

export type PolicyActionPage = {
  items: readonly (PolicyAction)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type PolicyChange = {
  /** `promotion <key>`, `pausedChannels` or `discountCap`. */
  what: string;
  before: string;
  after: string;
};

export type PolicyCondition = {
  metric: PolicyMetric;
  /** `channel`: each channel by itself, without costs that name none. */
  per: "campaign" | "channel";
  below?: number;
  above?: number;
  /** What the bound is: a figure, or so many times what the campaign's goal of this metric asks for by now. 0.8 of an ROI of 3 is 2.4. */
  of: "value" | "goal";
  /** Visits for `conversion`, orders for the others. Fewer say nothing yet. */
  minSample: number;
  /** Looked at from then on; the campaign's beginning if left out. */
  from?: string;
  /** Not looked at from then on; the campaign's end if left out. */
  until?: string;
};

export type PolicyConditionInput = {
  metric: PolicyMetric;
  /** `channel`: each channel by itself, without costs that name none. */
  per?: "campaign" | "channel";
  below?: number;
  above?: number;
  /** What the bound is: a figure, or so many times what the campaign's goal of this metric asks for by now. 0.8 of an ROI of 3 is 2.4. */
  of?: "value" | "goal";
  /** Visits for `conversion`, orders for the others. Fewer say nothing yet. */
  minSample?: number;
  /** Looked at from then on; the campaign's beginning if left out. */
  from?: string;
  /** Not looked at from then on; the campaign's end if left out. */
  until?: string;
};

export type PolicyDocument = {
  name?: string;
  isEnabled?: boolean;
  when: PolicyConditionInput;
  act: PolicyAct;
  /** How often in all; of a channel, each by itself. */
  most?: number;
  /** Between one time and the next. */
  pauseMinutes?: number;
};

export type PolicyEvidence = {
  metric: PolicyMetric;
  actual: number;
  /** What it was held against. */
  bound: number;
  /** Visits or orders that it stands on. */
  sample: number;
};

/** As the campaign's board has them (`/live`). */
export type PolicyMetric = "roi" | "conversion" | "gmv" | "orders" | "averageOrderValue" | "discountCost" | "cost" | "newCustomers" | "acquisitionCost";

export type PolicyPage = {
  items: readonly (Policy)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type PostPromotionDip = {
  /** After the end: as many as it lasted, at most 30, so far. */
  days: number;
  /** Minor units. */
  treatment: number;
  /** Minor units. */
  holdout: number;
  /** Below 0: what was bought was bought ahead. */
  difference: number;
  pValue: number | null;
  /** The difference times the customers of the treatment, scaled up by the sample. */
  revenue: number;
};

/** From so many units of the SKU on, each costs so much. */
export type PriceBreak = {
  from: number;
  unitPrice: MinorUnits;
};

export type PriceElasticity = {
  /** Percent more units for each percent off the price, with its sign. */
  elasticity: number;
  /** Units for each unit of price. */
  slope: number;
  intercept: number;
  /** R², between 0 and 1. */
  fit: number;
  points: number;
  meanPrice: number;
  meanUnits: number;
};

export type PriceElasticityAnswer = {
  formula: string;
  source: string;
  inputs: PriceElasticityQuestion;
  result: PriceElasticity;
  cautions: readonly (Caution)[];
};

export type PriceElasticityQuestion = {
  points: readonly (PricePoint)[];
};

export type PriceList = {
  name?: string;
  currency: CurrencyCode;
  audience: PriceListAudience;
  /** Of several lists with a price for a SKU the higher one's counts; then the smaller key. */
  priority: number;
  startsAt?: string;
  /** From then on it prices nothing. */
  endsAt?: string;
  minimum?: PriceListMinimum;
  key: string;
  /** The ETag. */
  version: number;
  createdAt: string;
  updatedAt: string;
};

/** For whoever is in any of these; somebody has to be named. */
export type PriceListAudience = {
  /** Groups of customers, stored or said by the request. */
  groups?: readonly (string)[];
  /** Ids of customers. */
  customers?: readonly (string)[];
  /** Ids of dealers. */
  dealers?: readonly (string)[];
  /** Levels of dealers. */
  levels?: readonly (string)[];
};

export type PriceListDocument = {
  name?: string;
  currency: CurrencyCode;
  audience: PriceListAudience;
  /** Of several lists with a price for a SKU the higher one's counts; then the smaller key. */
  priority?: number;
  startsAt?: string;
  /** From then on it prices nothing. */
  endsAt?: string;
  minimum?: PriceListMinimum;
};

/** Of all goods that the list prices in one order. Less can be priced and not be redeemed. */
export type PriceListMinimum = {
  /** At the list's prices, before promotions. */
  amount?: MinorUnits;
  quantity?: number;
};

export type PriceListPage = {
  items: readonly (PriceList)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type PricePoint = {
  /** In any unit, the same for all points. */
  price: number;
  /** Sold at that price, in periods of the same length. */
  units: number;
};

/** What is given: `{"kind": "coupon", "pool": "welcome", "validFor": "P30D"}` out of a pool, `{"kind": "points", "points": 100}`, or `{"kind": "gift", "sku": "TOTE-BAG"}`, a promise that the shop keeps. */
export type Prize = {
  kind: "coupon";
  pool: CouponPoolKey;
  /** ISO 8601 duration, such as P30D; days and months by the project's time zone. */
  validFor?: string;
} | {
  kind: "points";
  points: number;
  programme: PointsProgrammeKey;
} | {
  kind: "gift";
  sku: string;
  quantity: number;
};

/** What is given: `{"kind": "coupon", "pool": "welcome", "validFor": "P30D"}` out of a pool, `{"kind": "points", "points": 100}`, or `{"kind": "gift", "sku": "TOTE-BAG"}`, a promise that the shop keeps. */
export type PrizeInput = {
  kind: "coupon";
  pool: CouponPoolKey;
  /** ISO 8601 duration, such as P30D; days and months by the project's time zone. */
  validFor?: string;
} | {
  kind: "points";
  points: number;
  programme?: PointsProgrammeKey;
} | {
  kind: "gift";
  sku: string;
  quantity?: number;
};

export type PrizePage = {
  items: readonly (GivenPrize)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type PrizeSource = "referral" | "check_in" | "challenge" | "draw";

/** `granted`. `owed`: the pool has no free code; it is delivered once there is one. `refused`: not theirs, `reason` says why. `lapsed`: taken back before it was delivered. `recovered`: taken back. `kept`: the coupon was used before it could be taken back. */
export type PrizeState = "granted" | "owed" | "refused" | "lapsed" | "recovered" | "kept";

export type ProblemError = {
  path: string;
  code: string;
  message: string;
};

/** A tenant: its settings, and everything its keys can reach. */
export type Project = {
  id: string;
  key: string;
  name: string;
  environment: Environment;
  settings: ProjectSettings;
  /** The ETag of the settings, as `If-Match` wants it. */
  settingsVersion: number;
  createdAt: string;
};

export type ProjectSafeguards = {
  /** Null: promotions are in force as their status says. */
  stop: ProjectStop | null;
  wrongCodes: WrongCodeLimits;
  alarms: AlarmThresholds;
};

export type ProjectSettings = {
  strategy: Strategy;
  rounding: Rounding;
  /** No discount takes a line with a known cost below this margin, in percent. Null: no floor. */
  marginFloor: number | null;
  timezone: TimeZone;
  locale: Locale;
  /** Entries of the audit trail are forgotten after so many days. Null: never. */
  auditRetentionDays: number | null;
  /** A promotion with a larger budget, in any currency, with none, or in a currency not named here, needs somebody else's approval to come into force. Null: none does. */
  approvalAboveBudget: MoneyMap | null;
  /** If nothing is told of the stock (`PUT /v1/stock/{sku}`) for so long, it is reported as stale. Null: it never is. */
  stockMaxAgeSeconds: number | null;
  /** A SKU that was on promotion on so many days of the calendar year rests: until its end nothing is taken off it. Counted from when this was set. Null: no cap. */
  promotionDaysPerYear: number | null;
};

/** What is left out stays as it is. */
export type ProjectSettingsChange = {
  strategy?: Strategy;
  rounding?: Rounding;
  /** No discount takes a line with a known cost below this margin, in percent. Null: no floor. */
  marginFloor?: number | null;
  timezone?: TimeZone;
  locale?: Locale;
  /** Entries of the audit trail are forgotten after so many days. Null: never. */
  auditRetentionDays?: number | null;
  /** A promotion with a larger budget, in any currency, with none, or in a currency not named here, needs somebody else's approval to come into force. Null: none does. */
  approvalAboveBudget?: MoneyMap | null;
  /** If nothing is told of the stock (`PUT /v1/stock/{sku}`) for so long, it is reported as stale. Null: it never is. */
  stockMaxAgeSeconds?: number | null;
  /** A SKU that was on promotion on so many days of the calendar year rests: until its end nothing is taken off it. Counted from when this was set. Null: no cap. */
  promotionDaysPerYear?: number | null;
};

export type ProjectStop = {
  at: string;
  /** The id of the API key that did it. */
  by: string;
  reason: string;
};

export type Promotion = {
  key: PromotionKey;
  name?: string;
  campaign?: string;
  variant?: Variant;
  tags: readonly (string)[];
  /** Higher first; equal priorities go by key. */
  priority: number;
  /** A private promotion is never named to a customer outside its audience. */
  visibility: "public" | "private";
  funder: string;
  funding?: Funding;
  schedule?: Schedule;
  trigger: Trigger;
  conditions?: Condition;
  benefits: readonly (Benefit)[];
  stacking: Stacking;
  limits?: PromotionLimits;
  safetyStock?: SafetyStock;
  group?: GroupRule;
  budget?: Budget;
  returns: "prorate" | "reevaluate" | "forbid";
  restoreUseOnReturn: boolean;
  texts?: Texts;
  id: string;
  status: PromotionStatus;
  /** The ETag, as `If-Match` wants it. Every change counts it up. */
  version: number;
  createdAt: string;
  updatedAt: string;
  /** Since when not even its reservations are committed. */
  killedAt: string | null;
  explanation: Explanation;
};

export type PromotionApproval = {
  id: string;
  promotionId: string;
  version: number;
  decision: PromotionDecision;
  note: string | null;
  /** The id of the API key. */
  decidedBy: string;
  createdAt: string;
};

export type PromotionApprovalPage = {
  items: readonly (PromotionApproval)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type PromotionBudget = {
  /** Minor units, as are the others. */
  fromTarget: number;
  fromShare: number;
  /** Null without `salesWithout`. */
  fromIncrement: number | null;
  incrementalSales: number | null;
  /** 120 % of `fromShare`, or of `fromIncrement` where that is known. */
  hardCap: number;
};

export type PromotionBudgetAnswer = {
  formula: string;
  source: string;
  inputs: PromotionBudgetQuestion;
  result: PromotionBudget;
  cautions: readonly (Caution)[];
};

export type PromotionBudgetQuestion = {
  /** Aimed at, in minor units. */
  sales: number;
  /** Percent of sales that may be spent, to four decimals: 25 for an ROI of 1 : 4. */
  costShare: number;
  /** What would be sold without the promotion; only what comes on top counts. */
  salesWithout?: number;
};

export type PromotionBudgetSplit = {
  hidden: number;
  left: number;
  elements: readonly (BudgetElement)[];
  stages: readonly (BudgetShare)[];
};

export type PromotionBudgetSplitAnswer = {
  formula: string;
  source: string;
  inputs: PromotionBudgetSplitQuestion;
  result: PromotionBudgetSplit;
  cautions: readonly (Caution)[];
};

export type PromotionBudgetSplitQuestion = {
  /** Minor units, as are the others. */
  budget: number;
  /** Packaging, returns, service, fees of platforms: they are paid first. */
  hiddenCosts: readonly (HiddenCost)[];
};

export type PromotionBudgetSplitQuestionInput = {
  /** Minor units, as are the others. */
  budget: number;
  /** Packaging, returns, service, fees of platforms: they are paid first. */
  hiddenCosts?: readonly (HiddenCost)[];
};

export type PromotionBudgetUsage = {
  currency: CurrencyCode;
  /** Minor units, as are the others. */
  amount: number;
  /** Reserved ones included. */
  taken: number;
  left: number;
};

export type PromotionChange = "created" | "updated" | "activated" | "paused" | "ended" | "archived" | "reverted" | "killed";

export type PromotionComment = {
  id: string;
  promotionId: string;
  /** The version that was commented. */
  version: number;
  text: string;
  /** The id of the API key. */
  createdBy: string;
  createdAt: string;
};

export type PromotionCommentPage = {
  items: readonly (PromotionComment)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type PromotionCommentRequest = {
  text: string;
};

export type PromotionCopy = {
  /** The environment to copy from; the copies arrive in the other one. */
  from: Environment;
  /** Their keys. Left out: every promotion that is neither ended nor archived. */
  promotions?: readonly (PromotionKey)[];
};

export type PromotionCopyResult = {
  copied: readonly (CopiedPromotion)[];
  skipped: readonly (SkippedPromotion)[];
};

export type PromotionDays = {
  sku: string;
  year: number;
  /** On which it was on promotion. */
  days: number;
  /** The project's `promotionDaysPerYear`. */
  most: number | null;
  lastDay: string;
  /** Nothing is taken off it today, nor until the year is over. False for years that are over. */
  isResting: boolean;
};

export type PromotionDaysPage = {
  items: readonly (PromotionDays)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type PromotionDecision = "approved" | "rejected";

export type PromotionDecisionRequest = {
  /** The version that was looked at. Refused if it is no longer the current one. */
  version: number;
  note?: string;
};

export type PromotionDocument = {
  key: PromotionKey;
  name?: string;
  campaign?: string;
  variant?: Variant;
  tags: readonly (string)[];
  /** Higher first; equal priorities go by key. */
  priority: number;
  /** A private promotion is never named to a customer outside its audience. */
  visibility: "public" | "private";
  funder: string;
  funding?: Funding;
  schedule?: Schedule;
  trigger: Trigger;
  conditions?: Condition;
  benefits: readonly (Benefit)[];
  stacking: Stacking;
  limits?: PromotionLimits;
  safetyStock?: SafetyStock;
  group?: GroupRule;
  budget?: Budget;
  returns: "prorate" | "reevaluate" | "forbid";
  restoreUseOnReturn: boolean;
  texts?: Texts;
};

export type PromotionDocumentInput = {
  key: PromotionKey;
  name?: string;
  campaign?: string;
  variant?: Variant;
  tags?: readonly (string)[];
  /** Higher first; equal priorities go by key. */
  priority?: number;
  /** A private promotion is never named to a customer outside its audience. */
  visibility?: "public" | "private";
  funder?: string;
  funding?: Funding;
  schedule?: Schedule;
  trigger: Trigger;
  conditions?: ConditionInput;
  benefits: readonly (BenefitInput)[];
  stacking?: StackingInput;
  limits?: PromotionLimits;
  safetyStock?: SafetyStockInput;
  group?: GroupRuleInput;
  budget?: BudgetInput;
  returns?: "prorate" | "reevaluate" | "forbid";
  restoreUseOnReturn?: boolean;
  texts?: Texts;
};

export type PromotionFinding = {
  /** JSON Pointer into the document. */
  path: string;
  code: string;
  message: string;
};

/** The caller's own name of the promotion, unique in the project. */
export type PromotionKey = string;

export type PromotionLimits = {
  /** Of every use there ever was; the others count from when they are set. */
  total?: number;
  perCustomer?: number;
  perCode?: number;
  perDevice?: number;
  perPhone?: number;
  perIp?: number;
  perPeriod?: {
    count: number;
    period: "day" | "week" | "month";
    /** Left out: all uses together. */
    per?: "customer" | "device" | "phone" | "ip";
  };
  /** Units that the promotion may sell in all, by SKU and, if it says so, store. Goods that it does not name are not limited; a SKU named for some stores alone is sold there alone. */
  stock?: readonly (UnitStock)[];
};

export type PromotionOverlap = {
  /** The two, by key. */
  promotions: readonly (OverlappingPromotion)[];
  outcome: OverlapOutcome;
  /** Which goes first by priority; null where both apply. */
  winner: PromotionKey | null;
  /** The exclusivity groups they share. */
  groups: readonly (string)[];
  /** The first instant, from now on, at which both are on. */
  from: string;
};

export type PromotionOverlapPage = {
  items: readonly (PromotionOverlap)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type PromotionPage = {
  items: readonly (Promotion)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

/** A JSON Merge Patch (RFC 7396) of the document: null takes a field out. */
export type PromotionPatch = { readonly [key: string]: unknown };

export type PromotionStage = "item" | "order" | "shipping" | "reward";

/** `scheduled` and `ended` also follow from the schedule of an active promotion. */
export type PromotionStatus = "draft" | "scheduled" | "active" | "paused" | "ended" | "archived";

export type PromotionStory = {
  promotion: string;
  /** Null for a draft. */
  promotionId: string | null;
  /** False: nothing in the cart or among its codes called for it. */
  isCandidate: boolean;
  applied: boolean;
  /** Null if it applied. */
  reason: string | null;
  required: number | null;
  actual: number | null;
  gap: number | null;
  missingFact: string | null;
  /** What it would take off by itself if the gap were closed. */
  wouldSave: MinorUnits | null;
  /** Each as it was asked, in the order of the document. */
  conditions: readonly (ExplainedCondition)[];
  /** What it gave, stage by stage. */
  parts: readonly (AppliedPart)[];
  /** Those in whose favour it was left out. */
  displacedBy: readonly (Rival)[];
  /** The plan with it, where another plan could have contained it. */
  forcing: Forcing | null;
  /** The units it took something off; of one left out, those of the plan with it. */
  units: readonly (TakenUnits)[];
  words: Explanation;
};

export type PromotionTiming = {
  score: number;
  parts: readonly (TimingPart)[];
};

export type PromotionTimingAnswer = {
  formula: string;
  source: string;
  inputs: PromotionTimingQuestion;
  result: PromotionTiming;
  cautions: readonly (Caution)[];
};

export type PromotionTimingQuestion = {
  quarter: number;
  stockTurnoverDays: number;
  cash: "tight" | "normal";
  competition: "high" | "medium" | "low";
};

export type PromotionUpdate = {
  key: PromotionKey;
  name?: string;
  campaign?: string;
  variant?: Variant;
  tags?: readonly (string)[];
  /** Higher first; equal priorities go by key. */
  priority?: number;
  /** A private promotion is never named to a customer outside its audience. */
  visibility?: "public" | "private";
  funder?: string;
  funding?: Funding;
  schedule?: Schedule;
  trigger: Trigger;
  conditions?: ConditionInput;
  benefits: readonly (BenefitInput)[];
  stacking?: StackingInput;
  limits?: PromotionLimits;
  safetyStock?: SafetyStockInput;
  group?: GroupRuleInput;
  budget?: BudgetInput;
  returns?: "prorate" | "reevaluate" | "forbid";
  restoreUseOnReturn?: boolean;
  texts?: Texts;
  /** As it was read; not changed by this. */
  id?: string;
  /** As it was read; not changed by this. */
  status?: string;
  /** As it was read; not changed by this. */
  version?: number;
  /** As it was read; not changed by this. */
  createdAt?: string;
  /** As it was read; not changed by this. */
  updatedAt?: string;
  /** As it was read; not changed by this. */
  killedAt?: string | null;
  explanation?: ExplanationAsRead;
};

export type PromotionUsage = {
  id: string;
  promotion: PromotionKey;
  status: PromotionStatus;
  /** In how many orders it applies, reserved ones included; less those given back. */
  uses: number;
  /** Of `limits.total`. Null: as often as wanted. */
  usesLeft: number | null;
  /** By currency. Empty: it has none. */
  budgets: readonly (PromotionBudgetUsage)[];
};

export type PromotionUsagePage = {
  items: readonly (PromotionUsage)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type PromotionValidation = {
  valid: boolean;
  /** Why it cannot be saved. */
  errors: readonly (PromotionFinding)[];
  /** What is probably not meant. */
  warnings: readonly (PromotionFinding)[];
  /** Where in the pipeline it acts. */
  stages: readonly (PromotionStage)[];
  explanation: Explanation | null;
};

export type PromotionVersion = {
  version: number;
  status: StoredPromotionStatus;
  change: PromotionChange;
  /** The id of the API key that made the change. */
  changedBy: string;
  createdAt: string;
  /** Why it was killed. */
  reason: string | null;
  /** The version of the rules at that change. */
  rulebook: string;
  document: PromotionDocument;
};

export type PromotionVersionPage = {
  items: readonly (PromotionVersion)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type QrFormat = "svg" | "png";

export type QualifyingAmount = {
  currency: CurrencyCode;
  amount: number;
};

export type Quote = {
  id: string;
  /** The version of the rules. */
  rulebook: string;
  at: string;
  currency: CurrencyCode;
  strategy: Strategy;
  /** The database is away, and `asOf` and `missing` say what that means for this answer; or the project's promotions are stopped. */
  degraded: boolean;
  /** Only while the database is away: when the rules were last known to be the newest. */
  asOf?: string;
  /** Only while the database is away: what could not be had. Promotions that need it were left out, and are told of in `notApplied`. */
  missing?: readonly (Guarantee)[];
  subtotal: MinorUnits;
  /** Off the goods. */
  discount: MinorUnits;
  shipping: MinorUnits;
  shippingDiscount: MinorUnits;
  /** subtotal − discount + shipping − shippingDiscount */
  total: MinorUnits;
  /** total − deposits already paid, in minor units; below zero where more was paid than is due. */
  due: number;
  lines: readonly (QuoteLine)[];
  shippingLines: readonly (ShippingLine)[];
  promotions: readonly (AppliedPromotion)[];
  rewards: readonly (Reward)[];
  codes: readonly (CodeResult)[];
  notApplied: readonly (NotApplied)[];
  /** Only where the cart breaks minimum order rules of a price list: it cannot be redeemed like this. */
  brokenOrderRules?: readonly (BrokenOrderRule)[];
  /** Only where the request says `hints: true`: the largest saving first. */
  hints?: readonly (Hint)[];
  optimality: Optimality;
};

export type QuoteLine = {
  id: string;
  subtotal: MinorUnits;
  discount: MinorUnits;
  total: MinorUnits;
  adjustments: readonly (Adjustment)[];
  /** Only of a line that a price list of the shopper's has priced. */
  priceList?: LinePrice;
};

export type RankedGoal = {
  name: string;
  priority: number;
  /** 1 is first; equal ones share it. */
  rank: number;
};

export type RebateAgreement = {
  name?: string;
  /** Orders in another currency do not count. */
  currency: CurrencyCode;
  /** Who bears it, in shares of together 100 percent. */
  funders: readonly (RebateFunder)[];
  /** Inside a field any of, across fields all of; empty: every dealer with an account. */
  dealers: DealerFilter;
  /** Left out: all goods. */
  products?: GoodsSelector;
  schedule: RebateSchedule;
  basis: RebateBasis;
  /** From which status on an order counts. In which period it does, `placedAt` says. */
  countsFrom: RebateCountsFrom;
  /** What was paid; false: units at their price. */
  netOfDiscounts: boolean;
  /** Without what came back. */
  netOfReturns: boolean;
  tiers?: RebateTiers;
  /** Over the same period of the year before. */
  growth?: RebateGrowth;
  launches?: readonly (RebateLaunch)[];
  target?: RebateTarget;
  /** The most that a dealer gets for a period. */
  cap?: MinorUnits;
  key: string;
  /** The ETag. */
  version: number;
  updatedAt: string;
  periods: readonly (RebatePeriod)[];
};

export type RebateAgreementDocument = {
  name?: string;
  /** Orders in another currency do not count. */
  currency: CurrencyCode;
  /** Who bears it, in shares of together 100 percent. */
  funders?: readonly (RebateFunder)[];
  /** Inside a field any of, across fields all of; empty: every dealer with an account. */
  dealers?: DealerFilter;
  /** Left out: all goods. */
  products?: GoodsSelector;
  schedule: RebateSchedule;
  basis: RebateBasis;
  /** From which status on an order counts. In which period it does, `placedAt` says. */
  countsFrom?: RebateCountsFrom;
  /** What was paid; false: units at their price. */
  netOfDiscounts?: boolean;
  /** Without what came back. */
  netOfReturns?: boolean;
  tiers?: RebateTiers;
  /** Over the same period of the year before. */
  growth?: RebateGrowthInput;
  launches?: readonly (RebateLaunch)[];
  target?: RebateTarget;
  /** The most that a dealer gets for a period. */
  cap?: MinorUnits;
};

export type RebateAgreementKey = string;

export type RebateAgreementPage = {
  items: readonly (RebateAgreement)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type RebateBasis = "amount" | "quantity";

export type RebateBonus = {
  amount?: MinorUnits;
  /** Of the amount; at most four decimals. */
  percent?: number;
  /** For each unit of goods. */
  perUnit?: MinorUnits;
};

export type RebateCause = "accrue" | "adjust" | "close" | "pay";

export type RebateCountsFrom = "placed" | "paid" | "fulfilled";

export type RebateEntry = {
  id: string;
  agreement: string;
  /** In which it is booked. */
  period: string;
  dealer: string;
  /** For which it was earned. */
  ofPeriod: string;
  cause: RebateCause;
  from: string;
  to: string;
  amount: MinorUnits;
  order: string | null;
  createdBy: string | null;
  createdAt: string;
};

export type RebateEntryPage = {
  items: readonly (RebateEntry)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type RebateFunder = {
  name: string;
  percent: number;
};

export type RebateFunding = {
  name: string;
  amount: number;
};

export type RebateGrowth = {
  of: RebateGrowthOf;
  steps: readonly (RebateGrowthStep)[];
};

export type RebateGrowthInput = {
  of?: RebateGrowthOf;
  steps: readonly (RebateGrowthStep)[];
};

export type RebateGrowthOf = "total" | "increase";

export type RebateGrowthStep = {
  overPercent: number;
  /** Of the amount; at most four decimals. */
  percent?: number;
  /** For each unit of goods. */
  perUnit?: MinorUnits;
};

export type RebateLaunch = {
  name: string;
  products: GoodsSelector;
  launchedOn: string;
  /** How long it counts, the first day included. */
  days: number;
  /** Of the amount; at most four decimals. */
  percent?: number;
  /** For each unit of goods. */
  perUnit?: MinorUnits;
};

export type RebateLine = {
  kind: RebateLineKind;
  /** Of a launch; of an adjustment the period it is for. */
  name: string | null;
  /** The threshold that was reached; of growth in percent. */
  from: number | null;
  /** What the rate was applied to; null for a fixed amount. */
  of: number | null;
  percent: number | null;
  perUnit: MinorUnits | null;
  /** Minor units. The lines add up to the total. */
  amount: number;
};

export type RebateLineKind = "tier" | "growth" | "launch" | "target" | "cap" | "adjustment";

export type RebatePayment = {
  reference: string;
};

export type RebatePeriod = {
  key: string;
  /** Null where only adjustments are booked. */
  startsAt: string | null;
  endsAt: string | null;
  state: RebatePeriodState;
};

export type RebatePeriodLength = "month" | "quarter" | "year" | "once";

export type RebatePeriodState = "open" | "closed";

export type RebateSchedule = {
  startsOn: string;
  /** The last day that counts. */
  endsOn: string;
  /** Calendar periods, which the dates must begin and end; or `once` for all of it. */
  every: RebatePeriodLength;
  /** The project's, if left out. */
  timezone?: TimeZone;
};

export type RebateStanding = {
  agreement: string;
  period: string;
  dealer: string;
  currency: CurrencyCode;
  basis: RebateBasis;
  /** What counts of the period's orders, minor units. */
  amount: number;
  quantity: number;
  amountYearBefore: number;
  quantityYearBefore: number;
  target: number | null;
  /** Of the target; rounded down to four decimals. */
  attainmentPercent: number | null;
  lines: readonly (RebateLine)[];
  /** Earned in the period and adjusted in it, minor units. */
  total: number;
  periodState: RebatePeriodState;
  /** The nearest threshold above; null in the highest. */
  next: NextRebateThreshold | null;
};

export type RebateStandingPage = {
  items: readonly (RebateStanding)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type RebateStatement = {
  id: string;
  state: RebateStatementState;
  agreement: string;
  period: string;
  dealer: string;
  currency: CurrencyCode;
  basis: RebateBasis;
  /** What counts of the period's orders, minor units. */
  amount: number;
  quantity: number;
  amountYearBefore: number;
  quantityYearBefore: number;
  target: number | null;
  /** Of the target; rounded down to four decimals. */
  attainmentPercent: number | null;
  lines: readonly (RebateLine)[];
  /** Earned in the period and adjusted in it, minor units. */
  total: number;
  /** Who bears how much of the total; to the cent. */
  funding: readonly (RebateFunding)[];
  closedAt: string;
  approvedAt: string | null;
  /** The id of the API key. */
  approvedBy: string | null;
  paidAt: string | null;
  paidBy: string | null;
  /** Of the payment. */
  reference: string | null;
};

export type RebateStatementPage = {
  items: readonly (RebateStatement)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type RebateStatementState = "closed" | "approved" | "paid";

export type RebateTarget = {
  value: number;
  byDealer?: RebateTargets;
  /** One of `amount`, `percent` and `perUnit`, for whoever reaches it. */
  bonus?: RebateBonus;
};

/** Targets of their own, by dealer. */
export type RebateTargets = { readonly [key: string]: number };

export type RebateThresholdKind = "tier" | "growth" | "target";

export type RebateTier = {
  from: number;
  /** Of the amount; at most four decimals. */
  percent?: number;
  /** For each unit of goods. */
  perUnit?: MinorUnits;
};

/** `volume`: the reached tier for everything. `graduated`: each slice at its own tier. */
export type RebateTierMode = "volume" | "graduated";

export type RebateTiers = {
  mode: RebateTierMode;
  /** From the lowest up, each in what the basis is measured in, with `percent` or `perUnit`. */
  steps: readonly (RebateTier)[];
};

export type RecurringWindow = {
  weekdays?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
  /** HH:MM on the wall; 00:00 if left out. */
  from?: string;
  /** HH:MM, not included; 24:00 if left out. Before `from`: on the next day, and the window belongs to the day it starts on. */
  to?: string;
  /** The days it starts on. */
  dates?: readonly (string)[];
  /** RFC 5545, FREQ=DAILY or coarser: the days it starts on. */
  rrule?: string;
  /** Instead of `to`. */
  durationMinutes?: number;
};

export type Redemption = {
  id: string;
  state: RedemptionState;
  source: string;
  orderRef: string;
  customer: string | null;
  /** Of a reservation; null once it is committed or over. */
  expiresAt: string | null;
  createdAt: string;
  /** What was refunded so far. */
  refunded: MinorUnits;
  quote: Quote;
};

export type RedemptionExportFormat = "ndjson" | "csv";

export type RedemptionLedger = {
  redemption: string;
  state: RedemptionState;
  items: readonly (LedgerEntry)[];
  /** What came back and what was refunded for it. A return that gave nothing back to any counter has no entry and stands here alone. */
  returns: readonly (PastReturn)[];
};

export type RedemptionMode = "reserve" | "commit";

export type RedemptionPage = {
  items: readonly (Redemption)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type RedemptionRequest = {
  /** Needed, unless a `quoteId` says it. */
  currency?: CurrencyCode;
  channel?: string;
  store?: string;
  region?: string;
  country?: string;
  paymentMethod?: string;
  /** The dealer who buys, or sells, by the id of their account. Left out: nobody's, as in a shop. */
  dealer?: string;
  customer?: CartCustomer;
  /** Price lists that are meant for the customer or dealer set the unit prices, unless this is false: then the cart is priced at its own. */
  priceLists?: boolean;
  /** Needed, unless a `quoteId` says them. */
  lines?: readonly (CartLine)[];
  shipping?: readonly (Shipment)[];
  codes?: readonly (CodeEntry)[];
  deposits?: readonly (DepositClaim)[];
  identifiers?: Identifiers;
  attributes?: Attributes;
  /** Prices the cart as of this instant. Needs the marketing role. */
  at?: string;
  strategy?: Strategy;
  /** Needs the marketing role. */
  rounding?: Rounding;
  /** Percent. Needs the marketing role. */
  marginFloor?: number;
  timezone?: TimeZone;
  locale?: Locale;
  /** `near` (default): codes and near misses; of promotions for which the cart is not worth enough, the 10 that ask for the least. `all`: every promotion that touches the cart, and what forcing it would cost. */
  explain?: Explain;
  /** The caller's own number of the order. One order has one live redemption, however often it is sent. */
  orderRef?: string;
  /** Which system the order number is from: two tills may both have an order 17. */
  source?: string;
  /** `reserve` holds everything until it is committed, cancelled or expires; `commit` takes it for good. */
  mode?: RedemptionMode;
  /** How long a reservation holds. */
  ttlSeconds?: number;
  /** The total the customer was shown. Any other outcome is a 409 `price_changed` with the new quote. */
  expectedTotal?: number;
  /** This order pays a presale deposit: once committed, it proves that for so many units. */
  deposit?: DepositPayment;
  /** A quote that holds: the order is redeemed at its price. It says what the cart is; `currency`, `lines` and `customer.id` may say the same, other fields of the cart may not be there. */
  quoteId?: string;
};

export type RedemptionReturn = {
  redemption: string;
  state: RedemptionState;
  /** What the customer gets back now. */
  refund: MinorUnits;
  /** What they have got back in all returns, this one included. */
  refunded: MinorUnits;
  /** The part of the refund that is for shipping; it comes with the last unit. */
  shipping: MinorUnits;
  /** What was paid for everything that is back and was not refunded: the kept goods cost more by themselves, or a gift is missing. */
  withheld: MinorUnits;
  /** Their refunds and the shipping are the refund. A return of gifts alone has none. */
  lines: readonly (ReturnedLine)[];
  gifts: readonly (GiftBack)[];
  /** What can be used again, of promotions with `restoreUseOnReturn`. */
  restored: readonly (Restored)[];
};

export type RedemptionRewards = {
  redemption: string;
  items: readonly (GrantedReward)[];
};

export type RedemptionState = "reserved" | "committed" | "cancelled" | "expired" | "partially_returned" | "returned";

export type Referral = {
  id: string;
  /** Lower-case letters, digits and `-`; unique among those of its kind. */
  programme: string;
  /** The friend. */
  customer: string;
  /** Whose code they came by. */
  code: string;
  /** The member. */
  referrer: string;
  channel: string | null;
  state: ReferralState;
  reason: ReferralReason | null;
  /** It qualified, but the member is rewarded for no more friends; the friend is rewarded all the same. */
  isCapped: boolean;
  /** By which it qualified. */
  order: string | null;
  holdUntil: string | null;
  attributedAt: string;
  updatedAt: string;
};

export type ReferralCount = {
  state: ReferralState;
  reason: ReferralReason | null;
  channel: string | null;
  count: number;
};

export type ReferralGift = {
  sku: string;
  /** So many, and not one more. */
  stock: number;
  to: ReferralSide;
};

export type ReferralMember = {
  /** Lower-case letters, digits and `-`; unique among those of its kind. */
  programme: string;
  customer: string;
  /** What friends bring; typed in any case. */
  code: string;
  /** Where the code leads, as the programme has it. */
  link: string | null;
  createdAt: string;
};

export type ReferralMemberRequest = {
  customer: string;
  identifiers?: Identifiers;
};

export type ReferralPage = {
  items: readonly (Referral)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type ReferralPeriod = "day" | "week" | "month";

export type ReferralProgramme = {
  name?: string;
  /** Friends count from this instant on. */
  startsAt?: string;
  /** Friends count before this instant; whoever came before may still order. */
  endsAt?: string;
  /** What the member gets for each friend. */
  referrer: Prize | null;
  /** What the friend gets. */
  friend: Prize | null;
  /** Beside the reward, for the first ones to qualify. */
  gift?: ReferralGift;
  /** Only friends who have paid no order before they came. */
  newCustomer: boolean;
  /** The first order that the friend pays decides; false: any of them may. */
  firstOrder: boolean;
  /** What the order must come to, returns taken off; in other currencies it does not count. */
  minAmount?: MoneyMap;
  /** The order is placed within so many days after they came. */
  withinDays: number;
  /** So long the goods may come back; if they do, so does what was given. */
  holdDays: number;
  /** `held`: when the hold is over. `paid`: at once, and taken back if the goods come back. */
  given: ReferralRewardsGiven;
  /** For how many friends a member is rewarded, in all. */
  mostRewards?: number;
  /** The same in each day, week or month of the project's zone. */
  mostRewardsPer?: ReferralRewardsPerPeriod;
  /** For how many friends a device may stand, where it is told; null: any number. */
  friendsPerDevice: number | null;
  friendsPerPhone: number | null;
  friendsPerIp: number | null;
  /** Where a code leads, such as `https://shop.example/?ref={code}`. */
  link?: string;
  key: string;
  /** The ETag, as `If-Match` wants it. `*` is whatever is there, also nothing. */
  version: number;
  updatedAt: string;
};

export type ReferralProgrammeDocument = {
  name?: string;
  /** Friends count from this instant on. */
  startsAt?: string;
  /** Friends count before this instant; whoever came before may still order. */
  endsAt?: string;
  /** What the member gets for each friend. */
  referrer?: PrizeInput | null;
  /** What the friend gets. */
  friend?: PrizeInput | null;
  /** Beside the reward, for the first ones to qualify. */
  gift?: ReferralGift;
  /** Only friends who have paid no order before they came. */
  newCustomer?: boolean;
  /** The first order that the friend pays decides; false: any of them may. */
  firstOrder?: boolean;
  /** What the order must come to, returns taken off; in other currencies it does not count. */
  minAmount?: MoneyMap;
  /** The order is placed within so many days after they came. */
  withinDays?: number;
  /** So long the goods may come back; if they do, so does what was given. */
  holdDays?: number;
  /** `held`: when the hold is over. `paid`: at once, and taken back if the goods come back. */
  given?: ReferralRewardsGiven;
  /** For how many friends a member is rewarded, in all. */
  mostRewards?: number;
  /** The same in each day, week or month of the project's zone. */
  mostRewardsPer?: ReferralRewardsPerPeriod;
  /** For how many friends a device may stand, where it is told; null: any number. */
  friendsPerDevice?: number | null;
  friendsPerPhone?: number | null;
  friendsPerIp?: number | null;
  /** Where a code leads, such as `https://shop.example/?ref={code}`. */
  link?: string;
};

export type ReferralProgrammePage = {
  items: readonly (ReferralProgramme)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

/** `self_referral`: the friend is the member, or has their device or phone. `ring`: the friend brought the member, over however many others, or shares a device, phone or address with too many friends. `not_new`: they had paid an order before. `amount_too_low`, `too_late`: what they ordered, and when. `order_returned`: it came back within the hold. */
export type ReferralReason = "self_referral" | "ring" | "not_new" | "amount_too_low" | "too_late" | "order_returned";

export type ReferralRequest = {
  code: string;
  /** The friend. */
  customer: string;
  /** Theirs. Kept as keyed hashes, never as they are. */
  identifiers?: Identifiers;
  /** Where they came from. */
  channel?: string;
};

export type ReferralResults = {
  members: number;
  /** By state, reason and channel. */
  referrals: readonly (ReferralCount)[];
  /** Null for a programme without gifts. */
  giftsLeft: number | null;
};

export type ReferralRewardsGiven = "paid" | "held";

export type ReferralRewardsPerPeriod = {
  period: ReferralPeriod;
  count: number;
};

export type ReferralSide = "referrer" | "friend";

/** `attributed`: the friend came, and has not paid an order yet that decides. `refused`: counts for nobody. `qualified`: the order is paid, the hold runs. `rewarded`: the hold is over. `reversed`: the order came back within it. */
export type ReferralState = "attributed" | "refused" | "qualified" | "rewarded" | "reversed";

export type RenewalCohort = "month" | "quarter" | "year";

export type Restored = {
  /** Its key. */
  promotion: string;
  /** A use of the promotion, of a coupon, money of its budget, or units of a gift or service. */
  kind: RestoredKind;
  /** As it was entered. */
  code: string | null;
  /** Uses, minor units of the redemption's currency, or units. */
  amount: number;
};

export type RestoredKind = "use" | "code" | "budget" | "stock";

export type ReturnPage = {
  items: readonly (PastReturn)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type ReturnRequest = {
  /** How many units of which lines come back. Of equal units the cheapest come back first. None: gifts alone, or an order that has no lines. */
  lines?: readonly (ReturnedUnits)[];
  /** Gifts that come back with them. Missing ones are charged at their value once they are due: with the last unit, and where a promotion reevaluates as soon as the kept goods no longer earn them. What was charged is refunded when they come, also after the last unit. */
  gifts?: readonly (ReturnedGift)[];
};

export type ReturnedGift = {
  /** Of a choice: the SKU that was chosen. */
  sku: string;
  quantity: number;
  /** Tells two promotions apart that gave the same SKU. */
  promotion?: string;
};

export type ReturnedLine = {
  id: string;
  quantity: number;
  refund: MinorUnits;
};

export type ReturnedUnits = {
  /** The line's id in the redemption. */
  id: string;
  quantity: number;
};

export type Reversion = {
  /** The version whose document becomes the newest. */
  version: number;
};

export type Reward = {
  /** The promotion's key. */
  promotion: string;
  /** Which of the promotion's benefits gives it, counted from 0. */
  benefit: number;
  kind: RewardKind;
  sku?: string | null;
  /** The customer picks one; `sku` is null. */
  choices?: readonly (string)[];
  name?: string;
  quantity?: number;
  /** Worth of one unit. */
  value?: MinorUnits | null;
  /** Null when only a multiplier is given. */
  points?: number | null;
  multiplier?: number;
  /** The currency of points; left out, `points`. */
  programme?: string;
  pool?: string;
  to?: CouponReceiver;
  validFor?: string | null;
};

export type RewardKind = "gift" | "points" | "issue_coupon" | "service";

export type RewardPage = {
  items: readonly (GrantedReward)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

/** `promised`: its order is only reserved, or was committed just now. `granted`. `owed`: the pool has no free code; it is delivered once there is one. `refused`: nobody to give it to. `lapsed`: the order ended before it was granted. `recovered`: the order came back, and the reward was taken back. `kept`: the order came back, but the coupon had been used. */
export type RewardState = "promised" | "granted" | "owed" | "refused" | "lapsed" | "recovered" | "kept";

export type RfmBorders = {
  /** Whole days since the last order: the most for the scores 5, 4, 3 and 2. */
  recency: readonly (number)[];
  /** Orders: the most for the scores 1, 2, 3 and 4. */
  frequency: readonly (number)[];
  /** Minor units: the most for the scores 1, 2, 3 and 4. */
  amount: readonly (number)[];
};

export type RfmDocument = {
  /** In which amounts count; orders in others count for recency and frequency only. */
  currency: CurrencyCode;
  /** `quintiles`: a fifth of the customers each, worked out anew once a day. `fixed`: `borders`. */
  method?: RfmMethod;
  borders?: RfmFixedBorders;
};

export type RfmFixedBorders = {
  /** Whole days since the last order: the most for the scores 5, 4, 3 and 2. */
  recency: readonly (number)[];
  /** Orders: the most for the scores 1, 2, 3 and 4. */
  frequency: readonly (number)[];
  /** Minor units: the most for the scores 1, 2, 3 and 4. */
  amount: readonly (number)[];
};

export type RfmMethod = "quintiles" | "fixed";

/** By what customers are scored: how lately, how often, for how much. */
export type RfmSettings = {
  currency: string;
  method: string;
  /** Those in force; null while they are worked out for the first time, or for amounts in another currency than before. */
  borders: RfmBorders | null;
  /** When quintiles were worked out last, or everybody was looked at with other borders. */
  computedAt: string | null;
  version: number;
};

export type Rival = {
  promotion: string;
  /** `group`: one promotion of the group touches a unit or the order. `threshold`: it would miss one beside this promotion. */
  by: RivalryKind;
  group: string | null;
};

export type RivalryKind = "group" | "exclusive" | "excludes" | "threshold";

export type Role = "checkout" | "pos" | "erp" | "marketing" | "viewer" | "admin";

export type Rounding = "half_up" | "half_even" | "down";

/** A part that is left out stays as it is; in one that is sent, what is left out has its default. */
export type SafeguardsChange = {
  wrongCodes?: WrongCodeLimitsInput;
  alarms?: AlarmThresholdsInput;
};

/** By what `PUT /v1/stock/{sku}` tells of the store where it is sold, else of the SKU at large. */
export type SafetyStock = {
  /** Of every SKU that the ERP tells of and `skus` does not name. */
  units: number;
  skus?: readonly (SafetyStockOfSku)[];
  /** `pause`: a SKU of which there is less is neither discounted nor given. `cap`: an order gets at most what is above it discounted or given. */
  whenBelow: "pause" | "cap";
};

/** By what `PUT /v1/stock/{sku}` tells of the store where it is sold, else of the SKU at large. */
export type SafetyStockInput = {
  /** Of every SKU that the ERP tells of and `skus` does not name. */
  units: number;
  skus?: readonly (SafetyStockOfSku)[];
  /** `pause`: a SKU of which there is less is neither discounted nor given. `cap`: an order gets at most what is above it discounted or given. */
  whenBelow?: "pause" | "cap";
};

export type SafetyStockOfSku = {
  sku: string;
  store?: string;
  units: number;
};

export type SalesOfPeriod = {
  from: string;
  to: string;
  orders: number;
  /** Minor units. */
  revenue: number;
};

export type Schedule = {
  /** An instant (RFC 3339), or a date: the start of that day in the time zone. */
  startsAt?: InstantOrDate;
  /** The first instant at which it is over, or a date: the end of that day in the time zone. */
  endsAt?: InstantOrDate;
  /** The project's, if left out. */
  timezone?: TimeZone;
  /** Inside any of these. */
  recurring?: readonly (RecurringWindow)[];
};

export type ScheduledAction = "activate" | "pause" | "end";

export type ScheduledChange = {
  id: string;
  promotionId: string;
  at: string;
  /** The version it was made for: a document or patch fails if the document was changed since. */
  baseVersion: number;
  document: PromotionDocument | null;
  patch: PromotionPatch | null;
  action: ScheduledAction | null;
  state: ScheduledChangeState;
  /** The code of the problem that kept it from being applied. */
  failure: string | null;
  /** The id of the API key, in whose name it is applied. */
  createdBy: string;
  createdAt: string;
  /** When it was applied, failed or was cancelled. */
  settledAt: string | null;
};

export type ScheduledChangePage = {
  items: readonly (ScheduledChange)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

/** Exactly one of `document`, `patch` and `action`. */
export type ScheduledChangeRequest = {
  /** When; in the future. */
  at: string;
  /** The whole document from then on. */
  document?: PromotionDocumentInput;
  patch?: PromotionPatch;
  action?: ScheduledAction;
};

export type ScheduledChangeState = "waiting" | "applied" | "failed" | "cancelled";

export type Segment = {
  /** Lower-case letters, digits, `.`, `_` and `-`. */
  key: string;
  name?: string;
  /** Whoever meets them is in it: conditions about customers, in the same language as those of promotions. Without any the segment is a list. */
  conditions?: Condition;
  /** In which orders count for `order_amount`, where its amounts name several currencies. */
  currency?: CurrencyCode;
  id: string;
  /** How many customers are in it. */
  size: number;
  /** False while everybody is looked at for the first time since the conditions were written. */
  isCurrent: boolean;
  version: number;
  createdAt: string;
  updatedAt: string;
};

export type SegmentDeletion = {
  key: string;
  /** How many customers were in it. */
  members: number;
};

export type SegmentDocument = {
  /** Lower-case letters, digits, `.`, `_` and `-`. */
  key: string;
  name?: string;
  /** Whoever meets them is in it: conditions about customers, in the same language as those of promotions. Without any the segment is a list. */
  conditions?: ConditionInput;
  /** In which orders count for `order_amount`, where its amounts name several currencies. */
  currency?: CurrencyCode;
};

export type SegmentMember = {
  customer: string;
  since: string;
};

export type SegmentMemberPage = {
  items: readonly (SegmentMember)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type SegmentMembersChange = {
  add?: readonly (string)[];
  remove?: readonly (string)[];
};

export type SegmentMembersChanged = {
  /** Who was in it already is not counted. */
  added: number;
  removed: number;
  size: number;
};

export type SegmentPage = {
  items: readonly (Segment)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type SegmentPreset = "high-value-active" | "at-risk" | "dormant" | "new";

export type SegmentPresetRequest = {
  presets?: readonly (SegmentPreset)[];
  /** In which amounts count, where the project has no borders for scores yet: it then gets quintiles. */
  currency?: CurrencyCode;
};

export type SegmentPresets = {
  items: readonly (Segment)[];
};

export type SegmentPreview = {
  /** How many customers the segment would have. */
  size: number;
  /** False where there are more than 20000 customers: told from an even part of them. */
  isExact: boolean;
  /** Of how many in all. */
  customers: number;
  sample: readonly (string)[];
};

export type SegmentPreviewRequest = {
  /** Whoever meets them is in it: conditions about customers, in the same language as those of promotions. Without any the segment is a list. */
  conditions: ConditionInput;
  /** In which orders count for `order_amount`, where its amounts name several currencies. */
  currency?: CurrencyCode;
  /** How many of them to name. */
  sample?: number;
};

/** Which lines are meant; left out, every line. */
export type Selector = {
  skus?: readonly (string)[];
  products?: readonly (string)[];
  categories?: readonly (string)[];
  brands?: readonly (string)[];
  tags?: readonly (string)[];
  /** A CEL expression over `line` and `cart`. */
  where?: string;
  /** Lines that match this are left out. */
  exclude?: {
    skus?: readonly (string)[];
    products?: readonly (string)[];
    categories?: readonly (string)[];
    brands?: readonly (string)[];
    tags?: readonly (string)[];
    /** A CEL expression over `line` and `cart`. */
    where?: string;
  };
  /** Leaves out units on sale, or whose price is below their list price by now. */
  excludeDiscounted?: boolean;
};

export type ServiceUsed = {
  service: string;
  count: number;
  /** What they are said to be worth. */
  value: MinorUnits;
};

export type Shipment = {
  id: string;
  method?: string;
  amount: MinorUnits;
};

export type ShippingLine = {
  id: string;
  amount: MinorUnits;
  discount: MinorUnits;
  total: MinorUnits;
  adjustments: readonly (Adjustment)[];
};

export type Significance = {
  verdict: SignificanceVerdict;
  controlMean: number;
  treatmentMean: number;
  difference: number;
  /** Percent of the control's mean. Null: that is 0. */
  uplift: number | null;
  t: number | null;
  degreesOfFreedom: number | null;
  /** Two-sided. Null: nothing varies. */
  pValue: number | null;
  /** What the p-value must stay under: (100 − confidence) ÷ 100, by number of looks. */
  level: number;
  /** Of the difference, low and high, at that level. */
  interval: readonly (number)[] | null;
};

export type SignificanceAnswer = {
  formula: string;
  source: string;
  inputs: SignificanceQuestion;
  result: Significance;
  cautions: readonly (Caution)[];
};

export type SignificanceQuestion = {
  /** One figure for each day, shop or customer, the same kind in both samples. */
  control: readonly (number)[];
  /** One figure for each day, shop or customer, the same kind in both samples. */
  treatment: readonly (number)[];
  /** Percent. */
  confidence: number;
  /** Behind both samples. Left out: as many as there are figures. Under 100 there is no verdict. */
  orders?: number;
  /** How often the figures will be looked at to decide, in all: fixed before the first time. */
  looks: number;
};

export type SignificanceQuestionInput = {
  /** One figure for each day, shop or customer, the same kind in both samples. */
  control: readonly (number)[];
  /** One figure for each day, shop or customer, the same kind in both samples. */
  treatment: readonly (number)[];
  /** Percent. */
  confidence?: number;
  /** Behind both samples. Left out: as many as there are figures. Under 100 there is no verdict. */
  orders?: number;
  /** How often the figures will be looked at to decide, in all: fixed before the first time. */
  looks?: number;
};

/** Of the treatment, against the control. `withheld`: too few orders, or nothing varies. `no_difference`: none that these figures show. */
export type SignificanceVerdict = "higher" | "lower" | "no_difference" | "withheld";

/** Margin: of the lines whose cost is known. */
export type SimulatedGoods = {
  revenue: MinorUnits;
  discount: MinorUnits;
  margin: number;
};

export type SimulatedLimit = "total" | "budget";

export type SimulatedPromotion = {
  promotion: string;
  isDraft: boolean;
  baseline: SimulatedUse;
  scenario: SimulatedUse;
  /** Limits of a draft that the replay goes beyond: it would have ended before. */
  beyond: readonly (SimulatedLimit)[];
  /** Orders at whose time the draft is in force; null if live. */
  ordersInForce: number | null;
};

export type SimulatedUse = {
  orders: number;
  /** How many times it was applied. */
  redemptions: number;
  /** What it took off, goods and shipping, and what its gifts cost. */
  cost: MinorUnits;
};

/** A simulation and what came of it. */
export type Simulation = {
  id: string;
  name: string | null;
  /** The job that replays the orders: `POST /v1/jobs/{id}/cancel` stops it. */
  job: string;
  state: SimulationState;
  /** Orders replayed so far, counted now and again. */
  done: number;
  /** Orders of the period when it was made. */
  total: number | null;
  failure: string | null;
  request: SimulationRequestAsMade;
  /** The version of the rules that are the baseline. */
  rulebook: string;
  /** The id of the API key. */
  createdBy: string;
  createdAt: string;
  finishedAt: string | null;
  /** Null until it has succeeded. */
  report: SimulationReport | null;
};

/** Scenario less baseline. */
export type SimulationDifference = {
  /** Minor units; below 0 where it is less. */
  revenue: number;
  /** Minor units; below 0 where it is less. */
  discount: number;
  /** Minor units; below 0 where it is less. */
  shippingDiscount: number;
  gifts: number;
  /** Minor units; below 0 where it is less. */
  giftValue: number;
  /** Minor units; below 0 where it is less. */
  giftCost: number;
  uncostedGifts: number;
  points: number;
  /** Minor units; below 0 where it is less. */
  margin: number;
};

export type SimulationLeftOut = {
  reason: string;
  orders: number;
};

export type SimulationMover = {
  /** The SKU, or the key of the segment. */
  name: string;
  orders: number;
  units: number;
  /** With the volume that the elasticity assumes. */
  assumedUnits: number;
  baseline: SimulatedGoods;
  /** With the volume that the elasticity assumes. */
  scenario: SimulatedGoods;
  /** Of the revenue. */
  change: number;
};

/** Whose revenue rises most, and falls most. */
export type SimulationMovers = {
  winners: readonly (SimulationMover)[];
  losers: readonly (SimulationMover)[];
};

export type SimulationNote = {
  code: string;
  message: string;
};

export type SimulationPage = {
  items: readonly (SimulationSummary)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type SimulationReport = {
  /** One for each currency. */
  results: readonly (SimulationResult)[];
  /** Orders that could not be priced. */
  left: readonly (SimulationLeftOut)[];
  /** What the figures take for granted. */
  assumptions: readonly (SimulationNote)[];
  /** What to mind about these figures in particular. */
  cautions: readonly (SimulationNote)[];
};

export type SimulationRequest = {
  name?: string;
  /** Drafts, as an evaluation takes them; one replaces the live promotion with its key. */
  promotions: readonly (PromotionDocumentInput)[];
  /** The drafts instead of the live rules. */
  only?: boolean;
  /** Orders placed at this instant or later. */
  from: string;
  /** Orders placed before this instant. */
  to: string;
  /** Only orders of this channel. */
  channel?: string;
  /** Left out, the project's. */
  strategy?: Strategy;
  /** Who is taken to hold the codes and coupons of the drafts: orders do not tell. */
  codes?: CodeHolders;
  /** Orders are priced as if placed so many days later: last year's for drafts of this year. */
  shiftDays?: number;
  /** Percent of units sold for each percent of the price, with its sign, as `POST /v1/planning/elasticity` finds it. Left out, the same goods are sold. */
  elasticity?: number;
  /** So many winners and losers of each kind. */
  top?: number;
};

/** With the defaults filled in. */
export type SimulationRequestAsMade = { readonly [key: string]: unknown };

export type SimulationResult = {
  currency: CurrencyCode;
  orders: number;
  /** In which a draft applied. */
  affectedOrders: number;
  /** That would have cost something else. */
  changedOrders: number;
  units: number;
  /** Goods before discounts. */
  subtotal: MinorUnits;
  /** What the orders themselves say was paid for their goods. */
  recordedRevenue: MinorUnits;
  /** The part of `subtotal`, between 0 and 1, of lines whose cost is known. Null of nothing. */
  costKnownShare: number | null;
  /** By the rules in force when the simulation was made. */
  baseline: SimulationSide;
  scenario: SimulationSide;
  difference: SimulationDifference;
  /** The scenario with the volume that the elasticity assumes. Null without one. */
  assumed: AssumedVolume | null;
  /** Drafts first, then the dearest; up to 500. */
  promotions: readonly (SimulatedPromotion)[];
  /** Live promotions that the drafts crowd out; up to 100. */
  cannibalised: readonly (CannibalisedPromotion)[];
  /** By the segments that customers are in now. */
  segments: SimulationMovers;
  skus: SimulationMovers;
};

export type SimulationSide = {
  /** Goods after discounts, without shipping. */
  revenue: MinorUnits;
  /** Off the goods. */
  discount: MinorUnits;
  shippingDiscount: MinorUnits;
  /** Units. */
  gifts: number;
  /** What the promotions say they are worth; not in any cost. */
  giftValue: MinorUnits;
  /** What gifts and services cost, by the `unitCost` of their promotions. */
  giftCost: MinorUnits;
  /** Units of gifts and services without a `unitCost`. */
  uncostedGifts: number;
  points: number;
  /** Revenue less cost, of the lines whose `unitCost` is known. What gifts cost is beside it. */
  margin: number;
};

export type SimulationState = "queued" | "running" | "succeeded" | "failed" | "cancelling" | "cancelled";

/** A simulation without its report. */
export type SimulationSummary = {
  id: string;
  name: string | null;
  /** The job that replays the orders: `POST /v1/jobs/{id}/cancel` stops it. */
  job: string;
  state: SimulationState;
  /** Orders replayed so far, counted now and again. */
  done: number;
  /** Orders of the period when it was made. */
  total: number | null;
  failure: string | null;
  request: SimulationRequestAsMade;
  /** The version of the rules that are the baseline. */
  rulebook: string;
  /** The id of the API key. */
  createdBy: string;
  createdAt: string;
  finishedAt: string | null;
};

export type SkippedPromotion = {
  key: PromotionKey;
  reason: CopySkipReason;
};

export type SpentAmount = {
  currency: string;
  amount: number;
};

export type Stacking = {
  /** At most one promotion of a group touches a unit (or the order). Left out: the stage's own name. */
  group?: string;
  /** Nothing else may apply to the order beside it. */
  exclusive: boolean;
  excludes?: Excludes;
};

export type StackingInput = {
  /** At most one promotion of a group touches a unit (or the order). Left out: the stage's own name. */
  group?: string;
  /** Nothing else may apply to the order beside it. */
  exclusive?: boolean;
  excludes?: Excludes;
};

export type Stage = "item" | "order" | "shipping" | "reward";

export type StockDocument = {
  /** Left out: of the SKU at large, as of a web shop's warehouse. */
  store?: string;
  /** Units that can be sold. */
  quantity: number;
  /** When it was counted. */
  asOf: string;
};

export type StockLevel = {
  sku: string;
  store: string | null;
  quantity: number;
  asOf: string;
  receivedAt: string;
  /** Nothing was told of the project's stock for longer than its `stockMaxAgeSeconds`. */
  isStale: boolean;
};

export type StockPage = {
  items: readonly (StockLevel)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type StockReason = "stock_exhausted" | "stock_below_safety";

export type StockTurnover = {
  from: string;
  to: string;
  formula: string;
  /** SKUs whose stock was told (`PUT /v1/stock/{sku}`); what lasts longest first. */
  items: readonly (StockTurnoverItem)[];
  cautions: readonly (Caution)[];
};

export type StockTurnoverItem = {
  sku: string;
  /** Units, at large and in all stores together, as they were told last. */
  stock: number;
  /** When the oldest of these counts was taken. */
  countedAt: string;
  /** Units sold in these days and kept, on all channels. Gifts are given, not sold. */
  sold: number;
  soldPerDay: number;
  /** For so many days the stock lasts at this pace. Null: nothing of it was sold. */
  turnoverDays: number | null;
};

export type StockUse = {
  sku: string;
  /** Units that it discounts or uses up: taken from its stock when redeemed. */
  units: number;
  /** Units in the cart that it could not touch. */
  missing: number;
  reason: StockReason | null;
};

export type StopRequest = {
  reason: string;
};

export type StoredEvaluation = {
  id: string;
  rulebook: string;
  /** The instant it was priced for. */
  at: string;
  createdAt: string;
  /** The id of the API key. */
  createdBy: string;
  request: StoredEvaluationRequest;
  quote: Quote;
};

/** The request as it came, but that devices, phones and addresses are kept as keyed hashes, and what it says of the customer and in its attributes only where a rule looks at it. */
export type StoredEvaluationRequest = { readonly [key: string]: unknown };

export type StoredPromotionStatus = "draft" | "active" | "paused" | "ended" | "archived";

export type StoredTrackedEvent = {
  specversion: "1.0";
  /** Unique for its source. The same id and source again is the same event, whatever its time says: what was told first stands. */
  id: string;
  /** Who says so, such as `/web` or `urn:shop:app`. */
  source: string;
  /** What happened: `view`, `click`, `share`, `sign_up`, `check_in`, or a name of your own. Lower case; not `dealwright.…` and not `order`, which funnels take from the orders. */
  type: string;
  /** When it happened. Late ones count at their own time, unless the operator keeps events for so long only (`time_too_old`); at most five minutes ahead of ours. */
  time: string;
  subject: string | null;
  datacontenttype: "application/json";
  data: TrackedEventData;
  receivedAt: string;
};

/** `best`: the plan in which the customer pays least. `priority`: the merchant's own order. */
export type Strategy = "best" | "priority";

export type TakenUnits = {
  /** A line of the request, or a shipment. */
  line: string;
  stage: Stage;
  amount: MinorUnits;
  runs: readonly (UnitRun)[];
};

/** Where the dealer may sell: an order is inside where its region, its postal code or its store is one of these. Of an order that says none of what the territory names nobody can tell. Empty: everywhere. */
export type Territory = {
  /** As `shipTo.region` of orders says them. */
  regions?: readonly (string)[];
  /** How the postal codes begin. Spaces do not count, nor does case. */
  postalPrefixes?: readonly (string)[];
  /** Stores of orders. */
  stores?: readonly (string)[];
};

export type TerritoryClearing = {
  reason: string;
};

export type TerritoryFlag = {
  /** Its external id. */
  order: string;
  dealer: string;
  state: TerritoryFlagState;
  shipTo: FlaggedDestination;
  currency: CurrencyCode;
  /** Of the order. */
  total: MinorUnits;
  placedAt: string;
  flaggedAt: string;
  clearedAt: string | null;
  /** The id of the API key. */
  clearedBy: string | null;
  /** Why it was cleared. */
  reason: string | null;
};

export type TerritoryFlagPage = {
  items: readonly (TerritoryFlag)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

/** `open`: the order earns its dealer nothing. `cleared`: somebody has said that it is fine. */
export type TerritoryFlagState = "open" | "cleared";

/** Label, badge, terms and description by language. */
export type Texts = { readonly [key: string]: {
  label?: string;
  badge?: string;
  terms?: string;
  description?: string;
} };

export type Tier = {
  key: TierKey;
  name?: string;
  /** At least so much in one of these currencies, which are never added up. Of the measure `amount`. */
  amounts?: MoneyMap;
  /** At least so many. Of the measures `orders` and `points`. */
  count?: number;
};

export type TierDowngrade = "to_qualified" | "one_level";

/** What the condition `tier` names. */
export type TierKey = string;

/** `amount`: what was paid, less what came back, by currency. `orders`: how many were neither cancelled nor returned as a whole. `points`: what orders earned of one programme, less what came back. */
export type TierMeasure = "amount" | "orders" | "points";

export type TierProgramme = {
  measure: TierMeasure;
  /** Whose points count, with the measure `points`. */
  pointsProgramme: string;
  /** Over what is counted: the last so many months, or the year so far, in the project's zone. */
  qualification: TierQualification;
  /** How long a tier is kept once it is reached: to the end of the day so many months later, or of the year so many years after that one. */
  validity: TierValidity;
  /** What follows when a tier ends: the one that the customer then qualifies for, or no less than one level below. The same tier goes on for another time where they still qualify for it. */
  downgrade: TierDowngrade;
  /** From the lowest to the highest. None: nobody is in a tier any more. */
  tiers: readonly (Tier)[];
  /** False while everybody is looked at for the first time since the rules were written. */
  isCurrent: boolean;
  /** The ETag. */
  version: number;
};

export type TierProgrammeDocument = {
  measure: TierMeasure;
  /** Whose points count, with the measure `points`. */
  pointsProgramme?: string;
  /** Over what is counted: the last so many months, or the year so far, in the project's zone. */
  qualification?: TierQualificationInput;
  /** How long a tier is kept once it is reached: to the end of the day so many months later, or of the year so many years after that one. */
  validity?: TierValidityInput;
  /** What follows when a tier ends: the one that the customer then qualifies for, or no less than one level below. The same tier goes on for another time where they still qualify for it. */
  downgrade?: TierDowngrade;
  /** From the lowest to the highest. None: nobody is in a tier any more. */
  tiers: readonly (Tier)[];
};

export type TierQualification = {
  kind: TierQualificationKind;
  /** Of `rolling_months`. */
  months: number;
};

export type TierQualificationInput = {
  kind: TierQualificationKind;
  /** Of `rolling_months`. */
  months?: number;
};

export type TierQualificationKind = "rolling_months" | "calendar_year";

export type TierSetting = {
  /** Null: none, whatever they bought. */
  tier: TierKey | null;
  /** From then on what they bought decides again. */
  until: string;
  /** For the audit trail: nothing personal. */
  reason: string;
};

export type TierValidity = {
  kind: TierValidityKind;
  count: number;
};

export type TierValidityInput = {
  kind: TierValidityKind;
  count?: number;
};

export type TierValidityKind = "months" | "calendar_years";

/** An IANA time zone, such as Asia/Shanghai. */
export type TimeZone = string;

export type TimingPart = {
  factor: "season" | "stock" | "cash" | "competition";
  points: number;
  because: string;
};

/** A CloudEvent 1.0 about what a customer or a visitor did. */
export type TrackedEvent = {
  specversion: "1.0";
  /** Unique for its source. The same id and source again is the same event, whatever its time says: what was told first stands. */
  id: string;
  /** Who says so, such as `/web` or `urn:shop:app`. */
  source: string;
  /** What happened: `view`, `click`, `share`, `sign_up`, `check_in`, or a name of your own. Lower case; not `dealwright.…` and not `order`, which funnels take from the orders. */
  type: string;
  /** When it happened. Late ones count at their own time, unless the operator keeps events for so long only (`time_too_old`); at most five minutes ahead of ours. */
  time: string;
  subject?: string;
  datacontenttype?: "application/json";
  data?: TrackedEventData;
};

export type TrackedEventBatch = {
  events: readonly (TrackedEvent)[];
};

export type TrackedEventData = {
  /** The customer's id. */
  customer?: string;
  /** Who it is as long as nobody knows: your id of a browser or device. An event with both says who they were. */
  visitor?: string;
  channel?: string;
  campaign?: string;
  /** The key of a promotion. */
  promotion?: string;
  store?: string;
  sku?: string;
  /** Who brought them: a customer's id or a referral code. */
  referrer?: string;
  value?: MinorUnits;
  attributes?: Attributes;
};

export type TrackedEventPage = {
  items: readonly (StoredTrackedEvent)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type TrackedEventReceipt = {
  stored: number;
  /** Known before, and left as they were. */
  repeated: number;
};

/** `automatic`, one shared `code`, or a `coupon` of a pool. */
export type Trigger = {
  type: "automatic";
} | {
  type: "code";
  code: string;
} | {
  type: "coupon";
  pool: string;
};

export type TriggerType = "automatic" | "code" | "coupon";

/** A promotion document, right or wrong. */
export type UncheckedPromotionDocument = { readonly [key: string]: unknown };

export type UnitRun = {
  units: number;
  /** Off each of these units. */
  amount: MinorUnits;
};

export type UnitStock = {
  sku: string;
  /** Left out: wherever it is sold, all places together. */
  store?: string;
  units: number;
};

export type ValidSince = "issue" | "claim";

export type ValidatedCode = {
  /** As entered. */
  code: string;
  status: ValidatedCodeStatus;
  reason: string | null;
  /** The reason in words. */
  message: string | null;
  /** With a cart: the key of the promotion behind the code. */
  promotion: string | null;
};

/** Without a cart `usable` or `rejected`, with one `applied` or `rejected`. */
export type ValidatedCodeStatus = "usable" | "applied" | "rejected";

/** An arm of an experiment: it applies to customers whose point, a hash of their id and the experiment's name, lies in its part. To nobody without a customer id. */
export type Variant = {
  /** Promotions that name the same one split customers by the same points. */
  experiment: string;
  /** Of the arm: promotions with the same name and range belong to one. */
  name: string;
  /** Where its part of the customers begins, in percent. */
  from: number;
  /** Where it ends, in percent. Widening a part moves nobody out of it; what no arm takes is the control, which gets none. */
  to: number;
};

export type Webhook = {
  id: string;
  url: string;
  types: readonly (string)[];
  description: string | null;
  enabled: boolean;
  /** `gone`: it answered 410. `failing`: it took nothing for three days. */
  disabledReason: WebhookDisabledReason | null;
  /** Null: the last attempt was a success. */
  failingSince: string | null;
  /** Those it signs with; two while they are rotated. */
  secrets: readonly (WebhookSecretHint)[];
  createdAt: string;
  updatedAt: string;
};

export type WebhookChange = {
  /** Public and https. Redirects are never followed. */
  url?: string;
  /** What it gets. Empty: everything. */
  types?: readonly (EventType)[];
  description?: string | null;
  /** While it is not, nothing is sent and no new events are kept for it; what was kept waits. Switched on, that is sent at once. */
  enabled?: boolean;
};

export type WebhookDelivery = {
  /** The event's, which is also its `webhook-id` header. */
  id: string;
  type: string;
  subject: string;
  status: WebhookDeliveryStatus;
  attempts: number;
  /** The next attempt, at the earliest; null if there is none. */
  dueAt: string | null;
  createdAt: string;
  attemptedAt: string | null;
  /** Null: there was no answer. */
  responseStatus: number | null;
  durationMilliseconds: number | null;
  /** The beginning of the answer. */
  response: string | null;
  /** Why there was no answer: `timed_out`, `unresolved`, `connection_failed`, `tls_failed`, `not_public`. */
  failure: string | null;
};

export type WebhookDeliveryPage = {
  items: readonly (WebhookDelivery)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

/** `dead`: given up, until it is replayed. */
export type WebhookDeliveryStatus = "pending" | "delivered" | "dead";

export type WebhookDisabledReason = "by_hand" | "gone" | "failing";

export type WebhookPage = {
  items: readonly (Webhook)[];
  /** Pass it as `after` to read on. Null on the last page. */
  nextCursor: string | null;
};

export type WebhookReplay = {
  /** How many dead deliveries are tried again. */
  replayed: number;
};

export type WebhookSecretHint = {
  /** Its beginning. */
  hint: string;
  createdAt: string;
  expiresAt: string | null;
};

export type WebhookSecretRotation = {
  /** So long events are signed with the old secret as well. */
  graceSeconds?: number;
};

export type WebhookTest = {
  delivered: boolean;
  /** Null: there was no answer. */
  responseStatus: number | null;
  durationMilliseconds: number | null;
  /** The beginning of the answer. */
  response: string | null;
  /** Why there was no answer: `timed_out`, `unresolved`, `connection_failed`, `tls_failed`, `not_public`. */
  failure: string | null;
};

export type WebhookToCreate = {
  /** Public and https. Redirects are never followed. */
  url: string;
  /** What it gets. Empty: everything. */
  types?: readonly (EventType)[];
  description?: string;
  enabled?: boolean;
};

export type WebhookWithSecret = {
  id: string;
  url: string;
  types: readonly (string)[];
  description: string | null;
  enabled: boolean;
  /** `gone`: it answered 410. `failing`: it took nothing for three days. */
  disabledReason: WebhookDisabledReason | null;
  /** Null: the last attempt was a success. */
  failingSince: string | null;
  /** Those it signs with; two while they are rotated. */
  secrets: readonly (WebhookSecretHint)[];
  createdAt: string;
  updatedAt: string;
  /** `whsec_…`, shown once. */
  secret: string;
};

export type WeighedGoal = {
  name: string;
  /** How much it matters, 0 to 10. */
  weight: number;
  urgency: number;
  impact: number;
};

/** How many different wrong codes may be tried in ten minutes. Beyond, codes are not looked at for the rest of them. */
export type WrongCodeLimits = {
  /** By one customer, device, phone or address, each for itself. */
  perCustomer: number;
  /** With one API key. */
  perKey: number;
  /** In the whole project. */
  perProject: number;
};

/** How many different wrong codes may be tried in ten minutes. Beyond, codes are not looked at for the rest of them. */
export type WrongCodeLimitsInput = {
  /** By one customer, device, phone or address, each for itself. */
  perCustomer?: number;
  /** With one API key. */
  perKey?: number;
  /** In the whole project. */
  perProject?: number;
};

/** RFC 9457 problem details. */
export type Problem = {
  type: string;
  title: string;
  status: number;
  code: "malformed-json" | "invalid-request" | "invalid-promotion" | "guessable-codes" | "invalid-cursor" | "invalid-graphql" | "graphql-too-complex" | "graphql-document-unknown" | "unauthenticated" | "forbidden-role" | "live-key-required" | "route-not-found" | "api-key-not-found" | "promotion-not-found" | "evaluation-not-found" | "scheduled-change-not-found" | "coupon-pool-not-found" | "coupon-not-found" | "points-spend-not-found" | "job-not-found" | "simulation-not-found" | "order-not-found" | "competitor-offer-not-found" | "dealer-not-found" | "contract-not-found" | "territory-flag-not-found" | "quote-not-found" | "price-list-not-found" | "list-price-not-found" | "rebate-agreement-not-found" | "rebate-period-not-found" | "rebate-statement-not-found" | "customer-not-found" | "customers-not-mergeable" | "segment-not-found" | "automation-not-found" | "campaign-not-found" | "policy-not-found" | "policy-action-not-found" | "rfm-not-configured" | "referral-programme-not-found" | "referral-code-not-found" | "check-in-programme-not-found" | "challenge-not-found" | "draw-not-found" | "tiers-not-configured" | "redemption-not-found" | "offline-flag-not-found" | "group-buy-not-found" | "webhook-not-found" | "webhook-delivery-not-found" | "method-not-allowed" | "request-timeout" | "not-acceptable" | "promotion-key-taken" | "segment-key-taken" | "segment-by-conditions" | "automation-key-taken" | "automation-state-conflict" | "automation-not-ready" | "campaign-key-taken" | "campaign-state-conflict" | "campaign-cost-conflict" | "coupon-pool-key-taken" | "measurement-too-slow" | "coupon-state-conflict" | "claim-refused" | "points-refused" | "points-spend-state-conflict" | "promotion-state-conflict" | "approval-required" | "approval-refused" | "scheduled-change-settled" | "promotion-killed" | "project-stopped" | "api-key-revoked" | "price_changed" | "code-not-applied" | "quote-expired" | "quote-redeemed" | "quote-exhausted" | "quote-mismatch" | "minimum-order-not-met" | "deposit-not-usable" | "order-already-redeemed" | "group-buy-refused" | "group-open" | "redemption-state-conflict" | "return-refused" | "redemption-expired" | "stale" | "stale_version" | "order-version-conflict" | "order-redemption-mismatch" | "order-state-conflict" | "voucher-refused" | "fund-period-open" | "fund-period-settled" | "contract-closed" | "territory-flag-cleared" | "rebate-agreement-settled" | "rebate-period-not-closable" | "rebate-statement-state-conflict" | "too-many-rebate-agreements" | "offline-flag-resolved" | "idempotency-key-in-use" | "too-many-segments" | "too-many-programmes" | "too-many-policies" | "check-in-refused" | "draw-key-taken" | "draw-ticket-refused" | "referral-programme-closed" | "too-many-automations" | "launch-check-required" | "too-many-simulations" | "simulation-running" | "too-many-webhooks" | "events-deleted" | "precondition-failed" | "body-too-large" | "unsupported-media-type" | "idempotency-key-reused" | "evaluation-too-complex" | "precondition-required" | "too-many-requests" | "too-many-attempts" | "headers-too-large" | "internal-error" | "guarantee-unavailable" | "unavailable";
  detail?: string;
  errors?: readonly ({
    /** A JSON Pointer. */
    path: string;
    code: string;
    message: string;
  })[];
  requestId: string;
  /** With `price_changed` and `code-not-applied`: what the order would cost now. */
  quote?: unknown;
};

export interface Operations {
  /** Price a cart: what each line, unit and shipment costs, and why. */
  evaluate: { request: { body: EvaluationRequest }; answer: Quote };
  /** Price up to 100 carts, each on its own. */
  evaluateBatch: { request: { body: EvaluationBatchRequest }; answer: EvaluationBatch };
  /** A saved evaluation, as it was requested and answered. */
  evaluation: { request: { params: { id: string } }; answer: StoredEvaluation };
  /** Compute a saved evaluation again, by the rules and facts it was made with. */
  replayEvaluation: { request: { params: { id: string } }; answer: Quote };
  /** The whole story of one promotion, or of all that touch the cart, in a saved evaluation. */
  explainEvaluation: { request: { params: { id: string }; query?: { promotion?: PromotionKey } }; answer: EvaluationExplanation };
  /** Prices for lists and product pages: one unit of each of up to 500 SKUs, on its own. */
  catalogPrices: { request: { body: CatalogPriceRequest }; answer: CatalogPrices };
  /** Copy promotions from one environment to the other, as drafts. */
  copyPromotions: { request: { body: PromotionCopy }; answer: PromotionCopyResult };
  /** Create a promotion, as a draft. */
  createPromotion: { request: { body: PromotionDocumentInput }; answer: Promotion };
  /** The project's promotions, newest first. */
  promotions: { request: { query?: { limit?: number; after?: string; status?: PromotionStatus; tag?: string; campaign?: string; trigger?: TriggerType; q?: string } }; answer: PromotionPage };
  /** How often each promotion was used, and what is left of its limit and its budget. */
  promotionUsages: { request: { query?: { limit?: number; after?: string; status?: PromotionStatus; tag?: string; campaign?: string; trigger?: TriggerType; q?: string } }; answer: PromotionUsagePage };
  /** Check a promotion document without storing it, and explain it in words. */
  validatePromotion: { request: { body: UncheckedPromotionDocument }; answer: PromotionValidation };
  /** Pairs of live promotions that can touch the same goods at the same time, and what then happens. */
  promotionOverlaps: { request: { query?: { limit?: number; after?: string; promotion?: PromotionKey; across?: "places" } }; answer: PromotionOverlapPage };
  /** A promotion by the caller's own key. */
  promotionByKey: { request: { params: { key: PromotionKey } }; answer: Promotion };
  /** Create the promotion with this key, as a draft, or bring its document up to date. */
  putPromotionByKey: { request: { params: { key: PromotionKey }; body: PromotionUpdate }; answer: Promotion };
  /** A promotion. */
  promotion: { request: { params: { id: string } }; answer: Promotion };
  /** Replace a promotion's document. One in force changes at once. */
  updatePromotion: { request: { params: { id: string }; body: PromotionUpdate; ifMatch: string }; answer: Promotion };
  /** Put a draft or paused promotion into force; it waits as `scheduled` for its start. */
  activatePromotion: { request: { params: { id: string } }; answer: Promotion };
  /** Take a promotion out of force for the time being. */
  pausePromotion: { request: { params: { id: string } }; answer: Promotion };
  /** Take a promotion out of force for good. */
  endPromotion: { request: { params: { id: string } }; answer: Promotion };
  /** Put a promotion away that is not in force. */
  archivePromotion: { request: { params: { id: string } }; answer: Promotion };
  /** Stop a promotion at once, its reservations included. */
  killPromotion: { request: { params: { id: string }; body: Killing }; answer: Promotion };
  /** Every version of a promotion, newest first. */
  promotionVersions: { request: { params: { id: string }; query?: { limit?: number; after?: string } }; answer: PromotionVersionPage };
  /** Make the document of an earlier version the newest again. Its state stays as it is. */
  revertPromotion: { request: { params: { id: string }; body: Reversion }; answer: Promotion };
  /** Approve a version of a promotion that needs it to come into force. */
  approvePromotion: { request: { params: { id: string }; body: PromotionDecisionRequest }; answer: PromotionApproval };
  /** Reject a version of a promotion, or take an approval back. */
  rejectPromotion: { request: { params: { id: string }; body: PromotionDecisionRequest }; answer: PromotionApproval };
  /** What others said of a promotion's versions, newest first. */
  promotionApprovals: { request: { params: { id: string }; query?: { limit?: number; after?: string } }; answer: PromotionApprovalPage };
  /** Comment a promotion, as it is now. */
  commentPromotion: { request: { params: { id: string }; body: PromotionCommentRequest }; answer: PromotionComment };
  /** The comments on a promotion, newest first. */
  promotionComments: { request: { params: { id: string }; query?: { limit?: number; after?: string } }; answer: PromotionCommentPage };
  /** Plan a change of a promotion: a new document, a patch of it, or an action. */
  schedulePromotionChange: { request: { params: { id: string }; body: ScheduledChangeRequest }; answer: ScheduledChange };
  /** The planned changes of a promotion and what became of them, newest first. */
  scheduledPromotionChanges: { request: { params: { id: string }; query?: { limit?: number; after?: string } }; answer: ScheduledChangePage };
  /** Cancel a planned change that has not happened yet. */
  cancelScheduledPromotionChange: { request: { params: { id: string; changeId: string } }; answer: ScheduledChange };
  /** Make the price of an order binding: take its codes, uses, budget and stock, all or none. */
  createRedemption: { request: { body: RedemptionRequest; idempotencyKey?: string }; answer: Redemption };
  /** Make a reservation final. */
  commitRedemption: { request: { params: { id: string }; idempotencyKey?: string }; answer: Redemption };
  /** Give everything back that a reserved or committed redemption took. */
  cancelRedemption: { request: { params: { id: string }; idempotencyKey?: string }; answer: Redemption };
  /** One redemption, as it is now. */
  redemption: { request: { params: { id: string } }; answer: Redemption };
  /** Redemptions, newest first; by order, customer, code or state. */
  redemptions: { request: { query?: { limit?: number; after?: string; orderRef?: string; source?: string; customer?: string; code?: string; state?: RedemptionState } }; answer: RedemptionPage };
  /** The whole history of one redemption: what it took and gave back, entry by entry, and its returns. */
  redemptionLedger: { request: { params: { id: string } }; answer: RedemptionLedger };
  /** Price a cart, and hold the price. */
  createQuote: { request: { body: HeldQuoteRequest }; answer: HeldQuote };
  /** Quotes that were given, newest first. */
  heldQuotes: { request: { query?: { limit?: number; after?: string; customer?: string } }; answer: HeldQuotePage };
  /** A quote that was given: its price, and what became of it. */
  heldQuote: { request: { params: { id: string } }; answer: HeldQuote };
  /** Return units of a redeemed order, and learn what the customer gets back for them. */
  returnRedemption: { request: { params: { id: string }; body: ReturnRequest; idempotencyKey?: string }; answer: RedemptionReturn };
  /** What came back of a redeemed order, and what was refunded for it; the first return first. */
  redemptionReturns: { request: { params: { id: string }; query?: { limit?: number; after?: string } }; answer: ReturnPage };
  /** The coupons and points that a redemption promised its customer, and what became of them. */
  redemptionRewards: { request: { params: { id: string } }; answer: RedemptionRewards };
  /** Promised coupons and points in one state, such as those that are owed; in the order of their redemptions. */
  rewards: { request: { query?: { limit?: number; after?: string; state?: RewardState; pool?: CouponPoolKey } }; answer: RewardPage };
  /** The rules of a currency of points; the usual ones where nobody has set any. */
  pointsProgramme: { request: { params: { key: PointsProgrammeKey } }; answer: PointsProgramme };
  /** Set the rules of a currency of points. They are for points that are earned from now on. */
  putPointsProgramme: { request: { params: { key: PointsProgrammeKey }; body: PointsProgrammeDocument; ifMatch: string }; answer: PointsProgramme };
  /** What was issued, redeemed and has lapsed, and what the project owes its customers in points. */
  pointsBooks: { request: { params: { key: PointsProgrammeKey } }; answer: PointsBooks };
  /** A customer's points: what can be spent, what is pending, what lapses next. */
  customerPoints: { request: { params: { id: string }; query?: { programme?: PointsProgrammeKey } }; answer: PointsStatement };
  /** How a customer's points came about, entry by entry, last first. */
  customerPointsEntries: { request: { params: { id: string }; query?: { limit?: number; after?: string; programme?: PointsProgrammeKey } }; answer: PointsEntryPage };
  /** Give a customer points, or take some, by hand. */
  adjustPoints: { request: { params: { id: string }; body: PointsAdjustment; idempotencyKey?: string }; answer: PointsBalance };
  /** Pay with points, or buy a coupon with them. */
  spendPoints: { request: { params: { id: string }; body: PointsSpendRequest; idempotencyKey?: string }; answer: PointsSpend };
  /** Points that were spent, or are held for it. */
  pointsSpend: { request: { params: { id: string } }; answer: PointsSpend };
  /** Make a reservation of points final. Again, it changes nothing. */
  commitPointsSpend: { request: { params: { id: string } }; answer: PointsSpend };
  /** Give back all points of a spend, reserved or committed. Again, it changes nothing. */
  cancelPointsSpend: { request: { params: { id: string } }; answer: PointsSpend };
  /** Give back some of the points that an order was paid with, where they do not follow it by themselves. */
  refundPoints: { request: { params: { id: string }; body: PointsRefund; idempotencyKey?: string }; answer: PointsSpend };
  /** The public keys by which a till proves vouchers without a network. */
  offlineKeys: { request: {  }; answer: OfflineKeySet };
  /** Sign vouchers with a new key from now on, and destroy the private half of the old one. */
  rotateOfflineKey: { request: { body?: OfflineKeyRotation }; answer: OfflineKeySet };
  /** Issue a signed voucher for one use that a till can accept without a network. */
  issueOfflineVoucher: { request: { body: OfflineVoucherRequest; idempotencyKey?: string }; answer: OfflineVoucher };
  /** Report what tills accepted without a network. */
  redeemOffline: { request: { body: OfflineRedemptionBatch }; answer: OfflineResults };
  /** What is not as it should be with what tills gave away, newest first. */
  offlineFlags: { request: { query?: { limit?: number; after?: string; kind?: OfflineFlagKind; state?: OfflineFlagState; voucher?: string; redemption?: string; till?: string } }; answer: OfflineFlagPage };
  /** Note that somebody has looked into a flag. It stays listed, as resolved. */
  resolveOfflineFlag: { request: { params: { id: string }; body: OfflineFlagResolution }; answer: OfflineFlag };
  /** Store an order, or the next version of it. */
  putOrder: { request: { params: { externalId: string }; body: OrderDocument }; answer: Order };
  /** The project's orders, latest placed first. */
  orders: { request: { query?: { limit?: number; after?: string; customer?: string; status?: OrderStatus; store?: string; channel?: string; dealer?: string; redemption?: string; from?: string; to?: string } }; answer: OrderPage };
  /** An order, as of its latest version. */
  order: { request: { params: { externalId: string } }; answer: Order };
  /** Return units of an order, and learn what the customer gets back for them. */
  returnOrderGoods: { request: { params: { externalId: string }; body: OrderReturnRequest; idempotencyKey?: string }; answer: OrderReturn };
  /** Create a pool of coupons, without codes yet. */
  createCouponPool: { request: { body: CouponPoolDocument }; answer: CouponPool };
  /** The project's coupon pools, newest first. */
  couponPools: { request: { query?: { limit?: number; after?: string; q?: string } }; answer: CouponPoolPage };
  /** A coupon pool. */
  couponPool: { request: { params: { key: CouponPoolKey } }; answer: CouponPool };
  /** Replace a pool's document. */
  updateCouponPool: { request: { params: { key: CouponPoolKey }; body: CouponPoolDocument; ifMatch: string }; answer: CouponPool };
  /** Begin to make codes: exactly so many, drawn at random, in the background. */
  generateCoupons: { request: { params: { key: CouponPoolKey }; body: CouponGeneration; idempotencyKey?: string }; answer: Job };
  /** Give a customer a code of the pool that is nobody's yet. */
  claimCoupon: { request: { params: { key: CouponPoolKey }; body: ClaimRequest; idempotencyKey?: string }; answer: CouponClaim };
  /** A customer's coupons, last got first. */
  coupons: { request: { query: { limit?: number; after?: string; customer: string } }; answer: CouponPage };
  /** Whether codes can be used now, and if not, why; with a cart, whether they apply to it. */
  validateCoupons: { request: { body: CouponValidationRequest }; answer: CouponValidation };
  /** A coupon, by its code as typed. */
  coupon: { request: { params: { code: string } }; answer: Coupon };
  /** Make a coupon invalid, for good. */
  voidCoupon: { request: { params: { code: string } }; answer: Coupon };
  /** Give a coupon to a customer, whosever it was; nobody else can use it then. */
  transferCoupon: { request: { params: { code: string }; body: CouponTransfer }; answer: Coupon };
  /** The project's jobs, newest first. */
  jobs: { request: { query?: { limit?: number; after?: string; state?: JobState; kind?: string } }; answer: JobPage };
  /** A job and how far it is. */
  job: { request: { params: { id: string } }; answer: Job };
  /** Stop a job. What it has done so far stays; one that is over stays as it is. */
  cancelJob: { request: { params: { id: string } }; answer: Job };
  /** The project's events in the order of their commits, none left out and none twice. */
  events: { request: { query?: { after?: string; types?: readonly (EventType)[]; limit?: number } }; answer: EventPage };
  /** Tell that a customer or a visitor did something. */
  trackEvent: { request: { body: TrackedEvent }; answer: TrackedEventReceipt };
  /** Tell of many events at once, all or none. */
  trackEvents: { request: { body: TrackedEventBatch }; answer: TrackedEventReceipt };
  /** What customers and visitors did, latest first. */
  trackedEvents: { request: { query?: { limit?: number; after?: string; type?: string; customer?: string; channel?: string; campaign?: string; from?: string; to?: string } }; answer: TrackedEventPage };
  /** How many people got how far: steps of events and orders, by channel. */
  funnel: { request: { query?: { steps?: readonly (string)[]; from?: string; to?: string; campaign?: string; channel?: string } }; answer: Funnel };
  /** What customers were given for bringing friends and for playing, newest first: to a customer, by a programme, or in a state. */
  prizes: { request: { query?: { limit?: number; after?: string; customer?: string; source?: PrizeSource; programme?: string; state?: PrizeState } }; answer: PrizePage };
  /** Set by what rules members are rewarded for bringing friends. */
  putReferralProgramme: { request: { params: { key: string }; body: ReferralProgrammeDocument; ifMatch: string }; answer: ReferralProgramme };
  /** The rules of a referral programme. */
  referralProgramme: { request: { params: { key: string } }; answer: ReferralProgramme };
  /** The project's referral programmes, by key. */
  referralProgrammes: { request: { query?: { limit?: number; after?: string } }; answer: ReferralProgrammePage };
  /** A customer's own code and link, by which friends come; the same however often it is asked for. */
  joinReferralProgramme: { request: { params: { key: string }; body: ReferralMemberRequest }; answer: ReferralMember };
  /** A friend came through a member's code. */
  refer: { request: { params: { key: string }; body: ReferralRequest }; answer: Referral };
  /** Friends who came, newest first: what became of each, and why. */
  referrals: { request: { params: { key: string }; query?: { limit?: number; after?: string; state?: ReferralState; reason?: ReferralReason; referrer?: string } }; answer: ReferralPage };
  /** How many members and friends there are, by state, reason and channel, and how many gifts are left. */
  referralResults: { request: { params: { key: string } }; answer: ReferralResults };
  /** Set what days in a row are worth. `If-Match: *` makes a new programme. */
  putCheckInProgramme: { request: { params: { key: string }; body: CheckInProgrammeDocument; ifMatch: string }; answer: CheckInProgramme };
  /** What days in a row are worth. */
  checkInProgramme: { request: { params: { key: string } }; answer: CheckInProgramme };
  /** The project's check-in programmes, by key. */
  checkInProgrammes: { request: { query?: { limit?: number; after?: string } }; answer: CheckInProgrammePage };
  /** A customer checks in, once a day of the project's zone. */
  checkIn: { request: { params: { key: string }; body: CheckInRequest }; answer: CheckIn };
  /** How many days in a row a customer has checked in. */
  checkInStreak: { request: { params: { key: string; customer: string } }; answer: CheckInStreak };
  /** Set a challenge: do something so many times by a date, and get a prize once. `If-Match: *` makes a new one. */
  putChallenge: { request: { params: { key: string }; body: ChallengeDocument; ifMatch: string }; answer: Challenge };
  /** A challenge. */
  challenge: { request: { params: { key: string } }; answer: Challenge };
  /** The project's challenges, by key. */
  challenges: { request: { query?: { limit?: number; after?: string } }; answer: ChallengePage };
  /** How far a customer has got. */
  challengeProgress: { request: { params: { key: string; customer: string } }; answer: ChallengeProgress };
  /** How many customers have begun, and how many have met it. */
  challengeResults: { request: { params: { key: string } }; answer: ChallengeResults };
  /** Declare a lucky draw: its prizes, their odds and stocks, and what is given where one is gone. It never changes. */
  createDraw: { request: { body: DrawDocument }; answer: Draw };
  /** The project's draws, by key. */
  draws: { request: { query?: { limit?: number; after?: string } }; answer: DrawPage };
  /** A draw as it was declared, how often each prize was given, and a minute after its end the seed. */
  draw: { request: { params: { key: string } }; answer: Draw };
  /** Draw a ticket. The same ticket again is answered the same, and costs nothing more. */
  drawTicket: { request: { params: { key: string }; body: DrawTicketRequest }; answer: DrawTicket };
  /** Every ticket that was drawn, by number. */
  drawRecords: { request: { params: { key: string }; query?: { limit?: number; after?: string } }; answer: DrawRecordPage };
  /** Have events sent to a URL from now on. The secret is shown in this answer and never again. */
  createWebhook: { request: { body: WebhookToCreate }; answer: WebhookWithSecret };
  /** The project's webhooks, newest first. */
  webhooks: { request: { query?: { limit?: number; after?: string } }; answer: WebhookPage };
  /** A webhook. */
  webhook: { request: { params: { id: string } }; answer: Webhook };
  /** Change a webhook. What is left out stays as it is. */
  updateWebhook: { request: { params: { id: string }; body: WebhookChange }; answer: Webhook };
  /** Delete a webhook with its log and whatever was still to be sent to it. */
  deleteWebhook: { request: { params: { id: string } }; answer: Webhook };
  /** Give a webhook a new secret. */
  rotateWebhookSecret: { request: { params: { id: string }; body?: WebhookSecretRotation }; answer: WebhookWithSecret };
  /** Send `dealwright.webhook.test` at once, and tell what was answered within five seconds. */
  testWebhook: { request: { params: { id: string } }; answer: WebhookTest };
  /** What a webhook got, is still to get or never got, newest first. */
  webhookDeliveries: { request: { params: { id: string }; query?: { limit?: number; after?: string; status?: WebhookDeliveryStatus } }; answer: WebhookDeliveryPage };
  /** Send an event again, whatever became of it, with all its attempts before it. */
  replayWebhookDelivery: { request: { params: { id: string; deliveryId: string } }; answer: WebhookDelivery };
  /** Send all dead events again. */
  replayWebhook: { request: { params: { id: string } }; answer: WebhookReplay };
  /** How sales answer to the price, from pairs of price and units sold. */
  priceElasticity: { request: { body: PriceElasticityQuestion }; answer: PriceElasticityAnswer };
  /** Which of several goals goes first. */
  goalPriorities: { request: { body: GoalPrioritiesQuestion }; answer: GoalPrioritiesAnswer };
  /** How deep a discount may be: the rule of thumb, and beside it what the margin says. */
  discountDepth: { request: { body: DiscountDepthQuestion }; answer: DiscountDepthAnswer };
  /** How good a time it is for a promotion, out of 95 points. */
  promotionTiming: { request: { body: PromotionTimingQuestion }; answer: PromotionTimingAnswer };
  /** A budget three ways: from the target, from the share that promotions may cost, from what they add. */
  promotionBudget: { request: { body: PromotionBudgetQuestion }; answer: PromotionBudgetAnswer };
  /** A budget by element and by stage of the customers' life, after what is easily forgotten. */
  promotionBudgetSplit: { request: { body: PromotionBudgetSplitQuestionInput }; answer: PromotionBudgetSplitAnswer };
  /** What a budget would bring on each channel, and a split of it over them. */
  channelReturns: { request: { body: ChannelReturnsQuestionInput }; answer: ChannelReturnsAnswer };
  /** What a campaign earned: ROI, what it added, what a new customer cost, margins. */
  campaignReturns: { request: { body: CampaignReturnsQuestion }; answer: CampaignReturnsAnswer };
  /** Whether two samples differ by more than chance: Welch's t-test. */
  significance: { request: { body: SignificanceQuestionInput }; answer: SignificanceAnswer };
  /** Record what a competitor offers, or say it anew. */
  putCompetitorOffer: { request: { params: { key: string }; body: CompetitorOfferDocument }; answer: CompetitorOffer };
  /** Forget what a competitor offered. */
  deleteCompetitorOffer: { request: { params: { key: string } }; answer: CompetitorOffer };
  /** What competitors offer and offered, by when it began. */
  competitorOffers: { request: { query?: { limit?: number; after?: string; competitor?: string } }; answer: CompetitorOfferPage };
  /** What competitors offered in a time, beside what our own campaigns of that time earned. */
  market: { request: { query: { from: string; to: string; currency: string } }; answer: Market };
  /** Begin to replay the orders of a period with drafts: what would they have cost? */
  simulate: { request: { body: SimulationRequest }; answer: SimulationSummary };
  /** The project's simulations, newest first, without their reports. */
  simulations: { request: { query?: { limit?: number; after?: string } }; answer: SimulationPage };
  /** A simulation, how far it is, and its report once it has succeeded. */
  simulation: { request: { params: { id: string } }; answer: Simulation };
  /** Delete a simulation that is over, with its report. */
  deleteSimulation: { request: { params: { id: string } }; answer: DeletedSimulation };
  /** The project this API key belongs to. */
  project: { request: {  }; answer: Project };
  /** Change the project's settings. */
  updateProjectSettings: { request: { body: ProjectSettingsChange; ifMatch: string }; answer: Project };
  /** Whether the project is stopped, its limits on wrong codes, and its alarms. */
  projectSafeguards: { request: {  }; answer: ProjectSafeguards };
  /** Change the project's limits on wrong codes, or its alarms. */
  updateProjectSafeguards: { request: { body: SafeguardsChange }; answer: ProjectSafeguards };
  /** Take every promotion of the project out of force, at once. */
  stopProject: { request: { body: StopRequest }; answer: ProjectSafeguards };
  /** Put the promotions of a stopped project into force again, as their status says. */
  resumeProject: { request: {  }; answer: ProjectSafeguards };
  /** Create an API key. Its secret is shown in this answer and never again. */
  createApiKey: { request: { body: ApiKeyCreation }; answer: IssuedApiKey };
  /** The project's API keys, newest first. */
  apiKeys: { request: { query?: { limit?: number; after?: string } }; answer: ApiKeyPage };
  /** Change an API key's name, end or limit. */
  updateApiKey: { request: { params: { id: string }; body: ApiKeyChange }; answer: ApiKey };
  /** Give an API key a new secret. */
  rotateApiKey: { request: { params: { id: string }; body?: ApiKeyRotation }; answer: IssuedApiKey };
  /** Revoke an API key with all its secrets, for good. */
  revokeApiKey: { request: { params: { id: string } }; answer: ApiKey };
  /** Say something of a customer, known or new. */
  putCustomer: { request: { params: { id: string }; body: CustomerDocument; ifMatch?: string }; answer: Customer };
  /** The project's customers, by id. */
  customers: { request: { query?: { limit?: number; after?: string; group?: string; tag?: string; segment?: string; tier?: string; updatedSince?: string } }; answer: CustomerPage };
  /** A customer. */
  customer: { request: { params: { id: string } }; answer: Customer };
  /** A customer at a glance: what they bought, saved and hold, and where they belong. */
  customerOverview: { request: { params: { id: string } }; answer: CustomerOverview };
  /** Everything that is kept under a customer's id. */
  customerExport: { request: { params: { id: string } }; answer: CustomerExport };
  /** A guest signed in or up: whatever they had is the customer's, and their id stands for the customer. */
  mergeCustomers: { request: { params: { id: string }; body: CustomerMergeRequest }; answer: CustomerMerge };
  /** Erase a customer: whatever is personal goes, and a pseudonym takes the place of their id. */
  eraseCustomer: { request: { params: { id: string } }; answer: CustomerErasure };
  /** Create a segment: by conditions about customers, or as a list that is filled by hand. */
  createSegment: { request: { body: SegmentDocument }; answer: Segment };
  /** The project's segments, newest first. */
  segments: { request: { query?: { limit?: number; after?: string } }; answer: SegmentPage };
  /** Whom a segment would have, without storing it. */
  previewSegment: { request: { body: SegmentPreviewRequest }; answer: SegmentPreview };
  /** A segment. */
  segment: { request: { params: { key: string } }; answer: Segment };
  /** Replace a segment's document. */
  updateSegment: { request: { params: { key: string }; body: SegmentDocument; ifMatch: string }; answer: Segment };
  /** Delete a segment. Promotions that name it then have nobody in it. */
  deleteSegment: { request: { params: { key: string } }; answer: SegmentDeletion };
  /** Who is in a segment, by id. */
  segmentMembers: { request: { params: { key: string }; query?: { limit?: number; after?: string } }; answer: SegmentMemberPage };
  /** Put customers on a list, or take them off it. */
  changeSegmentMembers: { request: { params: { key: string }; body: SegmentMembersChange }; answer: SegmentMembersChanged };
  /** By what customers are scored: how lately, how often and for how much they bought. */
  rfm: { request: {  }; answer: RfmSettings };
  /** Say by what customers are scored. */
  putRfm: { request: { body: RfmDocument; ifMatch?: string }; answer: RfmSettings };
  /** Create the usual segments: high-value-active, at-risk, dormant (no order for more than 90 days), new. */
  createPresetSegments: { request: { body: SegmentPresetRequest }; answer: SegmentPresets };
  /** The membership tiers of the project, and how they are reached. */
  tierProgramme: { request: {  }; answer: TierProgramme };
  /** Say which membership tiers there are, and how they are reached. */
  putTierProgramme: { request: { body: TierProgrammeDocument; ifMatch?: string }; answer: TierProgramme };
  /** A customer's tier, until when they have it, and what is missing to the next. */
  customerTier: { request: { params: { id: string } }; answer: CustomerTier };
  /** Set a customer's tier by hand for some time, as for somebody who comes from a competitor. */
  setCustomerTier: { request: { params: { id: string }; body: TierSetting }; answer: CustomerTier };
  /** Take back the tier that was set by hand: what the customer bought decides again. */
  resetCustomerTier: { request: { params: { id: string } }; answer: CustomerTier };
  /** Say how much of a SKU there is, in a store or at large. */
  putStock: { request: { params: { sku: string }; body: StockDocument }; answer: StockLevel };
  /** What is known of the stock, by SKU and store. */
  stock: { request: { query?: { limit?: number; after?: string; sku?: string; store?: string; atMost?: number } }; answer: StockPage };
  /** On how many days of a year each SKU was on promotion, and which rest. */
  promotionDays: { request: { query?: { limit?: number; after?: string; year?: number; sku?: string } }; answer: PromotionDaysPage };
  /** Open a dealer's account, or replace what it says. */
  putDealer: { request: { params: { id: string }; body: DealerDocument; ifMatch?: string }; answer: Dealer };
  /** The project's dealers, by id. */
  dealers: { request: { query?: { limit?: number; after?: string; level?: string; region?: string; parent?: string; network?: string } }; answer: DealerPage };
  /** A dealer's account, and who is above them. */
  dealer: { request: { params: { id: string } }; answer: Dealer };
  /** Orders that were shipped outside of their dealer's territory, latest placed first. */
  territoryFlags: { request: { query?: { limit?: number; after?: string; dealer?: string; state?: TerritoryFlagState; from?: string; to?: string } }; answer: TerritoryFlagPage };
  /** Say that an order outside of its dealer's territory is fine, and why. */
  clearTerritoryFlag: { request: { params: { order: string }; body: TerritoryClearing }; answer: TerritoryFlag };
  /** Agree on a rebate, or replace what was agreed on. */
  putRebateAgreement: { request: { params: { key: RebateAgreementKey }; body: RebateAgreementDocument; ifMatch?: string }; answer: RebateAgreement };
  /** The project's rebate agreements, by key. */
  rebateAgreements: { request: { query?: { limit?: number; after?: string } }; answer: RebateAgreementPage };
  /** A rebate agreement and its periods. */
  rebateAgreement: { request: { params: { key: RebateAgreementKey } }; answer: RebateAgreement };
  /** Close a period that is over: every dealer gets their statement. */
  closeRebatePeriod: { request: { params: { key: RebateAgreementKey; period: string } }; answer: ClosedRebatePeriod };
  /** Where the dealers of an agreement stand in one of its periods, by dealer. */
  rebateStandings: { request: { query: { limit?: number; after?: string; agreement: RebateAgreementKey; period: string; dealer?: string } }; answer: RebateStandingPage };
  /** A dealer's targets, attainment and rewards, and what the next threshold is worth. */
  dealerRebates: { request: { params: { id: string }; query?: { at?: string } }; answer: DealerRebates };
  /** The books of a dealer in a period, last entry first. */
  rebateEntries: { request: { query: { limit?: number; after?: string; agreement: RebateAgreementKey; period: string; dealer: string } }; answer: RebateEntryPage };
  /** Statements of closed periods, last closed first. */
  rebateStatements: { request: { query?: { limit?: number; after?: string; agreement?: RebateAgreementKey; period?: string; dealer?: string; state?: RebateStatementState } }; answer: RebateStatementPage };
  /** A dealer's statement; its lines add up to its total. */
  rebateStatement: { request: { params: { id: string } }; answer: RebateStatement };
  /** Approve a statement for payment. */
  approveRebateStatement: { request: { params: { id: string } }; answer: RebateStatement };
  /** Say that an approved statement was paid, or settled where the dealer owed it. */
  payRebateStatement: { request: { params: { id: string }; body: RebatePayment }; answer: RebateStatement };
  /** What a dealer and others bear together of a month's discounts. */
  dealerFunding: { request: { params: { id: string; period: string } }; answer: FundStatement };
  /** The entries that such a statement adds up, by redemption. */
  dealerFundEntries: { request: { params: { id: string; period: string }; query?: { limit?: number; after?: string } }; answer: FundEntryPage };
  /** Settle a month that is over: it stays as it is from then on. */
  settleDealerFunding: { request: { params: { id: string; period: string }; body: FundSettlement }; answer: FundStatement };
  /** Enter a customer's contract, or replace what it says. */
  putContract: { request: { params: { id: string }; body: ContractDocument; ifMatch?: string }; answer: Contract };
  /** The project's contracts, by id. */
  contracts: { request: { query?: { limit?: number; after?: string; customer?: string; kind?: string; state?: ContractState; endsFrom?: string; endsTo?: string } }; answer: ContractPage };
  /** A contract, and the terms before and after it. */
  contract: { request: { params: { id: string } }; answer: Contract };
  /** Renew a contract: its next term is a contract of its own. Once, however often it is sent. */
  renewContract: { request: { params: { id: string }; body: ContractRenewal }; answer: Contract };
  /** Give a contract up before its end. Of its cohort it is not renewed. */
  cancelContract: { request: { params: { id: string } }; answer: Contract };
  /** How many contracts were renewed, by the month, quarter or year in which they end. */
  contractRenewals: { request: { query?: { by?: RenewalCohort; kind?: string; endsFrom?: string; endsTo?: string } }; answer: ContractRenewals };
  /** What being a customer was worth in a year: orders, services, and what they would have paid without promotions. */
  customerValueReport: { request: { params: { id: string }; query: { year?: number; currency: CurrencyCode } }; answer: CustomerValueReport };
  /** Open a price list, or replace what it says; its prices stay. */
  putPriceList: { request: { params: { key: string }; body: PriceListDocument; ifMatch?: string }; answer: PriceList };
  /** The project's price lists, by key. */
  priceLists: { request: { query?: { limit?: number; after?: string } }; answer: PriceListPage };
  /** A price list, without its prices. */
  priceList: { request: { params: { key: string } }; answer: PriceList };
  /** The prices of a list, by SKU. */
  listPrices: { request: { params: { key: string }; query?: { limit?: number; after?: string; sku?: string } }; answer: ListPricePage };
  /** Say what a SKU costs by a list, by volume. */
  putListPrice: { request: { params: { key: string; sku: string }; body: ListPriceDocument }; answer: ListPrice };
  /** Take a SKU out of a list. */
  deleteListPrice: { request: { params: { key: string; sku: string } }; answer: ListPrice };
  /** Create an automation, as a draft: what happens to a customer, under which conditions, and what then follows. */
  createAutomation: { request: { body: AutomationDocument }; answer: Automation };
  /** The project's automations, newest first. */
  automations: { request: { query?: { limit?: number; after?: string; status?: AutomationStatus } }; answer: AutomationPage };
  /** An automation. */
  automation: { request: { params: { id: string } }; answer: Automation };
  /** Replace an automation's document. */
  updateAutomation: { request: { params: { id: string }; body: AutomationDocument; ifMatch: string }; answer: Automation };
  /** Put an automation into force: whatever happens from now on triggers it. */
  activateAutomation: { request: { params: { id: string } }; answer: Automation };
  /** Pause an automation: once this is answered nothing more is done of it, in any process. */
  pauseAutomation: { request: { params: { id: string } }; answer: Automation };
  /** Put an automation away for good, with what it still owes. Its runs can be read on. */
  archiveAutomation: { request: { params: { id: string } }; answer: Automation };
  /** Whom an automation would reach now, without storing it, and why others not. */
  dryRunAutomationDocument: { request: { query?: { sample?: number; afterCustomer?: string; outcome?: AutomationOutcome }; body: AutomationDocument }; answer: AutomationDryRun };
  /** Whom an automation would reach now, and why others not; nothing is done. */
  dryRunAutomation: { request: { params: { id: string }; query?: { sample?: number; afterCustomer?: string; outcome?: AutomationOutcome } }; answer: AutomationDryRun };
  /** What an automation came to: runs, coupons issued and redeemed, revenue and discounts. */
  automationResults: { request: { params: { id: string } }; answer: AutomationResults };
  /** Whom an automation was triggered for, newest first, and what became of it. */
  automationRuns: { request: { params: { id: string }; query?: { limit?: number; after?: string; state?: AutomationRunState; customer?: string } }; answer: AutomationRunPage };
  /** Open a group that buys together, with the opener's order as its first. */
  openGroupBuy: { request: { body: GroupBuyOpening; idempotencyKey?: string }; answer: GroupBuySeat };
  /** Join a group with an order of one's own: once for each customer. */
  joinGroupBuy: { request: { params: { id: string }; body: GroupBuyJoining; idempotencyKey?: string }; answer: GroupBuySeat };
  /** Groups, last opened first. */
  groupBuys: { request: { query?: { limit?: number; after?: string; customer?: string; promotion?: PromotionKey; state?: GroupBuyState } }; answer: GroupBuyPage };
  /** A group: how many are in it, and until when. */
  groupBuy: { request: { params: { id: string }; query?: { customer?: string } }; answer: GroupBuy };
  /** Plan a campaign: dates, channels, goals with numbers, a budget. */
  createCampaign: { request: { body: CampaignDocument }; answer: Campaign };
  /** The project's campaigns, the latest beginning first. */
  campaigns: { request: { query?: { limit?: number; after?: string; status?: CampaignStatus; channel?: string; q?: string } }; answer: CampaignPage };
  /** A campaign as it is planned. */
  campaign: { request: { params: { key: string } }; answer: Campaign };
  /** Replace a campaign's plan. */
  updateCampaign: { request: { params: { key: string }; body: CampaignDocument; ifMatch: string }; answer: Campaign };
  /** Put a campaign away. Its promotions and its figures stay as they are. */
  archiveCampaign: { request: { params: { key: string } }; answer: Campaign };
  /** Enter what a campaign cost beside its discounts: advertising, service, hidden costs. */
  addCampaignCost: { request: { params: { key: string }; body: CampaignCostEntry }; answer: CampaignCost };
  /** What was entered as a campaign's cost, the latest first. */
  campaignCosts: { request: { params: { key: string }; query?: { limit?: number; after?: string; element?: string; channel?: string } }; answer: CampaignCostPage };
  /** Each goal of a campaign: what was to be reached, what is, and whether that is enough by now. */
  campaignAttainment: { request: { params: { key: string } }; answer: CampaignAttainments };
  /** All that there is to watch of a campaign: figures, goals, channels, promotions, alerts. */
  campaignBoard: { request: { params: { key: string } }; answer: CampaignBoard };
  /** What became of a campaign: goal, actual, gap, causes and action, and what people wrote of it. */
  campaignReview: { request: { params: { key: string } }; answer: CampaignReview };
  /** Write down why (five times), and what to know of it the next time. */
  writeCampaignReview: { request: { params: { key: string }; body: CampaignReviewNotesInput; ifMatch: string }; answer: CampaignReview };
  /** What was learned from campaigns, searched by words; those written last first. */
  campaignKnowledge: { request: { query?: { limit?: number; after?: string; q?: string; type?: string } }; answer: CampaignKnowledgePage };
  /** Say what is to be done by itself when the campaign's figures pass a bound, as a stop-loss does. `If-Match: *` makes a new policy. */
  putPolicy: { request: { params: { campaign: string; key: string }; body: PolicyDocument; ifMatch: string }; answer: Policy };
  /** A policy of a campaign. */
  policy: { request: { params: { campaign: string; key: string } }; answer: Policy };
  /** The policies of a campaign, by key. */
  policies: { request: { params: { campaign: string }; query?: { limit?: number; after?: string } }; answer: PolicyPage };
  /** What policies of a campaign did, on what figures, and what was taken back. The latest first. */
  policyActions: { request: { params: { campaign: string }; query?: { limit?: number; after?: string; policy?: string } }; answer: PolicyActionPage };
  /** Take back what a policy did. What somebody changed since is left alone; what was a draft before is paused. */
  undoPolicyAction: { request: { params: { campaign: string; id: string } }; answer: PolicyAction };
  /** What a campaign earned, and what it added: against its holdout and against last year. */
  campaignMeasurement: { request: { params: { key: string }; query?: { currency?: CurrencyCode; confidence?: number } }; answer: CampaignMeasurement };
  /** What a campaign earned by channel, segment or SKU: ROI, margin, what a new customer cost. */
  campaignBreakdown: { request: { params: { key: string }; query: { by: BreakdownBy; currency?: CurrencyCode; limit?: number } }; answer: CampaignBreakdown };
  /** What the variants of an experiment brought, arm by arm. */
  experimentMeasurement: { request: { params: { name: string }; query: { currency: CurrencyCode; confidence?: number; to?: string } }; answer: ExperimentMeasurement };
  /** Which channels the orders came from: by first touch, last touch, and all touches alike. */
  campaignAttribution: { request: { params: { key: string }; query?: { currency?: CurrencyCode; windowDays?: number } }; answer: CampaignAttribution };
  /** What new customers cost, how many buy again, and what they are worth; by channel and cohort. */
  customerKpis: { request: { query: { currency: CurrencyCode; from: string; to: string; by?: CustomerKpiGrouping; repurchaseDays?: number; periodDays?: number; margin?: number; discountRate?: number } }; answer: CustomerKpis };
  /** For how many days the stock of each SKU lasts at the pace at which it was sold. */
  stockTurnover: { request: { query?: { sku?: string; days?: number; limit?: number } }; answer: StockTurnover };
  /** Check now whether the campaign can be launched: each line with its evidence. */
  checkLaunch: { request: { params: { key: string } }; answer: LaunchCheck };
  /** A campaign's checks, newest first. */
  launchChecks: { request: { params: { key: string }; query?: { limit?: number; after?: string } }; answer: LaunchCheckPage };
  /** Who changed what of the project's configuration, newest first. */
  auditEntries: { request: { query?: { limit?: number; after?: string; resource?: string; id?: string; key?: string; operation?: string; from?: string; to?: string } }; answer: AuditPage };
  /** The end of the chain that the project's audit entries are sealed into. */
  auditHead: { request: {  }; answer: AuditHead };
}

/** How each is asked over HTTP, and whether it may be asked again when nobody knows what became of it. */
export const routes = {
  evaluate: { method: "POST", path: "/v1/evaluations", isRepeatable: true, takesIdempotencyKey: false },
  evaluateBatch: { method: "POST", path: "/v1/evaluations/batch", isRepeatable: true, takesIdempotencyKey: false },
  evaluation: { method: "GET", path: "/v1/evaluations/{id}", isRepeatable: true, takesIdempotencyKey: false },
  replayEvaluation: { method: "POST", path: "/v1/evaluations/{id}/replay", isRepeatable: true, takesIdempotencyKey: false },
  explainEvaluation: { method: "POST", path: "/v1/evaluations/{id}/explain", isRepeatable: true, takesIdempotencyKey: false },
  catalogPrices: { method: "POST", path: "/v1/catalog-prices", isRepeatable: true, takesIdempotencyKey: false },
  copyPromotions: { method: "POST", path: "/v1/promotions/copy", isRepeatable: false, takesIdempotencyKey: false },
  createPromotion: { method: "POST", path: "/v1/promotions", isRepeatable: false, takesIdempotencyKey: false },
  promotions: { method: "GET", path: "/v1/promotions", isRepeatable: true, takesIdempotencyKey: false },
  promotionUsages: { method: "GET", path: "/v1/promotions/usages", isRepeatable: true, takesIdempotencyKey: false },
  validatePromotion: { method: "POST", path: "/v1/promotions/validate", isRepeatable: true, takesIdempotencyKey: false },
  promotionOverlaps: { method: "GET", path: "/v1/promotions/overlaps", isRepeatable: true, takesIdempotencyKey: false },
  promotionByKey: { method: "GET", path: "/v1/promotions/by-key/{key}", isRepeatable: true, takesIdempotencyKey: false },
  putPromotionByKey: { method: "PUT", path: "/v1/promotions/by-key/{key}", isRepeatable: true, takesIdempotencyKey: false },
  promotion: { method: "GET", path: "/v1/promotions/{id}", isRepeatable: true, takesIdempotencyKey: false },
  updatePromotion: { method: "PUT", path: "/v1/promotions/{id}", isRepeatable: true, takesIdempotencyKey: false },
  activatePromotion: { method: "POST", path: "/v1/promotions/{id}/activate", isRepeatable: false, takesIdempotencyKey: false },
  pausePromotion: { method: "POST", path: "/v1/promotions/{id}/pause", isRepeatable: false, takesIdempotencyKey: false },
  endPromotion: { method: "POST", path: "/v1/promotions/{id}/end", isRepeatable: false, takesIdempotencyKey: false },
  archivePromotion: { method: "POST", path: "/v1/promotions/{id}/archive", isRepeatable: false, takesIdempotencyKey: false },
  killPromotion: { method: "POST", path: "/v1/promotions/{id}/kill", isRepeatable: false, takesIdempotencyKey: false },
  promotionVersions: { method: "GET", path: "/v1/promotions/{id}/versions", isRepeatable: true, takesIdempotencyKey: false },
  revertPromotion: { method: "POST", path: "/v1/promotions/{id}/revert", isRepeatable: false, takesIdempotencyKey: false },
  approvePromotion: { method: "POST", path: "/v1/promotions/{id}/approve", isRepeatable: false, takesIdempotencyKey: false },
  rejectPromotion: { method: "POST", path: "/v1/promotions/{id}/reject", isRepeatable: false, takesIdempotencyKey: false },
  promotionApprovals: { method: "GET", path: "/v1/promotions/{id}/approvals", isRepeatable: true, takesIdempotencyKey: false },
  commentPromotion: { method: "POST", path: "/v1/promotions/{id}/comments", isRepeatable: false, takesIdempotencyKey: false },
  promotionComments: { method: "GET", path: "/v1/promotions/{id}/comments", isRepeatable: true, takesIdempotencyKey: false },
  schedulePromotionChange: { method: "POST", path: "/v1/promotions/{id}/scheduled-changes", isRepeatable: false, takesIdempotencyKey: false },
  scheduledPromotionChanges: { method: "GET", path: "/v1/promotions/{id}/scheduled-changes", isRepeatable: true, takesIdempotencyKey: false },
  cancelScheduledPromotionChange: { method: "POST", path: "/v1/promotions/{id}/scheduled-changes/{changeId}/cancel", isRepeatable: false, takesIdempotencyKey: false },
  createRedemption: { method: "POST", path: "/v1/redemptions", isRepeatable: true, takesIdempotencyKey: true },
  commitRedemption: { method: "POST", path: "/v1/redemptions/{id}/commit", isRepeatable: true, takesIdempotencyKey: true },
  cancelRedemption: { method: "POST", path: "/v1/redemptions/{id}/cancel", isRepeatable: true, takesIdempotencyKey: true },
  redemption: { method: "GET", path: "/v1/redemptions/{id}", isRepeatable: true, takesIdempotencyKey: false },
  redemptions: { method: "GET", path: "/v1/redemptions", isRepeatable: true, takesIdempotencyKey: false },
  redemptionLedger: { method: "GET", path: "/v1/redemptions/{id}/ledger", isRepeatable: true, takesIdempotencyKey: false },
  createQuote: { method: "POST", path: "/v1/quotes", isRepeatable: false, takesIdempotencyKey: false },
  heldQuotes: { method: "GET", path: "/v1/quotes", isRepeatable: true, takesIdempotencyKey: false },
  heldQuote: { method: "GET", path: "/v1/quotes/{id}", isRepeatable: true, takesIdempotencyKey: false },
  returnRedemption: { method: "POST", path: "/v1/redemptions/{id}/returns", isRepeatable: true, takesIdempotencyKey: true },
  redemptionReturns: { method: "GET", path: "/v1/redemptions/{id}/returns", isRepeatable: true, takesIdempotencyKey: false },
  redemptionRewards: { method: "GET", path: "/v1/redemptions/{id}/rewards", isRepeatable: true, takesIdempotencyKey: false },
  rewards: { method: "GET", path: "/v1/rewards", isRepeatable: true, takesIdempotencyKey: false },
  pointsProgramme: { method: "GET", path: "/v1/points-programmes/{key}", isRepeatable: true, takesIdempotencyKey: false },
  putPointsProgramme: { method: "PUT", path: "/v1/points-programmes/{key}", isRepeatable: true, takesIdempotencyKey: false },
  pointsBooks: { method: "GET", path: "/v1/points-programmes/{key}/books", isRepeatable: true, takesIdempotencyKey: false },
  customerPoints: { method: "GET", path: "/v1/customers/{id}/points", isRepeatable: true, takesIdempotencyKey: false },
  customerPointsEntries: { method: "GET", path: "/v1/customers/{id}/points/entries", isRepeatable: true, takesIdempotencyKey: false },
  adjustPoints: { method: "POST", path: "/v1/customers/{id}/points/adjustments", isRepeatable: true, takesIdempotencyKey: true },
  spendPoints: { method: "POST", path: "/v1/customers/{id}/points/spends", isRepeatable: true, takesIdempotencyKey: true },
  pointsSpend: { method: "GET", path: "/v1/points-spends/{id}", isRepeatable: true, takesIdempotencyKey: false },
  commitPointsSpend: { method: "POST", path: "/v1/points-spends/{id}/commit", isRepeatable: false, takesIdempotencyKey: false },
  cancelPointsSpend: { method: "POST", path: "/v1/points-spends/{id}/cancel", isRepeatable: false, takesIdempotencyKey: false },
  refundPoints: { method: "POST", path: "/v1/points-spends/{id}/refunds", isRepeatable: true, takesIdempotencyKey: true },
  offlineKeys: { method: "GET", path: "/v1/offline/keys", isRepeatable: true, takesIdempotencyKey: false },
  rotateOfflineKey: { method: "POST", path: "/v1/offline/keys/rotate", isRepeatable: false, takesIdempotencyKey: false },
  issueOfflineVoucher: { method: "POST", path: "/v1/offline/vouchers", isRepeatable: true, takesIdempotencyKey: true },
  redeemOffline: { method: "POST", path: "/v1/redemptions/offline", isRepeatable: false, takesIdempotencyKey: false },
  offlineFlags: { method: "GET", path: "/v1/offline/flags", isRepeatable: true, takesIdempotencyKey: false },
  resolveOfflineFlag: { method: "POST", path: "/v1/offline/flags/{id}/resolve", isRepeatable: false, takesIdempotencyKey: false },
  putOrder: { method: "PUT", path: "/v1/orders/{externalId}", isRepeatable: true, takesIdempotencyKey: false },
  orders: { method: "GET", path: "/v1/orders", isRepeatable: true, takesIdempotencyKey: false },
  order: { method: "GET", path: "/v1/orders/{externalId}", isRepeatable: true, takesIdempotencyKey: false },
  returnOrderGoods: { method: "POST", path: "/v1/orders/{externalId}/returns", isRepeatable: true, takesIdempotencyKey: true },
  createCouponPool: { method: "POST", path: "/v1/coupon-pools", isRepeatable: false, takesIdempotencyKey: false },
  couponPools: { method: "GET", path: "/v1/coupon-pools", isRepeatable: true, takesIdempotencyKey: false },
  couponPool: { method: "GET", path: "/v1/coupon-pools/{key}", isRepeatable: true, takesIdempotencyKey: false },
  updateCouponPool: { method: "PUT", path: "/v1/coupon-pools/{key}", isRepeatable: true, takesIdempotencyKey: false },
  generateCoupons: { method: "POST", path: "/v1/coupon-pools/{key}/codes", isRepeatable: true, takesIdempotencyKey: true },
  claimCoupon: { method: "POST", path: "/v1/coupon-pools/{key}/claim", isRepeatable: true, takesIdempotencyKey: true },
  coupons: { method: "GET", path: "/v1/coupons", isRepeatable: true, takesIdempotencyKey: false },
  validateCoupons: { method: "POST", path: "/v1/coupons/validate", isRepeatable: true, takesIdempotencyKey: false },
  coupon: { method: "GET", path: "/v1/coupons/{code}", isRepeatable: true, takesIdempotencyKey: false },
  voidCoupon: { method: "POST", path: "/v1/coupons/{code}/void", isRepeatable: false, takesIdempotencyKey: false },
  transferCoupon: { method: "POST", path: "/v1/coupons/{code}/transfer", isRepeatable: false, takesIdempotencyKey: false },
  jobs: { method: "GET", path: "/v1/jobs", isRepeatable: true, takesIdempotencyKey: false },
  job: { method: "GET", path: "/v1/jobs/{id}", isRepeatable: true, takesIdempotencyKey: false },
  cancelJob: { method: "POST", path: "/v1/jobs/{id}/cancel", isRepeatable: false, takesIdempotencyKey: false },
  events: { method: "GET", path: "/v1/events", isRepeatable: true, takesIdempotencyKey: false },
  trackEvent: { method: "POST", path: "/v1/events", isRepeatable: false, takesIdempotencyKey: false },
  trackEvents: { method: "POST", path: "/v1/events/batch", isRepeatable: false, takesIdempotencyKey: false },
  trackedEvents: { method: "GET", path: "/v1/tracked-events", isRepeatable: true, takesIdempotencyKey: false },
  funnel: { method: "GET", path: "/v1/funnel", isRepeatable: true, takesIdempotencyKey: false },
  prizes: { method: "GET", path: "/v1/prizes", isRepeatable: true, takesIdempotencyKey: false },
  putReferralProgramme: { method: "PUT", path: "/v1/referral-programmes/{key}", isRepeatable: true, takesIdempotencyKey: false },
  referralProgramme: { method: "GET", path: "/v1/referral-programmes/{key}", isRepeatable: true, takesIdempotencyKey: false },
  referralProgrammes: { method: "GET", path: "/v1/referral-programmes", isRepeatable: true, takesIdempotencyKey: false },
  joinReferralProgramme: { method: "POST", path: "/v1/referral-programmes/{key}/members", isRepeatable: false, takesIdempotencyKey: false },
  refer: { method: "POST", path: "/v1/referral-programmes/{key}/referrals", isRepeatable: false, takesIdempotencyKey: false },
  referrals: { method: "GET", path: "/v1/referral-programmes/{key}/referrals", isRepeatable: true, takesIdempotencyKey: false },
  referralResults: { method: "GET", path: "/v1/referral-programmes/{key}/results", isRepeatable: true, takesIdempotencyKey: false },
  putCheckInProgramme: { method: "PUT", path: "/v1/check-in-programmes/{key}", isRepeatable: true, takesIdempotencyKey: false },
  checkInProgramme: { method: "GET", path: "/v1/check-in-programmes/{key}", isRepeatable: true, takesIdempotencyKey: false },
  checkInProgrammes: { method: "GET", path: "/v1/check-in-programmes", isRepeatable: true, takesIdempotencyKey: false },
  checkIn: { method: "POST", path: "/v1/check-in-programmes/{key}/check-ins", isRepeatable: false, takesIdempotencyKey: false },
  checkInStreak: { method: "GET", path: "/v1/check-in-programmes/{key}/streaks/{customer}", isRepeatable: true, takesIdempotencyKey: false },
  putChallenge: { method: "PUT", path: "/v1/challenges/{key}", isRepeatable: true, takesIdempotencyKey: false },
  challenge: { method: "GET", path: "/v1/challenges/{key}", isRepeatable: true, takesIdempotencyKey: false },
  challenges: { method: "GET", path: "/v1/challenges", isRepeatable: true, takesIdempotencyKey: false },
  challengeProgress: { method: "GET", path: "/v1/challenges/{key}/progress/{customer}", isRepeatable: true, takesIdempotencyKey: false },
  challengeResults: { method: "GET", path: "/v1/challenges/{key}/results", isRepeatable: true, takesIdempotencyKey: false },
  createDraw: { method: "POST", path: "/v1/draws", isRepeatable: false, takesIdempotencyKey: false },
  draws: { method: "GET", path: "/v1/draws", isRepeatable: true, takesIdempotencyKey: false },
  draw: { method: "GET", path: "/v1/draws/{key}", isRepeatable: true, takesIdempotencyKey: false },
  drawTicket: { method: "POST", path: "/v1/draws/{key}/tickets", isRepeatable: false, takesIdempotencyKey: false },
  drawRecords: { method: "GET", path: "/v1/draws/{key}/tickets", isRepeatable: true, takesIdempotencyKey: false },
  createWebhook: { method: "POST", path: "/v1/webhooks", isRepeatable: false, takesIdempotencyKey: false },
  webhooks: { method: "GET", path: "/v1/webhooks", isRepeatable: true, takesIdempotencyKey: false },
  webhook: { method: "GET", path: "/v1/webhooks/{id}", isRepeatable: true, takesIdempotencyKey: false },
  updateWebhook: { method: "PATCH", path: "/v1/webhooks/{id}", isRepeatable: false, takesIdempotencyKey: false },
  deleteWebhook: { method: "DELETE", path: "/v1/webhooks/{id}", isRepeatable: true, takesIdempotencyKey: false },
  rotateWebhookSecret: { method: "POST", path: "/v1/webhooks/{id}/rotate", isRepeatable: false, takesIdempotencyKey: false },
  testWebhook: { method: "POST", path: "/v1/webhooks/{id}/test", isRepeatable: false, takesIdempotencyKey: false },
  webhookDeliveries: { method: "GET", path: "/v1/webhooks/{id}/deliveries", isRepeatable: true, takesIdempotencyKey: false },
  replayWebhookDelivery: { method: "POST", path: "/v1/webhooks/{id}/deliveries/{deliveryId}/replay", isRepeatable: false, takesIdempotencyKey: false },
  replayWebhook: { method: "POST", path: "/v1/webhooks/{id}/replay", isRepeatable: false, takesIdempotencyKey: false },
  priceElasticity: { method: "POST", path: "/v1/planning/elasticity", isRepeatable: true, takesIdempotencyKey: false },
  goalPriorities: { method: "POST", path: "/v1/planning/goal-priorities", isRepeatable: true, takesIdempotencyKey: false },
  discountDepth: { method: "POST", path: "/v1/planning/discount-depth", isRepeatable: true, takesIdempotencyKey: false },
  promotionTiming: { method: "POST", path: "/v1/planning/timing", isRepeatable: true, takesIdempotencyKey: false },
  promotionBudget: { method: "POST", path: "/v1/planning/budget", isRepeatable: true, takesIdempotencyKey: false },
  promotionBudgetSplit: { method: "POST", path: "/v1/planning/budget-split", isRepeatable: true, takesIdempotencyKey: false },
  channelReturns: { method: "POST", path: "/v1/planning/channel-returns", isRepeatable: true, takesIdempotencyKey: false },
  campaignReturns: { method: "POST", path: "/v1/planning/campaign-returns", isRepeatable: true, takesIdempotencyKey: false },
  significance: { method: "POST", path: "/v1/planning/significance", isRepeatable: true, takesIdempotencyKey: false },
  putCompetitorOffer: { method: "PUT", path: "/v1/competitor-offers/{key}", isRepeatable: true, takesIdempotencyKey: false },
  deleteCompetitorOffer: { method: "DELETE", path: "/v1/competitor-offers/{key}", isRepeatable: true, takesIdempotencyKey: false },
  competitorOffers: { method: "GET", path: "/v1/competitor-offers", isRepeatable: true, takesIdempotencyKey: false },
  market: { method: "GET", path: "/v1/market", isRepeatable: true, takesIdempotencyKey: false },
  simulate: { method: "POST", path: "/v1/simulations", isRepeatable: false, takesIdempotencyKey: false },
  simulations: { method: "GET", path: "/v1/simulations", isRepeatable: true, takesIdempotencyKey: false },
  simulation: { method: "GET", path: "/v1/simulations/{id}", isRepeatable: true, takesIdempotencyKey: false },
  deleteSimulation: { method: "DELETE", path: "/v1/simulations/{id}", isRepeatable: true, takesIdempotencyKey: false },
  project: { method: "GET", path: "/v1/project", isRepeatable: true, takesIdempotencyKey: false },
  updateProjectSettings: { method: "PATCH", path: "/v1/project/settings", isRepeatable: false, takesIdempotencyKey: false },
  projectSafeguards: { method: "GET", path: "/v1/project/safeguards", isRepeatable: true, takesIdempotencyKey: false },
  updateProjectSafeguards: { method: "PATCH", path: "/v1/project/safeguards", isRepeatable: false, takesIdempotencyKey: false },
  stopProject: { method: "POST", path: "/v1/project/stop", isRepeatable: false, takesIdempotencyKey: false },
  resumeProject: { method: "POST", path: "/v1/project/resume", isRepeatable: false, takesIdempotencyKey: false },
  createApiKey: { method: "POST", path: "/v1/api-keys", isRepeatable: false, takesIdempotencyKey: false },
  apiKeys: { method: "GET", path: "/v1/api-keys", isRepeatable: true, takesIdempotencyKey: false },
  updateApiKey: { method: "PATCH", path: "/v1/api-keys/{id}", isRepeatable: false, takesIdempotencyKey: false },
  rotateApiKey: { method: "POST", path: "/v1/api-keys/{id}/rotate", isRepeatable: false, takesIdempotencyKey: false },
  revokeApiKey: { method: "DELETE", path: "/v1/api-keys/{id}", isRepeatable: true, takesIdempotencyKey: false },
  putCustomer: { method: "PUT", path: "/v1/customers/{id}", isRepeatable: true, takesIdempotencyKey: false },
  customers: { method: "GET", path: "/v1/customers", isRepeatable: true, takesIdempotencyKey: false },
  customer: { method: "GET", path: "/v1/customers/{id}", isRepeatable: true, takesIdempotencyKey: false },
  customerOverview: { method: "GET", path: "/v1/customers/{id}/overview", isRepeatable: true, takesIdempotencyKey: false },
  customerExport: { method: "GET", path: "/v1/customers/{id}/export", isRepeatable: true, takesIdempotencyKey: false },
  mergeCustomers: { method: "POST", path: "/v1/customers/{id}/merge", isRepeatable: false, takesIdempotencyKey: false },
  eraseCustomer: { method: "POST", path: "/v1/customers/{id}/erase", isRepeatable: false, takesIdempotencyKey: false },
  createSegment: { method: "POST", path: "/v1/segments", isRepeatable: false, takesIdempotencyKey: false },
  segments: { method: "GET", path: "/v1/segments", isRepeatable: true, takesIdempotencyKey: false },
  previewSegment: { method: "POST", path: "/v1/segments/preview", isRepeatable: true, takesIdempotencyKey: false },
  segment: { method: "GET", path: "/v1/segments/{key}", isRepeatable: true, takesIdempotencyKey: false },
  updateSegment: { method: "PUT", path: "/v1/segments/{key}", isRepeatable: true, takesIdempotencyKey: false },
  deleteSegment: { method: "DELETE", path: "/v1/segments/{key}", isRepeatable: true, takesIdempotencyKey: false },
  segmentMembers: { method: "GET", path: "/v1/segments/{key}/members", isRepeatable: true, takesIdempotencyKey: false },
  changeSegmentMembers: { method: "POST", path: "/v1/segments/{key}/members", isRepeatable: false, takesIdempotencyKey: false },
  rfm: { method: "GET", path: "/v1/rfm", isRepeatable: true, takesIdempotencyKey: false },
  putRfm: { method: "PUT", path: "/v1/rfm", isRepeatable: true, takesIdempotencyKey: false },
  createPresetSegments: { method: "POST", path: "/v1/segments/presets", isRepeatable: false, takesIdempotencyKey: false },
  tierProgramme: { method: "GET", path: "/v1/tier-programme", isRepeatable: true, takesIdempotencyKey: false },
  putTierProgramme: { method: "PUT", path: "/v1/tier-programme", isRepeatable: true, takesIdempotencyKey: false },
  customerTier: { method: "GET", path: "/v1/customers/{id}/tier", isRepeatable: true, takesIdempotencyKey: false },
  setCustomerTier: { method: "PUT", path: "/v1/customers/{id}/tier", isRepeatable: true, takesIdempotencyKey: false },
  resetCustomerTier: { method: "DELETE", path: "/v1/customers/{id}/tier", isRepeatable: true, takesIdempotencyKey: false },
  putStock: { method: "PUT", path: "/v1/stock/{sku}", isRepeatable: true, takesIdempotencyKey: false },
  stock: { method: "GET", path: "/v1/stock", isRepeatable: true, takesIdempotencyKey: false },
  promotionDays: { method: "GET", path: "/v1/promotion-days", isRepeatable: true, takesIdempotencyKey: false },
  putDealer: { method: "PUT", path: "/v1/dealers/{id}", isRepeatable: true, takesIdempotencyKey: false },
  dealers: { method: "GET", path: "/v1/dealers", isRepeatable: true, takesIdempotencyKey: false },
  dealer: { method: "GET", path: "/v1/dealers/{id}", isRepeatable: true, takesIdempotencyKey: false },
  territoryFlags: { method: "GET", path: "/v1/territory-flags", isRepeatable: true, takesIdempotencyKey: false },
  clearTerritoryFlag: { method: "POST", path: "/v1/territory-flags/{order}/clear", isRepeatable: false, takesIdempotencyKey: false },
  putRebateAgreement: { method: "PUT", path: "/v1/rebate-agreements/{key}", isRepeatable: true, takesIdempotencyKey: false },
  rebateAgreements: { method: "GET", path: "/v1/rebate-agreements", isRepeatable: true, takesIdempotencyKey: false },
  rebateAgreement: { method: "GET", path: "/v1/rebate-agreements/{key}", isRepeatable: true, takesIdempotencyKey: false },
  closeRebatePeriod: { method: "POST", path: "/v1/rebate-agreements/{key}/periods/{period}/close", isRepeatable: false, takesIdempotencyKey: false },
  rebateStandings: { method: "GET", path: "/v1/rebate-standings", isRepeatable: true, takesIdempotencyKey: false },
  dealerRebates: { method: "GET", path: "/v1/dealers/{id}/rebates", isRepeatable: true, takesIdempotencyKey: false },
  rebateEntries: { method: "GET", path: "/v1/rebate-entries", isRepeatable: true, takesIdempotencyKey: false },
  rebateStatements: { method: "GET", path: "/v1/rebate-statements", isRepeatable: true, takesIdempotencyKey: false },
  rebateStatement: { method: "GET", path: "/v1/rebate-statements/{id}", isRepeatable: true, takesIdempotencyKey: false },
  approveRebateStatement: { method: "POST", path: "/v1/rebate-statements/{id}/approve", isRepeatable: false, takesIdempotencyKey: false },
  payRebateStatement: { method: "POST", path: "/v1/rebate-statements/{id}/pay", isRepeatable: false, takesIdempotencyKey: false },
  dealerFunding: { method: "GET", path: "/v1/dealers/{id}/funding/{period}", isRepeatable: true, takesIdempotencyKey: false },
  dealerFundEntries: { method: "GET", path: "/v1/dealers/{id}/funding/{period}/entries", isRepeatable: true, takesIdempotencyKey: false },
  settleDealerFunding: { method: "POST", path: "/v1/dealers/{id}/funding/{period}/settle", isRepeatable: false, takesIdempotencyKey: false },
  putContract: { method: "PUT", path: "/v1/contracts/{id}", isRepeatable: true, takesIdempotencyKey: false },
  contracts: { method: "GET", path: "/v1/contracts", isRepeatable: true, takesIdempotencyKey: false },
  contract: { method: "GET", path: "/v1/contracts/{id}", isRepeatable: true, takesIdempotencyKey: false },
  renewContract: { method: "POST", path: "/v1/contracts/{id}/renew", isRepeatable: false, takesIdempotencyKey: false },
  cancelContract: { method: "POST", path: "/v1/contracts/{id}/cancel", isRepeatable: false, takesIdempotencyKey: false },
  contractRenewals: { method: "GET", path: "/v1/contract-renewals", isRepeatable: true, takesIdempotencyKey: false },
  customerValueReport: { method: "GET", path: "/v1/customers/{id}/value-report", isRepeatable: true, takesIdempotencyKey: false },
  putPriceList: { method: "PUT", path: "/v1/price-lists/{key}", isRepeatable: true, takesIdempotencyKey: false },
  priceLists: { method: "GET", path: "/v1/price-lists", isRepeatable: true, takesIdempotencyKey: false },
  priceList: { method: "GET", path: "/v1/price-lists/{key}", isRepeatable: true, takesIdempotencyKey: false },
  listPrices: { method: "GET", path: "/v1/price-lists/{key}/prices", isRepeatable: true, takesIdempotencyKey: false },
  putListPrice: { method: "PUT", path: "/v1/price-lists/{key}/prices/{sku}", isRepeatable: true, takesIdempotencyKey: false },
  deleteListPrice: { method: "DELETE", path: "/v1/price-lists/{key}/prices/{sku}", isRepeatable: true, takesIdempotencyKey: false },
  createAutomation: { method: "POST", path: "/v1/automations", isRepeatable: false, takesIdempotencyKey: false },
  automations: { method: "GET", path: "/v1/automations", isRepeatable: true, takesIdempotencyKey: false },
  automation: { method: "GET", path: "/v1/automations/{id}", isRepeatable: true, takesIdempotencyKey: false },
  updateAutomation: { method: "PUT", path: "/v1/automations/{id}", isRepeatable: true, takesIdempotencyKey: false },
  activateAutomation: { method: "POST", path: "/v1/automations/{id}/activate", isRepeatable: false, takesIdempotencyKey: false },
  pauseAutomation: { method: "POST", path: "/v1/automations/{id}/pause", isRepeatable: false, takesIdempotencyKey: false },
  archiveAutomation: { method: "POST", path: "/v1/automations/{id}/archive", isRepeatable: false, takesIdempotencyKey: false },
  dryRunAutomationDocument: { method: "POST", path: "/v1/automations/dry-run", isRepeatable: true, takesIdempotencyKey: false },
  dryRunAutomation: { method: "POST", path: "/v1/automations/{id}/dry-run", isRepeatable: true, takesIdempotencyKey: false },
  automationResults: { method: "GET", path: "/v1/automations/{id}/results", isRepeatable: true, takesIdempotencyKey: false },
  automationRuns: { method: "GET", path: "/v1/automations/{id}/runs", isRepeatable: true, takesIdempotencyKey: false },
  openGroupBuy: { method: "POST", path: "/v1/group-buys", isRepeatable: true, takesIdempotencyKey: true },
  joinGroupBuy: { method: "POST", path: "/v1/group-buys/{id}/join", isRepeatable: true, takesIdempotencyKey: true },
  groupBuys: { method: "GET", path: "/v1/group-buys", isRepeatable: true, takesIdempotencyKey: false },
  groupBuy: { method: "GET", path: "/v1/group-buys/{id}", isRepeatable: true, takesIdempotencyKey: false },
  createCampaign: { method: "POST", path: "/v1/campaigns", isRepeatable: false, takesIdempotencyKey: false },
  campaigns: { method: "GET", path: "/v1/campaigns", isRepeatable: true, takesIdempotencyKey: false },
  campaign: { method: "GET", path: "/v1/campaigns/{key}", isRepeatable: true, takesIdempotencyKey: false },
  updateCampaign: { method: "PUT", path: "/v1/campaigns/{key}", isRepeatable: true, takesIdempotencyKey: false },
  archiveCampaign: { method: "POST", path: "/v1/campaigns/{key}/archive", isRepeatable: false, takesIdempotencyKey: false },
  addCampaignCost: { method: "POST", path: "/v1/campaigns/{key}/costs", isRepeatable: false, takesIdempotencyKey: false },
  campaignCosts: { method: "GET", path: "/v1/campaigns/{key}/costs", isRepeatable: true, takesIdempotencyKey: false },
  campaignAttainment: { method: "GET", path: "/v1/campaigns/{key}/attainment", isRepeatable: true, takesIdempotencyKey: false },
  campaignBoard: { method: "GET", path: "/v1/campaigns/{key}/live", isRepeatable: true, takesIdempotencyKey: false },
  campaignReview: { method: "GET", path: "/v1/campaigns/{key}/review", isRepeatable: true, takesIdempotencyKey: false },
  writeCampaignReview: { method: "PUT", path: "/v1/campaigns/{key}/review", isRepeatable: true, takesIdempotencyKey: false },
  campaignKnowledge: { method: "GET", path: "/v1/campaign-knowledge", isRepeatable: true, takesIdempotencyKey: false },
  putPolicy: { method: "PUT", path: "/v1/campaigns/{campaign}/policies/{key}", isRepeatable: true, takesIdempotencyKey: false },
  policy: { method: "GET", path: "/v1/campaigns/{campaign}/policies/{key}", isRepeatable: true, takesIdempotencyKey: false },
  policies: { method: "GET", path: "/v1/campaigns/{campaign}/policies", isRepeatable: true, takesIdempotencyKey: false },
  policyActions: { method: "GET", path: "/v1/campaigns/{campaign}/policy-actions", isRepeatable: true, takesIdempotencyKey: false },
  undoPolicyAction: { method: "POST", path: "/v1/campaigns/{campaign}/policy-actions/{id}/undo", isRepeatable: false, takesIdempotencyKey: false },
  campaignMeasurement: { method: "GET", path: "/v1/campaigns/{key}/measurement", isRepeatable: true, takesIdempotencyKey: false },
  campaignBreakdown: { method: "GET", path: "/v1/campaigns/{key}/breakdown", isRepeatable: true, takesIdempotencyKey: false },
  experimentMeasurement: { method: "GET", path: "/v1/experiments/{name}/measurement", isRepeatable: true, takesIdempotencyKey: false },
  campaignAttribution: { method: "GET", path: "/v1/campaigns/{key}/attribution", isRepeatable: true, takesIdempotencyKey: false },
  customerKpis: { method: "GET", path: "/v1/customer-kpis", isRepeatable: true, takesIdempotencyKey: false },
  stockTurnover: { method: "GET", path: "/v1/stock-turnover", isRepeatable: true, takesIdempotencyKey: false },
  checkLaunch: { method: "POST", path: "/v1/campaigns/{key}/launch-check", isRepeatable: false, takesIdempotencyKey: false },
  launchChecks: { method: "GET", path: "/v1/campaigns/{key}/launch-checks", isRepeatable: true, takesIdempotencyKey: false },
  auditEntries: { method: "GET", path: "/v1/audit", isRepeatable: true, takesIdempotencyKey: false },
  auditHead: { method: "GET", path: "/v1/audit/head", isRepeatable: true, takesIdempotencyKey: false },
} as const satisfies Readonly<Record<keyof Operations, object>>;
