/**
 * A contender is a process of its own, told by `main.ts` what to prepare and for how long to evaluate: one at a time, so that
 * all of them take turns on the same machine.
 */
import { type Rule, type RuleSet, rulesOf } from "./shop.ts";

/** One way of evaluating the cart by one set of rules. */
export interface Subject {
  readonly name: string;
  /** What the cart is given, in minor units. */
  readonly discount: number;
  /** How many evaluations are under way at once. */
  readonly lanes?: number;
  readonly evaluate: () => unknown;
}

export type Prepare = (rules: readonly Rule[], set: RuleSet) => Subject[] | Promise<Subject[]>;

export type Order =
  | { readonly kind: "prepare"; readonly set: RuleSet; readonly count: number }
  | {
      readonly kind: "measure";
      readonly set: RuleSet;
      readonly count: number;
      readonly name: string;
      readonly milliseconds: number;
    };

export type Answer =
  | { readonly kind: "prepared"; readonly subjects: readonly { name: string; discount: number }[] }
  | { readonly kind: "measured"; readonly perSecond: number }
  | { readonly kind: "failed"; readonly reason: string };

export function attend(prepare: Prepare): void {
  const ready = new Map<string, Subject>();
  const obey = async (order: Order): Promise<Answer> => {
    const { kind, set, count } = order;
    if (kind === "measure")
      return {
        kind: "measured",
        perSecond: await measure(ready.get(`${set} ${count} ${order.name}`)!, order),
      };
    const subjects = await prepare(rulesOf(set, count), set);
    for (const subject of subjects) ready.set(`${set} ${count} ${subject.name}`, subject);
    return { kind: "prepared", subjects: subjects.map(({ name, discount }) => ({ name, discount })) };
  };
  process.on("message", (order: Order) => {
    obey(order).then(
      (answer) => process.send?.(answer),
      (error: unknown) => process.send?.({ kind: "failed", reason: String(error) } satisfies Answer),
    );
  });
  process.on("disconnect", () => process.exit());
}

/** Evaluations a second; at least one in every lane, however long it takes. */
async function measure(
  { evaluate, lanes = 1 }: Subject,
  { milliseconds }: { readonly milliseconds: number },
): Promise<number> {
  const began = performance.now();
  let done = 0;
  const lane = async (): Promise<void> => {
    do {
      const answer = evaluate();
      if (answer instanceof Promise) await answer;
      done += 1;
    } while (performance.now() - began < milliseconds);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return done / ((performance.now() - began) / 1_000);
}
