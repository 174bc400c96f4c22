import { z } from "zod";
import { partOf, type Range, takeUnits, unitsIn } from "../goods.ts";
import {
  type BenefitView,
  type Compiler,
  defineBenefit,
  type Proposal,
  type UnitShare,
  type Unmet,
  type Wish,
} from "../kind.ts";
import { limits } from "../limits.ts";
import { moneyMap, type Percent, wholePercent } from "../money.ts";
import { selectorSchema } from "../selectors/selector.ts";
import { compileTarget, inOrder, stageWorth, thresholdReasons, tooFew, tooLow } from "./target.ts";

const tierBenefit = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("percent_off"), percent: z.number(), maxAmount: moneyMap.optional() }),
  z.strictObject({
    kind: z.literal("amount_off"),
    amount: moneyMap,
    per: z.enum(["unit", "order"]).default("order"),
  }),
  z.strictObject({ kind: z.literal("fixed_price"), price: moneyMap }),
]);
type TierBenefit = z.output<typeof tierBenefit>;

export const tiered = defineBenefit({
  kind: "tiered",
  summary:
    "Thresholds by amount or quantity, each with a benefit. `volume`: the reached tier for everything; `graduated`: each slice at its tier.",
  params: z.strictObject({
    target: z.enum(["item", "order"]).default("item"),
    select: selectorSchema.optional(),
    by: z.enum(["amount", "quantity"]),
    mode: z.enum(["volume", "graduated"]).default("volume"),
    tiers: z
      .array(z.strictObject({ from: z.union([moneyMap, z.int().min(0)]), benefit: tierBenefit }))
      .min(1)
      .max(limits.tiersPerBenefit)
      .describe(
        "Rising. `from` is a money map (by amount) or a count (by quantity); it is inclusive. Below the first tier nothing applies.",
      ),
  }),
  example: {
    target: "order",
    by: "amount",
    mode: "volume",
    tiers: [
      { from: { CNY: 20000 }, benefit: { kind: "percent_off", percent: 5 } },
      { from: { CNY: 50000 }, benefit: { kind: "percent_off", percent: 10 } },
    ],
  },
  stages: ["item", "order"],
  reasons: thresholdReasons,
  compile({ by, mode, tiers, ...rest }, compiler, path) {
    const { stage, goods } = compileTarget(rest, compiler, path);
    checkLadder(tiers, by, compiler, path);
    const compiled = tiers.map(({ from, benefit }, i) => ({
      from,
      benefit: compileTier(benefit, `${path}/tiers/${i}/benefit`, { by, mode, stage }, compiler),
    }));
    const threshold = (from: (typeof tiers)[number]["from"], currency: string): number =>
      typeof from === "number" ? from : from[currency]!;

    return {
      stage,
      selectors: [goods],
      propose(view) {
        const ranges = view.free(goods);
        const base = by === "amount" ? stageWorth(ranges) : unitsIn(ranges);
        const ladder = compiled.map((tier) => ({
          from: threshold(tier.from, view.currency),
          benefit: tier.benefit,
        }));
        const first = ladder[0]!.from;
        if (base < first) return { wishes: null, unmet: shortOf(first, base) };
        const reached =
          mode === "volume"
            ? ladder.findLast((tier) => tier.from <= base)!.benefit.onUnits(ranges, view)
            : slices(ladder, base, ranges, view);
        const { wishes, times, cap, overlaps = false } = reached;
        return { wishes, times, cap, overlaps, counted: ranges };
      },
    };
    function slices(ladder: Ladder, base: number, ranges: readonly Range[], view: BenefitView): Proposal {
      return by === "amount"
        ? slicesOfAmount(ladder, base, ranges, view)
        : slicesOfUnits(ladder, ranges, view);
    }
    function shortOf(required: number, actual: number): Unmet {
      return by === "amount" ? tooLow(required, actual, goods) : tooFew(required, actual, goods);
    }
  },
  words({ select, by, mode, tiers }, say) {
    const steps = tiers.map(({ from, benefit }) => {
      const reached =
        typeof from === "number" ? say.pick({ en: `${from} units`, "zh-CN": `${from}件` }) : say.money(from);
      return say.pick({
        en: `from ${reached} ${tierWords(benefit)}`,
        "zh-CN": `满${reached}${tierWords(benefit)}`,
      });
      function tierWords(tier: TierBenefit): string {
        if (tier.kind === "percent_off")
          return say.pick({
            en: `${say.percent(tier.percent)} off`,
            "zh-CN": `减${say.percent(tier.percent)}`,
          });
        if (tier.kind === "amount_off")
          return say.pick({ en: `${say.money(tier.amount)} off`, "zh-CN": `减${say.money(tier.amount)}` });
        return say.pick({ en: `${say.money(tier.price)} each`, "zh-CN": `每件${say.money(tier.price)}` });
      }
    });
    const how =
      mode === "graduated"
        ? say.pick({
            en: by === "amount" ? " (each slice at its tier)" : " (each unit at its tier)",
            "zh-CN": "(分段计算)",
          })
        : "";
    return `${say.select(select)}${say.pick({ en: ": ", "zh-CN": ":" })}${steps.join(say.pick({ en: ", ", "zh-CN": "," }))}${how}`;
  },
});

interface TierOnUnits {
  onUnits(ranges: readonly Range[], view: BenefitView): Proposal;
  /** The tier's part of a slice worth `slice`, as an exact share of it. */
  onSlice(slice: number, view: BenefitView): { base: number; percent: Percent };
}
type Ladder = readonly { from: number; benefit: TierOnUnits }[];

