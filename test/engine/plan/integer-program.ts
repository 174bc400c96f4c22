/**
 * A second opinion on the best plan: the same cart and promotions as an integer program, for HiGHS. Written from the semantics
 * and the documents alone; it shares no arithmetic with the planner, nor with the evaluator. What it can express is what
 * `program-instances.ts` makes: amounts are whole, selectors name SKUs.
 */
import type { PromotionInput } from "../../../src/engine/promotion.ts";
import { LinearProgram, type Terms, terms } from "./linear-program.ts";
import type { Instance } from "./situation-for.ts";

type Promotion = PromotionInput & { readonly key: string };

// biome-ignore lint/suspicious/noExplicitAny: documents of all kinds, read field by field.
type Benefit = any;

interface Line {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPrice: number;
}

const CNY = (money: { CNY: number }) => money.CNY;

export class IntegerProgram {
  private readonly lines: readonly Line[];
  private readonly program = new LinearProgram();
  /** What the item stage takes off; what is left; and what the stages after it take off. */
  private readonly offItems: Terms = new Map();
  private readonly offLater: Terms = new Map();
  /** By group and line: the units claimed. */
  private readonly claims = new Map<string, Terms>();
  /** The list price of all goods: no sum of prices and no number of times is larger, so it serves to switch rows off. */
  private readonly list: number;
  private readonly shipping: number;
  private readonly promotions: readonly Promotion[];

  constructor({ cart, promotions }: Instance) {
    // Dearest first, then by id: the order in which units are picked.
    this.lines = [...cart.lines].sort((a, b) => b.unitPrice - a.unitPrice || (a.id < b.id ? -1 : 1));
    this.list = this.lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
    this.shipping = (cart.shipping ?? []).reduce((sum, { amount }) => sum + amount, 0);
    // The order of the arithmetic.
    this.promotions = [...(promotions as readonly Promotion[])].sort(
      (a, b) => (b.priority ?? 0) - (a.priority ?? 0) || (a.key < b.key ? -1 : 1),
    );
    for (const promotion of this.promotions) if (this.isOfItems(promotion)) this.itemPromotion(promotion);
    for (const [place, terms] of this.claims)
      this.program.row(terms, "<=", this.lines.find(({ sku }) => place.endsWith(` ${sku}`))!.quantity);
    this.constrainPicks();
    this.laterStages();
    this.exclusions();
  }

  /** In the LP format. What is maximised is all that is taken off. */
  text(): string {
    const objective = new Map(this.offItems);
    for (const [name, factor] of this.offLater) objective.set(name, (objective.get(name) ?? 0) + factor);
    return this.program.maximising(objective);
  }

  totalAt(off: number): number {
    return this.list + this.shipping - Math.round(off);
  }

  // -------------------------------------------------------------- the item stage

  private isOfItems({ benefits: [benefit] }: Promotion): boolean {
    const { kind, target } = benefit as Benefit;
    return target !== "order" && target !== "shipping" && kind !== "free_shipping";
  }

  private covered(select: { skus?: string[] } | undefined): number[] {
    return this.lines.flatMap(({ sku }, i) =>
      select?.skus === undefined || select.skus.includes(sku) ? [i] : [],
    );
  }

  /** Units of a line that a promotion takes, by the part they play; they are claimed in its group. */
  private takes(promotion: Promotion, role: string, line: number): string {
    const name = this.program.integer(`${promotion.key}_${role}_${line}`);
    const { sku, quantity } = this.lines[line]!;
    const place = `${promotion.stacking?.group ?? "item"} ${sku}`;
    const claims = this.claims.get(place) ?? new Map();
    claims.set(name, 1);
    this.claims.set(place, claims);
    const applies = this.program.binary(`${promotion.key}_applies`);
    this.program.row(terms([name, 1], [applies, -quantity]), "<=", 0);
    return name;
  }

  private gives(name: string, amount: number): void {
    this.offItems.set(name, (this.offItems.get(name) ?? 0) + amount);
  }

  private itemPromotion(promotion: Promotion): void {
    const benefit = promotion.benefits[0] as Benefit;
    switch (benefit.kind) {
      case "percent_off":
      case "fixed_price":
      case "amount_off":
        if (benefit.every !== undefined) this.repeated(promotion, benefit);
        else this.unitsOnTheirOwn(promotion, benefit);
        break;
      case "nth_unit":
        this.everyNth(promotion, benefit);
        break;
      case "buy_x_get_y":
        if (String(benefit.buy.select?.skus) === String(benefit.get.select?.skus))
          this.oneHeap(promotion, benefit);
        else this.twoHeaps(promotion, benefit);
        break;
      case "bundle":
        this.bundle(promotion, benefit);
        break;
      case "tiered":
        this.tiers(promotion, benefit);
        break;
      default:
        throw new Error(`No program for ${benefit.kind}.`);
    }
  }

