/**
 * What carts and promotions may say beside the plain families of `random-instances.ts`. Each variation changes an instance a little
 * and leaves the rest as it was drawn, so that a fault is found beside what is known to hold.
 */
import type { Dice } from "../../../scripts/bench-planner/dice.ts";
import type { PromotionInput } from "../../../src/engine/promotion.ts";
import type { CartInput } from "../arbitrary-request.ts";
import type { BenefitInput } from "../engine-call.ts";
import type { Instance } from "./situation-for.ts";

export type Variation = (dice: Dice, instance: Instance) => Instance;

type Line = CartInput["lines"][number];
type Conditions = NonNullable<PromotionInput["conditions"]>;
/** A document as it is written; which fields it has depends on its kind. */
type Document = Readonly<Record<string, unknown>> & { readonly kind: string };

const skus = ["A", "B", "C"];
const automatic = { type: "automatic" } as const;

// ---------------------------------------------------------------- carts

const withLines =
  (change: (dice: Dice, line: Line) => Partial<Line>): Variation =>
  (dice, { cart, ...rest }) => ({
    ...rest,
    cart: { ...cart, lines: cart.lines.map((line) => ({ ...line, ...change(dice, line) })) },
  });

export const zeroPrices = withLines((dice) => (dice.chance(0.3) ? { unitPrice: 0 } : {}));

export const marginFloors: Variation = (dice, instance) => {
  const { cart, ...rest } = withLines((_, { unitPrice }) => ({
    ...(dice.chance(0.6) && { unitCost: Math.floor(unitPrice * dice.of([0.3, 0.6, 0.8])) }),
    ...(dice.chance(0.3) && { minUnitPrice: Math.floor(unitPrice * dice.of([0.2, 0.5, 0.9])) }),
  }))(dice, instance);
  return { ...rest, cart: { ...cart, marginFloor: 10 } };
};

export const otherRounding: Variation = (dice, { cart, ...rest }) => ({
  ...rest,
  cart: { ...cart, rounding: dice.of(["half_even", "down"] as const) },
});

/** Reduced before any promotion, which some of these look at: by `basis: "list"`, or by leaving out what is discounted. */
export const listPrices: Variation = (dice, instance) => {
  const reduced = withLines((_, { unitPrice }) => ({
    ...(dice.chance(0.4) && { listPrice: unitPrice + dice.int(1, 300) }),
    ...(dice.chance(0.2) && { onSale: true }),
  }))(dice, instance);
  return withBenefits((_, benefit) => {
    if (benefit.kind === "percent_off" && benefit.target !== "shipping" && dice.chance(0.5))
      return { ...benefit, basis: "list" };
    // The oracle does not know that what is discounted is passed over where the cheapest are picked.
    const takesSelector = "select" in benefit && !("maxUnits" in benefit) && dice.chance(0.4);
    return takesSelector
      ? { ...benefit, select: { ...(benefit.select as object), excludeDiscounted: true } }
      : benefit;
  })(dice, reduced);
};

/** Two shipments by different methods, and promotions of one or two groups on one or all of them. */
export const twoShipments: Variation = (dice, { cart, promotions, ...rest }) => {
  const amounts = [dice.int(3, 9) * 100, dice.int(3, 15) * 100];
  const shipping = ["standard", "express"].map((method, i) => ({ id: method, method, amount: amounts[i]! }));
  const onShipping = Array.from({ length: dice.int(1, 2) }, (_, i): PromotionInput => {
    const methods = dice.chance(0.4) ? { methods: [dice.of(["standard", "express"])] } : {};
    return {
      key: `shipping${i}`,
      priority: dice.int(0, 2),
      trigger: automatic,
      benefits: [{ ...shippingBenefit(dice), ...methods } as unknown as BenefitInput],
      ...(dice.chance(0.7) && { conditions: aCondition(dice, cart, "shipping") }),
      ...(dice.chance(0.5) && { stacking: { group: "second-shipping" } }),
    };
  });
  const others = promotions.filter(({ benefits }) => !benefits.some(isOnShipping));
  return {
    ...rest,
    cart: { ...cart, shipping: dice.chance(0.7) ? shipping : shipping.slice(1) },
    promotions: [...others, ...onShipping],
  };
};

const isOnShipping = (benefit: BenefitInput): boolean =>
  benefit.kind === "free_shipping" || ("target" in benefit && benefit.target === "shipping");

