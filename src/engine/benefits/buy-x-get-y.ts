import { z } from "zod";
import { partOf, type Range } from "../goods.ts";
import { type BenefitView, defineBenefit, type NoProposal, type Proposal, type Wish } from "../kind.ts";
import { limits } from "../limits.ts";
import type { Percent } from "../money.ts";
import type { CompiledSelector } from "../selectors/selector.ts";
import { selectorSchema } from "../selectors/selector.ts";
import { inOrder, pick, tooFew } from "./target.ts";
import { findUnits, type Queue, type Take, takeOut, timesAlike, UnitPool, unitsLeft } from "./unit-pool.ts";

const side = z.strictObject({ select: selectorSchema.optional(), quantity: z.int().min(1).max(1000) });

export const buyXGetY = defineBenefit({
  kind: "buy_x_get_y",
  summary:
    "Buy so many of these, get so many of those at percent off (100 is free). Bought units are used up.",
  params: z.strictObject({
    buy: side,
    get: side,
    percent: z.number().default(100),
    pick: pick.default("cheapest").describe("Which eligible units are reduced."),
    maxTimes: z.int().min(1).optional(),
    allocate: z
      .enum(["all", "target"])
      .default("all")
      .describe(
        "`all`: the discount lies on bought and got units alike, so a returned one carries its share.",
      ),
  }),
  example: {
    buy: { select: { skus: ["MASK"] }, quantity: 2 },
    get: { select: { skus: ["MASK"] }, quantity: 1 },
    percent: 100,
  },
  stages: ["item"],
  reasons: { quantity_too_low: { en: "Add the missing units to get this.", "zh-CN": "再加几件即可享受。" } },
  compile({ buy, get, percent, pick, maxTimes = Number.MAX_SAFE_INTEGER, allocate }, compiler, path) {
    const offer: Offer = {
      buy: { goods: compiler.selector(buy.select, `${path}/buy/select`), quantity: buy.quantity },
      get: { goods: compiler.selector(get.select, `${path}/get/select`), quantity: get.quantity },
      percent: compiler.percent(percent, `${path}/percent`),
      pick,
      maxTimes,
      allocate,
    };
    const fromOneHeap = offer.buy.goods.id === offer.get.goods.id;
    return {
      stage: "item",
      selectors: fromOneHeap ? [offer.buy.goods] : [offer.buy.goods, offer.get.goods],
      propose: (view) => (fromOneHeap ? proposeFromOneHeap(offer, view) : proposeFromTwo(offer, view)),
    };
  },
  words({ buy, get, percent }, say) {
    const same = JSON.stringify(buy.select) === JSON.stringify(get.select);
    const price =
      percent === 100
        ? say.pick({ en: "free", "zh-CN": "免费" })
        : say.pick({ en: `at ${say.percent(percent)} off`, "zh-CN": `减${say.percent(percent)}` });
    const got = same ? "" : ` ${say.select(get.select)}`;
    return say.pick({
      en: `buy ${buy.quantity} of ${say.select(buy.select)}, get ${get.quantity}${same ? " more" : ` of${got}`} ${price}`,
      "zh-CN": `${say.select(buy.select)}买${buy.quantity}件,${got}送${get.quantity}件(${price})`,
    });
  },
});

interface Side {
  goods: CompiledSelector;
  quantity: number;
}
interface Offer {
  buy: Side;
  get: Side;
  percent: Percent;
  pick: "cheapest" | "dearest";
  maxTimes: number;
  allocate: "all" | "target";
}

/** Equal selectors: all units, dearest first, are cut into whole groups; `pick` chooses inside each group. */
function proposeFromOneHeap(offer: Offer, view: BenefitView): Proposal | NoProposal {
  const heap = new UnitPool().queueOf(inOrder(view.free(offer.buy.goods, "paid"), "dearest"));
  const size = offer.buy.quantity + offer.get.quantity;
  const applications = new Applications(offer);
  while (applications.times < offer.maxTimes) {
    const group = findUnits(heap, size);
    if (group === null) break;
    const times = applications.mustBePlaced ? 1 : timesAlike([group], offer.maxTimes - applications.times);
    const ranges = takeOut(group, times);
    const [bought, got] =
      offer.pick === "cheapest"
        ? cut(ranges, offer.buy.quantity * times)
        : cut(ranges, offer.get.quantity * times).reverse();
    applications.add(bought!, got!, times);
  }
  const left = unitsLeft(heap);
  return applications.times > 0
    ? applications.proposal()
    : { wishes: null, ...(left > 0 && { unmet: tooFew(size, left, offer.buy.goods) }) };
}