  private unitsOnTheirOwn(promotion: Promotion, benefit: Benefit): void {
    const { key } = promotion;
    const isPerOrder = benefit.kind === "amount_off" && benefit.per !== "unit";
    const gainOn = (price: number) => {
      if (benefit.kind === "percent_off") return (price * benefit.percent) / 100;
      if (benefit.kind === "fixed_price") return Math.max(0, price - CNY(benefit.price));
      return isPerOrder ? price : Math.min(price, CNY(benefit.amount));
    };
    const sum: Terms = new Map();
    const units: Terms = new Map();
    for (const line of this.covered(benefit.select)) {
      const gain = gainOn(this.lines[line]!.unitPrice);
      if (gain === 0) continue;
      const name = this.takes(promotion, "u", line);
      sum.set(name, gain);
      units.set(name, 1);
    }
    if (benefit.maxUnits !== undefined) this.program.row(units, "<=", benefit.maxUnits);
    const cap = isPerOrder ? CNY(benefit.amount) : benefit.maxAmount && CNY(benefit.maxAmount);
    if (cap === undefined) {
      for (const [name, gain] of sum) this.gives(name, gain);
      return;
    }
    // All of the sum, or the cap where the sum is larger; never less by choice.
    const off = this.program.integer(`${key}_off`);
    const isCut = this.program.binary(`${key}_cut`);
    const less = (more: readonly (readonly [string, number])[]): Terms =>
      terms(...[...sum].map(([name, gain]) => [name, -gain] as const), [off, 1], ...more);
    this.program.row(less([]), "<=", 0);
    this.program.row(terms([off, 1]), "<=", cap);
    this.program.row(less([[isCut, this.list]]), ">=", 0);
    this.program.row(terms([off, 1], [isCut, -cap]), ">=", 0);
    this.gives(off, 1);
  }

  private repeated(promotion: Promotion, benefit: Benefit): void {
    const byAmount = "amount" in benefit.every;
    const every: number = byAmount ? CNY(benefit.every.amount) : benefit.every.quantity;
    const times = this.program.integer(`${promotion.key}_times`);
    const base: Terms = terms([times, -every]);
    for (const line of this.covered(benefit.select))
      base.set(this.takes(promotion, "u", line), byAmount ? this.lines[line]!.unitPrice : 1);
    this.program.row(base, ">=", 0);
    this.program.row(base, "<=", every - 1);
    this.gives(times, CNY(benefit.amount));
  }

  /**
   * Dearest first, cut into groups. After every line the rewarded are as many as the position says: `lag` units of a group come
   * before its rewarded one, of `size` in all.
   */
  private groups(rewarded: readonly string[], others: readonly string[], size: number, lag: number): void {
    const sum: Terms = new Map();
    rewarded.forEach((name, i) => {
      sum.set(name, 1 - size);
      sum.set(others[i]!, 1);
      // size × rewarded ≤ taken + (size − 1 − lag) and ≥ taken − lag
      this.program.row(sum, ">=", lag + 1 - size);
      this.program.row(sum, "<=", lag);
    });
  }

  private everyNth(promotion: Promotion, { n, percent, select }: Benefit): void {
    const lines = this.covered(select);
    const rewarded = lines.map((line) => this.takes(promotion, "r", line));
    const counted = lines.map((line) => this.program.integer(`${promotion.key}_c_${line}`));
    this.groups(rewarded, counted, n, n - 1);
    this.program.row(evenly(rewarded, counted, n - 1), "=", 0);
    lines.forEach((line, i) => {
      const { sku, unitPrice, quantity } = this.lines[line]!;
      this.gives(rewarded[i]!, (unitPrice * percent) / 100);
      // What comes later in the arithmetic may still have the counted units; what came before has taken its own.
      const free: Terms = terms([counted[i]!, 1]);
      const claims = this.claims.get(`${promotion.stacking?.group ?? "item"} ${sku}`)!;
      for (const [name, one] of claims) free.set(name, one);
      this.program.row(free, "<=", quantity);
    });
  }

