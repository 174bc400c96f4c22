/** Which groups units form, and so on which lines a shared discount falls: the planner's account beside the evaluator's. */
import { expect, test } from "vitest";
import { Dice } from "../../../scripts/bench-planner/dice.ts";
import { grain } from "../../../src/engine/plan/exact/grain.ts";
import { itemOffers } from "../../../src/engine/plan/exact/item-offers.ts";
import type { Place } from "../../../src/engine/plan/exact/machine.ts";
import type { MachineOffer } from "../../../src/engine/plan/exact/offer.ts";
import { type Priced, price } from "../../../src/engine/price.ts";
import type { BenefitInput } from "../engine-call.ts";
import { type Instance, situationFor } from "./situation-for.ts";

const tags = ["x", "y", "z"];

function oneSet(seed: number): Instance {
  const dice = new Dice(seed);
  const lines = Array.from({ length: dice.int(3, 7) }, (_, i) => ({
    id: `${i}`,
    sku: `${i}`,
    tags: tags.filter(() => dice.chance(0.5)),
    quantity: dice.int(1, 3),
    unitPrice: dice.int(1, 9) * 1000,
  }));
  const some = () => ({ select: { tags: dice.shuffled(tags).slice(0, dice.int(1, 2)) } });
  const benefit = dice.of<object>([
    {
      kind: "bundle",
      components: Array.from({ length: dice.int(2, 3) }, () => ({ ...some(), quantity: dice.int(1, 2) })),
      ...dice.of<object>([
        { price: { CNY: dice.int(3, 20) * 1000 } },
        { amount: { CNY: dice.int(1, 2) * 500 } },
      ]),
    },
    {
      kind: "buy_x_get_y",
      buy: { ...some(), quantity: dice.int(1, 2) },
      get: { ...some(), quantity: dice.int(1, 2) },
      percent: dice.of([50, 100]),
      pick: dice.of(["cheapest", "dearest"]),
    },
  ]);
  return {
    cart: { currency: "CNY", lines },
    promotions: [{ key: "set", trigger: { type: "automatic" }, benefits: [benefit as BenefitInput] }],
  };
}

/** By line, what the only promotion takes off. */
function offByLine({ applications }: Priced, lines: number): number[] {
  const off = new Array<number>(lines).fill(0);
  for (const { line, count, amount } of applications[0]!.discount.runs()) off[line]! += count * amount;
  return off;
}

test("a shared discount falls where the planner says", () => {
  let severalGroups = 0;
  for (let seed = 1; seed <= 3_000; seed++) {
    const situation = situationFor(oneSet(seed));
    const { lines } = situation.cart;
    const dice = new Dice(seed);
    const allowance = lines.map(({ quantity }) => dice.int(0, quantity));
    const priced = price(situation, { members: [true], allowances: [allowance] }, [0]);
    const [offer] = itemOffers(situation, 0) as MachineOffer[];
    if (priced.applications.length === 0 || !offer?.formGroups || !offer.isExact) continue;

    const bits = (line: number) =>
      offer.slots.reduce((sum, slot, i) => sum + (slot.includes(line) ? 1 << i : 0), 0);
    const left = lines
      .flatMap(({ unitPrice }, line): Place[] => {
        const unit = { line, price: unitPrice, room: unitPrice };
        const place = { unit, slots: bits(line), isFirstOfLine: false, isLastOfPrice: false };
        return new Array<Place>(priced.claimed[0]![line]!).fill(place);
      })
      .sort((a, b) => b.unit.price - a.unit.price || a.unit.line - b.unit.line);
    const groups = offer.formGroups(left);
    expect(groups, `seed ${seed}`).not.toBeNull();
    if (groups!.length > 1) severalGroups++;
    const off = offByLine(priced, lines.length);
    const expected = lines.map(() => 0);
    for (const { units, gain } of groups!) {
      const worth = units.reduce((sum, unit) => sum + unit.price, 0);
      for (const unit of units) expected[unit.line]! += (gain / grain) * (unit.price / worth);
    }
    expected.forEach((share, line) => {
      expect(Math.abs(share - off[line]!), `seed ${seed}, line ${line}: ${share}`).toBeLessThan(1.001);
    });
  }
  expect(severalGroups).toBeGreaterThan(200);
});
