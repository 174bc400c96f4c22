/**
 * What other ways of choosing promotions cost customers, and what finding the best plan costs in time. Fixed seeds.
 *
 *   npm run bench:planner [-- --carts 2000] [--adversarial 40] [--runs 5] [--readme]
 *
 * Compiled as the service is: what runs TypeScript directly names every closure anew, which costs the planner a tenth.
 * Prints Markdown; `--readme` also puts it where the README quotes it. Times are the best of several runs each, taken in turns
 * with pricing by `priority`, for a busy machine, and in two passes: while V8 compiles a function anew, all runs of a cart that follow
 * each other would pay for it. Before, as many other carts are planned as V8 needs to compile what is hot.
 */
import { parseArgs } from "node:util";
import { quoteInReadme } from "../quote-in-readme.ts";
import { adversarial } from "./adversarial.ts";
import { type Measured, type Method, measure, measureAgain, warmUp } from "./measure.ts";
import { convenience, doubleEleven, fashion, type Profile } from "./profiles.ts";

const { values } = parseArgs({
  options: {
    carts: { type: "string", default: "2000" },
    adversarial: { type: "string", default: "40" },
    runs: { type: "string", default: "5" },
    readme: { type: "boolean", default: false },
  },
});

const retail: Readonly<Record<string, Profile>> = {
  convenience,
  fashion,
  "Double Eleven": doubleEleven,
};
const hard: Readonly<Record<string, Profile>> = {
  "20 units × 6": adversarial(20, 6),
  "40 units × 12": adversarial(40, 12),
};

const warmUps = 600;

function measureAll(profile: Profile, carts: number): Measured[] {
  const runs = Number(values.runs);
  for (let i = 1; i <= Math.min(carts, warmUps); i++) warmUp(profile(1_000_000 + i));
  const first = Array.from({ length: carts }, (_, i) => measure(profile(i + 1), i + 1, Math.ceil(runs / 2)));
  return first.map((measured, i) => measureAgain(profile(i + 1), measured, Math.floor(runs / 2)));
}

const percentOf = (share: number, digits = 1) => `${(100 * share).toFixed(digits)} %`;

/** Carts in which the method saves less than the best plan known, and the part of all savings it loses. */
function lossOf(measured: readonly Measured[], method: Method): string {
  const worse = measured.filter(({ saved }) => saved[method] < saved.best).length;
  const best = measured.reduce((sum, { saved }) => sum + saved.best, 0);
  const own = measured.reduce((sum, { saved }) => sum + saved[method], 0);
  return `${percentOf(worse / measured.length)} / ${percentOf(1 - own / best)}`;
}

function quantile(numbers: readonly number[], share: number): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(2);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const results = [
  ...Object.entries(retail).map(([name, profile]) => ({
    name,
    measured: measureAll(profile, Number(values.carts)),
  })),
  ...Object.entries(hard).map(([name, profile]) => ({
    name,
    measured: measureAll(profile, Number(values.adversarial)),
  })),
];

const losses: readonly (readonly [string, Method])[] = [
  ["the merchant's order (`priority`)", "priority"],
  ["the best of 50 random sequences", "sequences"],
  ["the best greedy", "greedy"],
];

const times = (numbers: readonly number[]) =>
  [0.5, 0.95, 0.99, 1].map((share) => quantile(numbers, share)).join(" / ");
const meanOf = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

const report = `Carts that pay too much / part of all savings lost, against the best plan:

${table(
  ["chosen by", ...results.map(({ name }) => name)],
  losses.map(([label, method]) => [label, ...results.map(({ measured }) => lossOf(measured, method))]),
)}

Milliseconds to plan a cart, and beside it to price the same cart by \`priority\`:

${table(
  ["carts", "best: p50 / p95 / p99 / max", "priority: p50 / p95 / p99 / max", "proven", "mean gap"],
  results.map(({ name, measured }) => [
    `${name} (${measured.length})`,
    times(measured.map(({ planned }) => planned)),
    times(measured.map(({ byPriority }) => byPriority)),
    percentOf(measured.filter(({ isProven }) => isProven).length / measured.length, 2),
    percentOf(meanOf(measured.map(({ gap, total }) => gap / Math.max(1, total))), 3),
  ]),
)}`;

console.log(report);

if (values.readme) quoteInReadme("bench:planner", report);