  private oneHeap(promotion: Promotion, benefit: Benefit): void {
    const lines = this.covered(benefit.buy.select);
    const size = benefit.buy.quantity + 1;
    const got = lines.map((line) => this.takes(promotion, "g", line));
    const bought = lines.map((line) => this.takes(promotion, "b", line));
    this.groups(got, bought, size, benefit.pick === "dearest" ? 0 : size - 1);
    this.program.row(evenly(got, bought, size - 1), "=", 0);
    if (benefit.maxTimes !== undefined)
      this.program.row(new Map(got.map((name) => [name, 1])), "<=", benefit.maxTimes);
    lines.forEach((line, i) => {
      this.gives(got[i]!, (this.lines[line]!.unitPrice * (benefit.percent ?? 100)) / 100);
    });
  }

  private twoHeaps(promotion: Promotion, benefit: Benefit): void {
    const sets = this.program.integer(`${promotion.key}_sets`);
    const got: Terms = terms([sets, -benefit.get.quantity]);
    const bought: Terms = terms([sets, -benefit.buy.quantity]);
    for (const line of this.covered(benefit.buy.select)) bought.set(this.takes(promotion, "b", line), 1);
    for (const line of this.covered(benefit.get.select)) {
      const name = this.takes(promotion, "g", line);
      got.set(name, 1);
      this.gives(name, (this.lines[line]!.unitPrice * (benefit.percent ?? 100)) / 100);
    }
    this.program.row(got, "=", 0);
    this.program.row(bought, "=", 0);
    if (benefit.maxTimes !== undefined) this.program.row(terms([sets, 1]), "<=", benefit.maxTimes);
  }

  /** Any application of the bundles made here costs less than its parts, so they need not be told apart. */
  private bundle(promotion: Promotion, benefit: Benefit): void {
    const sets = this.program.integer(`${promotion.key}_sets`);
    benefit.components.forEach(({ select, quantity }: Benefit, i: number) => {
      const taken: Terms = terms([sets, -quantity]);
      for (const line of this.covered(select)) {
        const name = this.takes(promotion, `s${i}`, line);
        const { unitPrice } = this.lines[line]!;
        taken.set(name, 1);
        if (benefit.price !== undefined) this.gives(name, unitPrice);
        else if (benefit.percent !== undefined) this.gives(name, (unitPrice * benefit.percent) / 100);
      }
      this.program.row(taken, "=", 0);
    });
    if (benefit.price !== undefined) this.gives(sets, -CNY(benefit.price));
    if (benefit.amount !== undefined) this.gives(sets, CNY(benefit.amount));
    if (benefit.maxTimes !== undefined) this.program.row(terms([sets, 1]), "<=", benefit.maxTimes);
  }

  /** The highest tier reached by what it takes, for all of it. */
  private tiers(promotion: Promotion, benefit: Benefit): void {
    const { key } = promotion;
    const byAmount = benefit.by === "amount";
    const fromOf = (tier: Benefit): number => (byAmount ? CNY(tier.from) : tier.from);
    const chosen: Terms = new Map();
    benefit.tiers.forEach((tier: Benefit, i: number) => {
      const isReached = this.program.binary(`${key}_tier${i}`);
      chosen.set(isReached, 1);
      const measure: Terms = new Map();
      for (const line of this.covered(benefit.select)) {
        const { unitPrice, quantity } = this.lines[line]!;
        const name = this.takes(promotion, `t${i}`, line);
        measure.set(name, byAmount ? unitPrice : 1);
        this.program.row(terms([name, 1], [isReached, -quantity]), "<=", 0);
        this.gives(name, (unitPrice * tier.benefit.percent) / 100);
      }
      this.program.row(terms(...measure, [isReached, -fromOf(tier)]), ">=", 0);
      const next = benefit.tiers[i + 1];
      if (next !== undefined) this.program.row(measure, "<=", fromOf(next) - 1);
    });
    this.program.row(chosen, "<=", 1);
  }

  /** A pick binds: no unit lies idle that goes before one that was taken. */
  private constrainPicks(): void {
    for (const promotion of this.promotions) {
      if (!this.isOfItems(promotion)) continue;
      const benefit = promotion.benefits[0] as Benefit;
      const isTwoHeaps =
        benefit.kind === "buy_x_get_y" &&
        String(benefit.buy.select?.skus) !== String(benefit.get.select?.skus);
      if (!isTwoHeaps && benefit.maxUnits === undefined) continue;
      const isCheapest = (benefit.pick ?? (isTwoHeaps ? "cheapest" : "dearest")) === "cheapest";
      const lines = this.covered(isTwoHeaps ? benefit.get.select : benefit.select).filter(
        (line) => benefit.kind !== "fixed_price" || this.lines[line]!.unitPrice > CNY(benefit.price),
      );
      for (const line of lines) {
        const name = `${promotion.key}_${isTwoHeaps ? "g" : "u"}_${line}`;
        const { quantity, unitPrice } = this.lines[line]!;
        const isTaken = this.program.binary(`${promotion.key}_taken${line}`);
        this.program.row(terms([name, 1], [isTaken, -quantity]), "<=", 0);
        for (const other of lines) {
          const { sku, quantity: all, unitPrice: price } = this.lines[other]!;
          if (isCheapest ? price >= unitPrice : price <= unitPrice) continue;
          const claims = this.claims.get(`${promotion.stacking?.group ?? "item"} ${sku}`)!;
          this.program.row(terms(...claims, [isTaken, -all]), ">=", 0);
        }
      }
    }
  }

