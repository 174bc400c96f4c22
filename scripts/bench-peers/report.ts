/** What the README quotes: Markdown. */
import { cpus, totalmem } from "node:os";
import type { Face } from "./http-race.ts";
import { patienceSeconds, type Result } from "./race.ts";
import { cartLines, discountDue, rulesOf, sizes } from "./shop.ts";

export interface RedemptionFigure {
  readonly name: string;
  readonly perSecond: number;
}

export interface Measured {
  readonly faces: readonly Face[];
  readonly equal: readonly Result[];
  readonly mixed: readonly Result[];
  readonly redemptions: readonly RedemptionFigure[];
  readonly rounds: number;
  readonly seconds: number;
  readonly minutes: number;
  readonly versions: Readonly<Record<string, string>>;
}

const reference = "Dealwright";

export function reportOf(measured: Measured): string {
  const { faces, equal, mixed, redemptions } = measured;
  const discounts = sizes.map((count) => (discountDue(rulesOf("equal", count)) / 100).toFixed(2));
  return [
    methodOf(measured),
    `Evaluations a second of the same cart, and how many times as many Dealwright in process makes. Every contender arrives at the same discount: ${discounts.join(", ")} CNY.`,
    contenderTable(equal, faces),
    remarks,
    ...faultsOf([...equal, ...mixed]),
    aims(equal),
    `A shop where more promotions touch the cart the more there are, beside the floor: an indexed evaluator, written for this, that answers what each promotion that touches the cart would take off each line, alone, without stacking, sharing an amount out or reasons. Dealwright is to stay within ${mostTimesTheFloor} × of it (${floorAims(mixed)}):`,
    floorTable(mixed),
    "The faces of the service, 1,000 promotions (of REST, GraphQL is to reach 0.25 in fields and 0.60 in JSON; with every field of the quote asked for):",
    faceTable(faces),
    `Redemptions through the service, beside one bare SQL statement that uses a code and notes the order (as in \`npm run bench\`, shorter):`,
    redemptionTable(redemptions),
  ].join("\n\n");
}

function methodOf({ rounds, seconds, minutes, versions }: Measured): string {
  const [cpu] = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const installed = Object.entries(versions)
    .filter(([name]) => !["pg", "reflect-metadata", "@medusajs/framework"].includes(name))
    .map(([name, version]) => `${name} ${version}`);
  return `Machine: ${cpus().length} × ${cpu?.model ?? "unknown"}, ${gigabytes} GB, Node ${process.version}, ${process.platform} ${process.arch}. ${installed.join(", ")}. \\
Method: each contender a process of its own with \`NODE_ENV=production\`, prepared before; ${rounds} rounds after one to warm up, in turns, ${seconds} s for each number of promotions (at least one evaluation), medians; over HTTP autocannon with 16 connections. ${cartLines.length} lines, of the promotions the same 20 touch them (of 10: 10). ${minutes.toFixed(0)} minutes in all: \`npm run bench:peers\`.`;
}

const remarks =
  "What they do besides: Medusa reads the promotions of the cart from its PostgreSQL each time. Vendure computes taxes and totals anew and asks each promotion once for every line; it is measured without its database, as its own tests do. json-rules-engine and zen-engine only say which promotions apply: what they take off is computed outside of what is measured, nothing is shared out over lines. zen-engine is measured with its goods in a list, as one would write it, and in a map, as fast as we could make it. Dealwright proves the cheapest plan, shares every amount out to units, and gives the reasons.";

function contenderTable(equal: readonly Result[], faces: readonly Face[]): string {
  const best = equal.find(({ name }) => name === reference);
  const shown: readonly (Face | Result)[] = [
    ...equal.filter(({ name }) => name.startsWith(reference)),
    ...faces.filter(({ name }) => name === "Dealwright over HTTP" || name.startsWith("empty")),
    ...equal.filter(({ name }) => !name.startsWith(reference)),
  ];
  return table(
    ["", ...sizes.map(whole), "Dealwright ÷ this"],
    shown.map((row) => [
      row.name,
      ...sizes.map((count) => figureOf(row, count)),
      row === best ? "" : leadsOf(best, row),
    ]),
  );
}

function figureOf(row: Face | Result, count: number): string {
  const perSecond = row.perSecond.get(count);
  if (perSecond !== undefined) return perSecond < 10 ? perSecond.toFixed(1) : whole(perSecond);
  return "faults" in row && row.faults.has(count) ? "—" : "";
}