function shippingBenefit(dice: Dice): Document {
  const amount = (most: number) => ({ CNY: dice.int(1, most) * 100 });
  const percent = dice.of([10, 33.3333, 50, 100]);
  return dice.of<Document>([
    { kind: "free_shipping" },
    { kind: "free_shipping", maxAmount: amount(6) },
    { kind: "percent_off", target: "shipping", percent },
    { kind: "percent_off", target: "shipping", percent, maxAmount: amount(5) },
    { kind: "amount_off", target: "shipping", amount: amount(4) },
    { kind: "amount_off", target: "shipping", amount: amount(4), per: "line" },
    { kind: "fixed_price", target: "shipping", price: amount(4) },
  ]);
}

// ---------------------------------------------------------------- promotions

const withPromotions =
  (change: (dice: Dice, promotion: PromotionInput, cart: CartInput) => Partial<PromotionInput>): Variation =>
  (dice, { promotions, ...rest }) => ({
    ...rest,
    promotions: promotions.map((promotion) => ({ ...promotion, ...change(dice, promotion, rest.cart) })),
  });

const withBenefits = (change: (dice: Dice, benefit: Document) => Document): Variation =>
  withPromotions((dice, { benefits }) => ({
    benefits: benefits.map(
      (benefit) => change(dice, benefit as unknown as Document) as unknown as BenefitInput,
    ),
  }));

export const budgets = withPromotions((dice) =>
  dice.chance(0.5)
    ? { budget: { amount: { CNY: dice.int(1, 8) * 100 }, atEdge: dice.of(["refuse", "partial"] as const) } }
    : {},
);

export const excludedGroupsAndTags = withPromotions((dice, { stacking }) => ({
  ...(dice.chance(0.4) && { tags: ["loud"] }),
  ...(dice.chance(0.4) && {
    stacking: {
      ...stacking,
      excludes: dice.of([{ tags: ["loud"] }, { groups: ["order"] }, { groups: ["item"] }]),
    },
  }),
}));

/** Also on promotions of the item stage, and every shape that a tree of conditions has. */
export const conditions = withPromotions((dice, { benefits }, cart) =>
  dice.chance(0.5)
    ? { conditions: aCondition(dice, cart, benefits.some(isOnShipping) ? "shipping" : "goods") }
    : {},
);

function aCondition(dice: Dice, { lines }: CartInput, stage: "goods" | "shipping"): Conditions {
  const subtotal = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
  const part = (shares: readonly number[]) => ({
    CNY: Math.max(1, Math.floor((subtotal * dice.of(shares)) / 100) * 100),
  });
  const shippingAmount = { CNY: dice.int(3, 12) * 100 };
  const leaf = (): Conditions =>
    dice.of<Conditions>([
      { kind: "subtotal", atLeast: part([0.3, 0.5, 0.7, 0.8, 0.9, 1]) },
      { kind: "subtotal", atLeast: part([0.5, 0.8, 1]), base: "list" },
      { kind: "subtotal", atMost: part([0.5, 0.7, 0.8, 0.9, 0.95]) },
      { kind: "subtotal", atLeast: part([0.2, 0.3, 0.4]), select: { skus: [dice.of(skus)] } },
      { kind: "quantity", atLeast: dice.int(1, 4) },
      { kind: "quantity", atMost: dice.int(1, 4) },
      { kind: "distinct", atLeast: dice.int(1, 3) },
      ...(stage === "shipping"
        ? [
            { kind: "shipping_amount", atLeast: shippingAmount } as const,
            { kind: "shipping_amount", atMost: shippingAmount } as const,
          ]
        : []),
    ]);
  return dice.of([
    () => leaf(),
    () => ({ any: [leaf(), leaf()] }),
    () => ({ not: leaf() }),
    () => ({ all: [leaf(), leaf()] }),
  ])();
}

/** `honours`: some of them are to be honoured. */
const codesThat =
  (honours: boolean): Variation =>
  (dice, { cart, promotions, ...rest }) => {
    const codes: NonNullable<CartInput["codes"]> = [];
    return {
      ...rest,
      promotions: promotions.map((promotion) => {
        if (dice.chance(0.4)) return promotion;
        const code = `CODE-${promotion.key}`;
        codes.push(honours && dice.chance(0.5) ? { code, honour: true } : code);
        return { ...promotion, trigger: { type: "code" as const, code } };
      }),
      cart: { ...cart, codes },
    };
  };