  private exclusions(): void {
    for (const { key, stacking } of this.promotions)
      for (const other of (stacking?.excludes?.promotions ?? []) as readonly string[])
        if (this.program.hasBinary(`${key}_applies`) && this.program.hasBinary(`${other}_applies`))
          this.program.row(terms([`${key}_applies`, 1], [`${other}_applies`, 1]), "<=", 1);
  }

  // -------------------------------------------------------------- the later stages

  private laterStages(): void {
    const ofGroup = new Map<string, Terms>();
    for (const stage of ["order", "shipping"] as const) {
      for (const promotion of this.promotions) {
        const benefit = promotion.benefits[0] as Benefit;
        if (this.isOfItems(promotion)) continue;
        if ((benefit.kind === "free_shipping" || benefit.target === "shipping") !== (stage === "shipping"))
          continue;
        const applies = this.program.binary(`${promotion.key}_applies`);
        const group = `${stage} ${promotion.stacking?.group ?? stage}`;
        const rivals = ofGroup.get(group) ?? new Map();
        ofGroup.set(group, rivals.set(applies, 1));
        const condition = promotion.conditions as { atLeast: { CNY: number } } | undefined;
        const left = this.left(stage);
        if (condition !== undefined) this.reach(left, applies, CNY(condition.atLeast));
        if (stage === "order") this.offOrder(promotion, benefit, applies);
        else this.offLater.set(applies, this.shipping);
      }
    }
    for (const rivals of ofGroup.values()) this.program.row(rivals, "<=", 1);
  }

  /** What the goods cost less the list price: as the stage finds them, or by now. */
  private left(when: "order" | "shipping"): Terms {
    const left: Terms = new Map([...this.offItems].map(([name, amount]) => [name, -amount]));
    if (when === "shipping")
      for (const [name, amount] of this.offLater) left.set(name, (left.get(name) ?? 0) - amount);
    return left;
  }

  private reach(left: Terms, applies: string, atLeast: number): void {
    this.program.row(terms(...left, [applies, -atLeast]), ">=", -this.list);
  }

  private offOrder({ key }: Promotion, benefit: Benefit, applies: string): void {
    const left = this.left("order");
    const running = this.left("shipping");
    if (benefit.kind === "percent_off") {
      const off = `${key}_off`;
      const rate = benefit.percent / 100;
      const share: Terms = new Map([...running].map(([name, amount]) => [name, -rate * amount]));
      share.set(off, 1);
      this.program.row(share, "<=", rate * this.list);
      this.program.row(terms(...share, [applies, -this.list]), ">=", rate * this.list - this.list);
      this.program.row(terms([off, 1], [applies, -this.list]), "<=", 0);
      this.offLater.set(off, 1);
    } else if (benefit.kind === "tiered") {
      const chosen: Terms = terms([applies, -1]);
      benefit.tiers.forEach((tier: Benefit, i: number) => {
        const isReached = this.program.binary(`${key}_tier${i}`);
        chosen.set(isReached, 1);
        this.reach(left, isReached, CNY(tier.from));
        const next = benefit.tiers[i + 1];
        if (next !== undefined)
          this.program.row(terms(...left, [isReached, this.list]), "<=", CNY(next.from) - 1);
        this.offLater.set(isReached, CNY(tier.benefit.amount));
      });
      this.program.row(chosen, "=", 0);
    } else if (benefit.every !== undefined) {
      const times = this.program.integer(`${key}_times`);
      const every = CNY(benefit.every.amount);
      this.program.row(terms([times, 1], [applies, -this.list]), "<=", 0);
      this.program.row(terms(...left, [times, -every]), ">=", -this.list);
      this.program.row(terms(...left, [times, -every], [applies, this.list]), "<=", every - 1);
      this.offLater.set(times, CNY(benefit.amount));
    } else this.offLater.set(applies, CNY(benefit.amount));
  }
}

function evenly(ones: readonly string[], others: readonly string[], times: number): Terms {
  return terms(...ones.map((name) => [name, -times] as const), ...others.map((name) => [name, 1] as const));
}
