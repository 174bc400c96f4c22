/** Which gifts of a sale were kept, and which lines of the ERP's order they are: pure arithmetic. */
import { type SoldLine, type StoredSale, soldLines } from "./campaign-stored-sale.ts";

type Reward = StoredSale["rewards"][number];

/** A gift or a service as far as it was kept. */
export interface KeptReward {
  readonly reward: Reward;
  readonly units: number;
  /** Of these units those that a line of the order is; of the others nobody but the promotion tells what they cost. */
  readonly onLines: readonly { readonly sku: string; readonly units: number; readonly unitCost?: number }[];
}

/** Units of no gift so far. */
interface FreeLine {
  readonly line: SoldLine;
  kept: number;
  back: number;
}

interface Gift {
  readonly reward: Reward;
  /** Kept, as far as the redemption tells, and without a line so far. */
  kept: number;
  back: number;
  readonly taken: { line: SoldLine; units: number }[];
}

/**
 * A line that the cart has not and that nobody paid for is a gift of its SKU, so one that came back is told by the redemption, by
 * the order or by both: more than either tells of is not taken for back, and what is back for one is so for the other. Of `lines`
 * there is left what was sold: a gift is none of its units.
 */
export function giftsAndLines(sale: StoredSale): { lines: SoldLine[]; rewards: KeptReward[] } {
  const lines = soldLines(sale);
  const asked = new Set(sale.request.map(({ id }) => id));
  const free: FreeLine[] = lines
    .filter(({ id, total }) => total === 0 && !asked.has(id))
    // What they cost is worth more than where they are.
    .sort((a, b) => Number(a.unitCost === undefined) - Number(b.unitCost === undefined))
    .map((line) => ({ line, kept: line.quantity - line.back, back: line.back }));
  const gifts = sale.rewards
    .filter(({ kind }) => kind === "gift" || kind === "service")
    .map((reward): Gift => {
      const { promotion, benefit, quantity = 1 } = reward;
      const back = Math.min(quantity, sale.returned?.gifts?.[`${promotion}/${benefit}`] ?? 0);
      return { reward, kept: quantity - back, back, taken: [] };
    });
  const units = gifts.map(({ kept }) => kept);
  const match = (of: "kept" | "back", onLine: "kept" | "back", take: Take) => {
    for (const [at, gift] of gifts.entries())
      for (const line of free.filter(({ line: { sku } }) => isOf(gift.reward, sku))) {
        const some = Math.min(gift[of], line[onLine]);
        gift[of] -= some;
        line[onLine] -= some;
        if (some > 0) take(at, line, some);
      }
  };
  match("kept", "kept", (at, { line }, some) => gifts[at]!.taken.push({ line, units: some }));
  match("back", "back", () => {});
  // Told by one of the two alone.
  match("kept", "back", (at, _, some) => {
    units[at]! -= some;
  });
  match("back", "kept", () => {});
  const left = new Map(free.map(({ line, kept, back }) => [line, { quantity: kept + back, back }]));
  return {
    lines: lines.map((line) => ({ ...line, ...left.get(line) })),
    rewards: gifts.map(({ reward, taken }, at) => ({
      reward,
      units: units[at]!,
      onLines: taken.map(({ line: { sku, unitCost }, units: some }) => ({
        sku,
        units: some,
        ...(unitCost !== undefined && { unitCost }),
      })),
    })),
  };
}

type Take = (gift: number, line: FreeLine, units: number) => void;

const isOf = ({ kind, sku, choices = [] }: Reward, of: string): boolean =>
  kind === "gift" && (sku === of || choices.includes(of));