function compileTier(
  benefit: TierBenefit,
  path: string,
  { by, mode, stage }: { by: string; mode: string; stage: string },
  compiler: Compiler,
): TierOnUnits {
  if (benefit.kind === "percent_off") {
    const percent = compiler.percent(benefit.percent, `${path}/percent`);
    const { maxAmount } = benefit;
    if (maxAmount !== undefined) compiler.currencies(maxAmount, `${path}/maxAmount`);
    if (maxAmount !== undefined && mode === "graduated" && by === "quantity")
      compiler.issue(
        `${path}/maxAmount`,
        "max_amount_not_sliced",
        "`maxAmount` does not go with slices of units.",
      );
    return {
      onUnits: (ranges, view) => ({
        wishes: each(ranges, (range) => range.price, percent),
        times: 1,
        cap: maxAmount?.[view.currency],
      }),
      onSlice(slice, view) {
        const cap = maxAmount?.[view.currency];
        return cap !== undefined && BigInt(slice) * BigInt(percent) > BigInt(cap) * BigInt(wholePercent)
          ? { base: cap, percent: wholePercent }
          : { base: slice, percent };
      },
    };
  }
  if (benefit.kind === "amount_off") {
    const { amount, per } = benefit;
    compiler.currencies(amount, `${path}/amount`);
    if (per === "unit" && (stage !== "item" || (mode === "graduated" && by === "amount")))
      compiler.issue(
        `${path}/per`,
        "per_unit_needs_item",
        '`per: "unit"` goes with target `item`, and not with slices of an amount.',
      );
    return {
      onUnits(ranges, view) {
        const base = amount[view.currency]!;
        if (per === "unit") return { wishes: each(ranges, () => base, wholePercent), times: 1 };
        return { wishes: [{ type: "shared", over: ranges, base, percent: wholePercent }], times: 1 };
      },
      onSlice: (slice, view) => ({ base: Math.min(slice, amount[view.currency]!), percent: wholePercent }),
    };
  }
  const { price } = benefit;
  compiler.currencies(price, `${path}/price`);
  if (stage !== "item")
    compiler.issue(path, "fixed_price_needs_item", "A fixed price goes with target `item`.");
  if (mode === "graduated" && by === "amount")
    compiler.issue(path, "fixed_price_not_sliced", "A fixed price cannot apply to a slice of an amount.");
  return {
    onUnits(ranges, view) {
      const fixed = price[view.currency]!;
      return {
        wishes: each(
          ranges.filter((range) => range.price > fixed),
          (range) => range.price - fixed,
          wholePercent,
        ),
        times: 1,
      };
    },
    onSlice: () => ({ base: 0, percent: wholePercent }),
  };
}

function each(ranges: readonly Range[], base: (range: Range) => number, percent: Percent): Wish[] {
  const shares: UnitShare[] = [];
  for (const range of ranges) if (range.price > 0) shares.push({ range, base: base(range), percent });
  return [{ type: "each", shares }];
}

/** Slices of the sum, [from, next from), shared by running prices: nobody can say which unit lies in which slice. */
function slicesOfAmount(ladder: Ladder, base: number, over: readonly Range[], view: BenefitView): Proposal {
  const wishes: Wish[] = [];
  for (let i = 0; i < ladder.length; i++) {
    const { from, benefit } = ladder[i]!;
    const slice = Math.min(base, ladder[i + 1]?.from ?? base) - from;
    if (slice > 0) wishes.push({ type: "shared", over, ...benefit.onSlice(slice, view) });
  }
  return { wishes, times: 1, overlaps: true };
}

/** The lowest slice is filled with the dearest units; a tier begins with its `from`-th unit. */
function slicesOfUnits(ladder: Ladder, ranges: readonly Range[], view: BenefitView): Proposal {
  let rest = inOrder(ranges, "dearest");
  const wishes: Wish[] = [];
  const drop = (units: number): Range[] => {
    const taken = takeUnits(rest, units);
    rest = withoutFirst(rest, units);
    return taken;
  };
  drop(Math.max(0, ladder[0]!.from - 1));
  for (let i = 0; i < ladder.length; i++) {
    const next = ladder[i + 1];
    const size =
      next === undefined ? Number.MAX_SAFE_INTEGER : Math.max(1, next.from) - Math.max(1, ladder[i]!.from);
    const units = drop(size);
    if (units.length === 0) break;
    wishes.push(...ladder[i]!.benefit.onUnits(units, view).wishes);
  }
  return { wishes, times: 1 };
}

function withoutFirst(ranges: readonly Range[], units: number): Range[] {
  const left: Range[] = [];
  let skip = units;
  for (const range of ranges) {
    const skipped = Math.min(skip, range.count);
    skip -= skipped;
    if (skipped < range.count) left.push(partOf(range, skipped, range.count - skipped));
  }
  return left;
}

function checkLadder(
  tiers: readonly { from: Readonly<Record<string, number>> | number }[],
  by: "amount" | "quantity",
  compiler: Compiler,
  path: string,
): void {
  tiers.forEach(({ from }, i) => {
    const at = `${path}/tiers/${i}/from`;
    if (by === "amount" && typeof from === "number") {
      compiler.issue(at, "from_is_money", "By amount, `from` is a money map.");
      return;
    }
    if (by === "quantity" && typeof from !== "number") {
      compiler.issue(at, "from_is_count", "By quantity, `from` is a count.");
      return;
    }
    if (typeof from !== "number") compiler.currencies(from, at);
    const before = tiers[i - 1]?.from;
    if (before === undefined) return;
    const rises =
      typeof from === "number"
        ? typeof before === "number" && from > before
        : Object.entries(from).every(
            ([currency, amount]) => typeof before !== "number" && amount > (before[currency] ?? -1),
          );
    if (!rises) compiler.issue(at, "tiers_do_not_rise", "Each tier must begin above the one before.");
  });
}