/** At each size, where both have a figure. */
function leadsOf(best: Result | undefined, { perSecond }: Face | Result): string {
  return sizes
    .flatMap((count) => {
      const [mine, theirs] = [best?.perSecond.get(count), perSecond.get(count)];
      return mine === undefined || theirs === undefined ? [] : [`${ratio(mine / theirs)} ×`];
    })
    .join(", ");
}

function faultsOf(results: readonly Result[]): string[] {
  const faults = results.flatMap(({ name, faults: of }) =>
    [...of].map(([count, reason]) => `${name} with ${whole(count)}: ${reason}`),
  );
  if (faults.length === 0) return [];
  const { preparation, measurement } = patienceSeconds;
  return [
    `Without a figure (waited for ${preparation} s to prepare, ${measurement} s for a turn): ${faults.join("; ")}.`,
  ];
}

/** What was aimed at with 1,000 promotions, as multiples of the best figure of each peer. */
const aimedAt: Readonly<Record<string, number>> = {
  "@vendure/core": 1_000,
  "@medusajs/promotion": 300,
  "json-rules-engine": 50,
  "@gorules/zen-engine, goods in a list": 50,
  "@gorules/zen-engine, goods in a map": 50,
};

function aims(equal: readonly Result[]): string {
  const at = 1_000;
  const mine = equal.find(({ name }) => name === reference)?.perSecond.get(at);
  const told = Object.entries(aimedAt).map(([peer, aim]) => {
    const theirs = equal.flatMap(({ name, perSecond }) =>
      name.startsWith(peer) ? (perSecond.get(at) ?? []) : [],
    );
    if (mine === undefined || theirs.length === 0) return `${peer} has no figure`;
    const times = mine / Math.max(...theirs);
    return `${ratio(times)} × the best of ${peer} (aim: ${whole(aim)} ×, ${times >= aim ? "kept" : "missed"})`;
  });
  return `With 1,000 promotions Dealwright prices ${told.join(", ")}.`;
}

const mostTimesTheFloor = 10;

/** At which sizes each way of evaluating keeps near enough to the floor. */
function floorAims(mixed: readonly Result[]): string {
  const floor = mixed.find(({ name }) => name === "floor");
  return mixed
    .filter((row) => row !== floor)
    .map(({ name, perSecond }) => {
      const isKept = (count: number) => {
        const [least, mine] = [floor?.perSecond.get(count), perSecond.get(count)];
        return least === undefined || mine === undefined ? undefined : least / mine <= mostTimesTheFloor;
      };
      const withThose = (wanted: boolean, word: string) => {
        const counts = sizes.filter((count) => isKept(count) === wanted);
        return counts.length === 0 ? [] : [`${word} with ${counts.map(whole).join(", ")}`];
      };
      return `${name}: ${[...withThose(true, "kept"), ...withThose(false, "missed")].join(", ")}`;
    })
    .join("; ");
}

function floorTable(mixed: readonly Result[]): string {
  const floor = mixed.find(({ name }) => name === "floor");
  return table(
    ["", ...sizes.map(whole), "times as dear as the floor"],
    mixed.map((row) => [
      row.name,
      ...sizes.map((count) => figureOf(row, count)),
      row === floor
        ? ""
        : sizes
            .map(
              (count) => `${ratio((floor?.perSecond.get(count) ?? 0) / (row.perSecond.get(count) ?? 0))} ×`,
            )
            .join(", "),
    ]),
  );
}

function faceTable(faces: readonly Face[]): string {
  const at = 1_000;
  const of = (name: string) => faces.find((face) => face.name.startsWith(name))?.perSecond.get(at) ?? 0;
  return table(
    ["", "requests/s", "of REST", "of the empty route"],
    faces.map(({ name, perSecond }) => {
      const figure = perSecond.get(at) ?? 0;
      const shares = [figure / of("Dealwright over HTTP"), figure / of("empty")];
      return [name, whole(figure), ...shares.map((share) => share.toFixed(2))];
    }),
  );
}

function redemptionTable(figures: readonly RedemptionFigure[]): string {
  const bareOf = (kind: string) =>
    figures.find(({ name }) => name.startsWith("bare statement") && name.includes(kind))?.perSecond ?? 0;
  return table(
    ["", "redemptions/s", "of the bare statement"],
    figures.map(({ name, perSecond }) => [
      name,
      whole(perSecond),
      (perSecond / bareOf(name.includes("hot") ? "hot" : "distinct")).toFixed(2),
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

function whole(figure: number): string {
  return Math.round(figure).toLocaleString("en");
}

function ratio(figure: number): string {
  if (figure < 0.1) return figure.toPrecision(2);
  return figure < 10 ? figure.toFixed(1) : whole(figure);
}