/** Different selectors: `get` takes its units first, then `buy` the dearest left of its own. Whole groups only. */
function proposeFromTwo(offer: Offer, view: BenefitView): Proposal | NoProposal {
  const pool = new UnitPool();
  const gettable = pool.queueOf(inOrder(view.free(offer.get.goods, "paid"), offer.pick));
  const buyable = pool.queueOf(inOrder(view.free(offer.buy.goods, "paid"), "dearest"));
  const applications = new Applications(offer);
  while (applications.times < offer.maxTimes) {
    const got = findUnits(gettable, offer.get.quantity);
    const bought = got && findUnits(buyable, offer.buy.quantity, got);
    if (got === null || bought === null) break;
    const times = applications.mustBePlaced
      ? 1
      : timesAlike([got, bought], offer.maxTimes - applications.times);
    applications.add(takeOut(bought, times), takeOut(got, times), times);
  }
  return applications.times > 0 ? applications.proposal() : whatIsMissing(offer, gettable, buyable);
}

class Applications {
  times = 0;
  private readonly offer: Offer;
  private readonly wishes: Wish[] = [];
  private readonly used: Range[] = [];

  constructor(offer: Offer) {
    this.offer = offer;
  }

  /** With the discount on the got units alone it shows which of equal neighbours they are. */
  get mustBePlaced(): boolean {
    return this.offer.allocate === "target" && this.times < limits.placedUnits;
  }

  add(bought: readonly Range[], got: readonly Range[], times: number): void {
    const { percent, allocate } = this.offer;
    this.times += times;
    this.used.push(...bought, ...got);
    if (allocate === "target")
      this.wishes.push({ type: "each", shares: got.map((range) => ({ range, base: range.price, percent })) });
    else {
      const base = got.reduce((sum, range) => sum + range.price * range.count, 0);
      this.wishes.push({ type: "shared", over: joinNeighbours([...bought, ...got]), base, percent });
    }
  }

  proposal(): Proposal {
    return { wishes: this.wishes, times: this.times, used: this.used };
  }
}

/** Bought and got units of one segment lie side by side and share alike. */
function joinNeighbours(ranges: readonly Range[]): Range[] {
  const joined: Range[] = [];
  for (const range of [...ranges].sort((a, b) => a.line - b.line || a.from - b.from)) {
    const last = joined.at(-1);
    if (
      last !== undefined &&
      last.line === range.line &&
      last.price === range.price &&
      last.from + last.count === range.from
    )
      joined[joined.length - 1] = partOf(last, 0, last.count + range.count);
    else joined.push(range);
  }
  return joined;
}

function cut(ranges: readonly Range[], units: number): [Range[], Range[]] {
  const before: Range[] = [];
  const after: Range[] = [];
  let left = units;
  for (const range of ranges) {
    const here = Math.min(left, range.count);
    if (here > 0) before.push(partOf(range, 0, here));
    if (here < range.count) after.push(partOf(range, here, range.count - here));
    left -= here;
  }
  return [before, after];
}

function whatIsMissing(offer: Offer, gettable: Queue, buyable: Queue): NoProposal {
  const got: Take[] | null = findUnits(gettable, offer.get.quantity);
  if (got === null) {
    if (findUnits(buyable, offer.buy.quantity) === null) return { wishes: null };
    return { wishes: null, unmet: tooFew(offer.get.quantity, unitsLeft(gettable), offer.get.goods) };
  }
  const spoken = got
    .filter((take) => buyable.entries.includes(take.entry))
    .reduce((sum, take) => sum + take.units, 0);
  return { wishes: null, unmet: tooFew(offer.buy.quantity, unitsLeft(buyable) - spoken, offer.buy.goods) };
}