export const codes = codesThat(false);
export const honouredCodes = codesThat(true);

// ---------------------------------------------------------------- benefits

/** Up to three promotions of the order stage, in one to three groups. */
export const orderStage: Variation = (dice, { promotions, cart, ...rest }) => {
  const subtotal = cart.lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
  const part = (share: number) => Math.max(100, Math.floor((subtotal * share) / 100) * 100);
  const more = Array.from({ length: dice.int(1, 3) }, (_, i): PromotionInput => {
    const select = dice.chance(0.3) ? { select: { skus: dice.of([["A"], ["A", "B"], ["B", "C"]]) } } : {};
    return {
      key: `order${i}`,
      priority: dice.int(0, 2),
      trigger: automatic,
      benefits: [{ ...orderBenefit(dice, part), ...select } as unknown as BenefitInput],
      ...(dice.chance(0.4) && { conditions: aCondition(dice, cart, "goods") }),
      ...(dice.chance(0.7) && { stacking: { group: dice.of(["first-order", "second-order"]) } }),
    };
  });
  return { ...rest, cart, promotions: [...promotions, ...more] };
};

function orderBenefit(dice: Dice, part: (share: number) => number): Document {
  const target = "order";
  const amount = (most: number) => ({ CNY: dice.int(1, most) * 100 });
  const percent = dice.of([10, 30, 50, 60, 12.5]);
  const units = { maxUnits: dice.int(1, 2), pick: dice.of(["cheapest", "dearest"]) };
  const repeated = dice.chance(0.4) ? { maxTimes: dice.int(1, 2) } : {};
  const tier = (): object =>
    dice.of<object>([
      { kind: "percent_off", percent: dice.of([10, 15, 30, 80]) },
      { kind: "percent_off", percent: 40, maxAmount: { CNY: 150 } },
      { kind: "amount_off", amount: amount(6) },
    ]);
  const ofUnits = (): object => ({ kind: "percent_off", percent: dice.of([10, 15, 30]) });
  const from = dice.of([0.3, 0.5]);
  return dice.of<Document>([
    { kind: "percent_off", target, percent },
    { kind: "percent_off", target, percent, maxAmount: amount(5) },
    { kind: "percent_off", target, percent, ...units },
    { kind: "amount_off", target, amount: amount(5), ...units },
    { kind: "amount_off", target, amount: amount(3), every: { quantity: dice.int(1, 3) }, ...repeated },
    { kind: "amount_off", target, amount: amount(3), every: { amount: { CNY: part(0.3) } }, ...repeated },
    ...(["volume", "graduated", "graduated"] as const).map((mode) => ({
      kind: "tiered",
      target,
      by: "amount",
      mode,
      tiers: [
        { from: { CNY: part(from) }, benefit: tier() },
        { from: { CNY: part(from) + part(dice.of([0.2, 0.3, 0.4])) }, benefit: tier() },
      ],
    })),
    ...(["volume", "graduated"] as const).map((mode) => ({
      kind: "tiered",
      target,
      by: "quantity",
      mode,
      tiers: [
        { from: dice.int(1, 2), benefit: ofUnits() },
        { from: dice.int(3, 4), benefit: ofUnits() },
      ],
    })),
  ]);
}

/** Gifts for who pays no more than so much: the more a plan takes off, the more of them it earns. */
export const giftsAtMost: Variation = (_, { promotions, cart, ...rest }) => {
  const subtotal = cart.lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
  const gifts = [0.3, 0.5, 0.6, 0.7, 0.8, 0.9].map(
    (share): PromotionInput => ({
      key: `gift-at-most-${share}`,
      priority: -1,
      trigger: automatic,
      conditions: { kind: "subtotal", atMost: { CNY: Math.floor(subtotal * share) } },
      benefits: [{ kind: "gift", sku: "BAG", quantity: 1 }],
    }),
  );
  return { ...rest, cart, promotions: [...promotions, ...gifts] };
};

