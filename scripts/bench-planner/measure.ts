/** One cart, planned in every way: what each leaves to pay, and how long the exact planner takes beside pricing by priority. */
import { canonicalCart } from "../../src/engine/canonical-cart.ts";
import { type Cart, cartSchema } from "../../src/engine/cart.ts";
import { noFacts } from "../../src/engine/facts.ts";
import { Goods } from "../../src/engine/goods.ts";
import { judge } from "../../src/engine/judge.ts";
import { planExactly } from "../../src/engine/plan/exact/plan-exactly.ts";
import { planGreedily } from "../../src/engine/plan/greedy.ts";
import { planInOrder } from "../../src/engine/plan/in-order.ts";
import { planByPriority } from "../../src/engine/plan/priority.ts";
import { price } from "../../src/engine/price.ts";
import { type CompiledPromotion, compilePromotion, promotionSchema } from "../../src/engine/promotion.ts";
import { compareByRank } from "../../src/engine/rulebook.ts";
import { makeGround, type Situation, StageView, withCandidates } from "../../src/engine/situation.ts";
import { Dice } from "./dice.ts";
import type { Shop } from "./profiles.ts";

const now = Date.parse("2026-11-11T02:00:00Z");

/** How many random orders "50 sequences" tries. */
const sequences = 50;

export interface Measured {
  /** Off the list price, by method. */
  readonly saved: Readonly<Record<Method, number>>;
  readonly isProven: boolean;
  /** In minor units, and of the total. */
  readonly gap: number;
  readonly total: number;
  /** Milliseconds, the best of several runs. */
  readonly planned: number;
  readonly byPriority: number;
}

export const methods = ["priority", "greedy", "sequences", "best"] as const;
export type Method = (typeof methods)[number];

export function measure(shop: Shop, seed: number, runs: number): Measured {
  const compiled = compile(shop);
  const cart = cartSchema.parse(shop.cart);
  const fresh = () => situationOf(compiled, cart);
  const list = fresh().cart.subtotal + fresh().cart.shippingAmount;
  const exact = planExactly(fresh());
  const { optimality } = exact;
  const total = exact.priced.total;
  return {
    saved: {
      priority: list - priceByPriority(fresh()),
      greedy: list - planGreedily(fresh()).priced.total,
      sequences: list - bestOfSequences(fresh(), new Dice(seed)),
      best: list - total,
    },
    isProven: optimality.proven,
    gap: optimality.proven ? 0 : (optimality.bound ?? 0),
    total,
    ...timesOf(fresh, runs),
  };
}

type Times = Pick<Measured, "planned" | "byPriority">;

function timesOf(fresh: () => Situation, runs: number): Times {
  let planned = Number.POSITIVE_INFINITY;
  let byPriority = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    planned = Math.min(planned, timed(fresh(), planExactly));
    byPriority = Math.min(byPriority, timed(fresh(), priceByPriority));
  }
  return { planned, byPriority };
}

/** The cart was measured before; further runs, at another time. */
export function measureAgain(shop: Shop, measured: Measured, runs: number): Measured {
  const compiled = compile(shop);
  const cart = cartSchema.parse(shop.cart);
  planExactly(situationOf(compiled, cart));
  const { planned, byPriority } = timesOf(() => situationOf(compiled, cart), runs);
  return {
    ...measured,
    planned: Math.min(planned, measured.planned),
    byPriority: Math.min(byPriority, measured.byPriority),
  };
}

/** Plans the cart a few times, for nothing but V8. */
export function warmUp(shop: Shop): void {
  const compiled = compile(shop);
  const cart = cartSchema.parse(shop.cart);
  for (let i = 0; i < 3; i++) {
    planExactly(situationOf(compiled, cart));
    priceByPriority(situationOf(compiled, cart));
  }
}

function priceByPriority(situation: Situation): number {
  return planByPriority(situation).priced.total;
}

/** What products with "n random sequences" do: the promotions in random orders, each first come first served; counted in the order of the arithmetic. */
function bestOfSequences(situation: Situation, dice: Dice): number {
  const order = situation.candidates.map((_, index) => index);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < sequences; i++)
    least = Math.min(least, price(situation, planInOrder(situation, dice.shuffled(order)).plan).total);
  return least;
}

function timed(situation: Situation, work: (situation: Situation) => unknown): number {
  const start = process.hrtime.bigint();
  work(situation);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

function compile(shop: Shop): CompiledPromotion[] {
  const selectors = new Map();
  return shop.promotions
    .map((document) => {
      const { promotion, issues } = compilePromotion(promotionSchema.parse(document), {
        id: null,
        defaultTimezone: "UTC",
        selectors,
      });
      if (issues !== null) throw new Error(`${document.key}: ${JSON.stringify(issues)}`);
      return promotion;
    })
    .sort(compareByRank);
}

function situationOf(promotions: readonly CompiledPromotion[], request: Cart): Situation {
  const ground = makeGround(canonicalCart(request, null), noFacts, now, "half_up");
  const view = new StageView(ground, new Goods(ground.cart.lines), new Goods(ground.shipments));
  const candidates = promotions.map((promotion) => ({
    promotion,
    code: null,
    ...judge(promotion, view, ground, undefined, null),
  }));
  return withCandidates(ground, candidates);
}