/** A further benefit of the same stage, from the same prices. */
export const severalBenefits: Variation = (dice, instance) => {
  const subtotal = instance.cart.lines.reduce(
    (sum, { quantity, unitPrice }) => sum + quantity * unitPrice,
    0,
  );
  const part = (share: number) => Math.max(100, Math.floor((subtotal * share) / 100) * 100);
  return withPromotions((_, { benefits }) => {
    const [first] = benefits as unknown as readonly Document[];
    if (benefits.length > 1 || first!.target !== "order" || dice.chance(0.3)) return {};
    return { benefits: [...benefits, orderBenefit(dice, part) as unknown as BenefitInput] };
  })(dice, instance);
};

/** A further benefit of the item stage, on the same goods or on others. */
export const severalItemBenefits: Variation = withPromotions((dice, { benefits }) => {
  const [first] = benefits as unknown as readonly Document[];
  if (benefits.length > 1 || isLater(first!) || dice.chance(0.3)) return {};
  const select = dice.of<object>([
    {},
    { select: { skus: [dice.of(skus)] } },
    { select: { skus: ["B", "C"] } },
  ]);
  const amount = { CNY: dice.int(1, 3) * 50 };
  const further = dice.of<Document>([
    { kind: "percent_off", ...select, percent: dice.of([10, 12.5, 50, 100]) },
    { kind: "percent_off", ...select, percent: 30, maxAmount: amount },
    { kind: "amount_off", target: "item", per: "unit", ...select, amount },
    { kind: "amount_off", target: "item", ...select, amount },
    { kind: "bundle", components: [{ ...select, quantity: 2 }], amount },
    { kind: "nth_unit", ...select, n: 2, percent: 50 },
  ]);
  return { benefits: [...benefits, further as unknown as BenefitInput] };
});

const isLater = ({ kind, target }: Document): boolean =>
  target === "order" || target === "shipping" || ["free_shipping", "gift", "points"].includes(kind);

/** Tiers with prices, amounts per unit and caps; sets that get several units, by another share of the goods. */
export const richItems: Variation = (dice, { promotions, ...rest }) => {
  const select = dice.of<object>([
    {},
    { select: { skus: ["A", "B"] } },
    { select: { skus, exclude: { skus: ["B"] } } },
  ]);
  const rich: PromotionInput = {
    key: "rich",
    priority: dice.int(0, 2),
    trigger: automatic,
    benefits: [richBenefit(dice, select) as unknown as BenefitInput],
  };
  const kept = promotions.filter(({ benefits }) => benefits.every(({ kind }) => kind !== "buy_x_get_y"));
  return { ...rest, promotions: [rich, ...kept.filter((promotion) => !picks(promotion))] };
};

/** The oracle reads picks off discounts, where nobody beside counts units that it does not use. */
const picks = ({ benefits }: PromotionInput): boolean => benefits.some((benefit) => "maxUnits" in benefit);

function richBenefit(dice: Dice, goods: object): Document {
  const amount = (least: number, most: number) => ({ CNY: dice.int(least, most) * 100 });
  const tier = (): object =>
    dice.of<object>([
      { kind: "percent_off", percent: dice.of([10, 20, 40]), maxAmount: amount(1, 5) },
      { kind: "amount_off", amount: { CNY: dice.int(1, 4) * 60 }, per: "unit" },
      { kind: "amount_off", amount: amount(1, 4) },
      { kind: "fixed_price", price: amount(1, 8) },
    ]);
  const tiers = (byAmount: boolean) => [
    { from: byAmount ? amount(3, 6) : dice.int(1, 2), benefit: tier() },
    { from: byAmount ? amount(12, 16) : dice.int(3, 4), benefit: tier() },
  ];
  const slice = (): object => ({ kind: "amount_off", amount: { CNY: dice.int(1, 4) * 60 }, per: "unit" });
  return dice.of<() => Document>([
    () => ({ kind: "tiered", ...goods, by: "amount", tiers: tiers(true) }),
    () => ({ kind: "tiered", ...goods, by: "quantity", tiers: tiers(false) }),
    () => ({
      kind: "tiered",
      ...goods,
      by: "quantity",
      mode: "graduated",
      tiers: [
        { from: dice.int(1, 2), benefit: slice() },
        { from: dice.int(3, 4), benefit: slice() },
      ],
    }),
    () => ({
      kind: "buy_x_get_y",
      buy: { ...goods, quantity: dice.int(1, 2) },
      get: { ...goods, quantity: dice.int(2, 3) },
      percent: dice.of([20, 50, 100]),
      pick: dice.of(["cheapest", "dearest"]),
      allocate: dice.of(["all", "target"]),
    }),
  ])();
}
