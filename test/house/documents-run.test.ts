/** The commands of the README, its guides and kinds.md, run against the server that `npm start` starts. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { benefitKinds } from "../../src/engine/benefits/index.ts";
import { conditionKinds } from "../../src/engine/conditions/index.ts";
import { demoKeys } from "../../src/features/demo/demo-keys.ts";
import { guides, readme } from "./guides.ts";
import { type Fence, fencesIn, sectionOf } from "./markdown.ts";
import { type RunningServer, startServer } from "./running-server.ts";

const kinds = readFileSync("openapi/kinds.md", "utf8");

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

test("the commands of the README and its guides answer what they say", () => {
  const blocks = guides.flatMap(fencesIn).filter(({ note }) => note === "run" || note === "answer");
  const commands = blocks.filter(({ note }) => note === "run");
  expect(commands.length).toBeGreaterThanOrEqual(4);
  // One shell for all: later commands use the variables of earlier ones.
  const separator = "\n=== next ===\n";
  const script = commands.map(({ text }) => text).join(`\nprintf '${separator.replaceAll("\n", "\\n")}'\n`);
  const answers = server.shell(script).split(separator);
  expect(answers).toHaveLength(commands.length);
  commands.forEach((command, i) => {
    const stated = blocks[blocks.indexOf(command) + 1];
    if (stated?.note !== "answer") throw new Error(`no answer is stated for: ${command.text}`);
    expect(differences(JSON.parse(stated.text), JSON.parse(answers[i] ?? "")), command.text).toEqual([]);
  });
});

test("the command that the start prints is the README's first", () => {
  const printed = server.banner.split("\n").find((line) => line.trim().startsWith("curl ")) ?? "";
  const first = fencesIn(readme).find(({ note }) => note === "run");
  expect(bodyOf(printed)).toEqual(bodyOf(first?.text ?? ""));
  expect(printed).toContain(demoKeys.checkout);
  expect(JSON.parse(server.shell(printed))).toMatchObject({ currency: "CNY", discount: 10900, total: 30700 });
});

test("what the documents say of pages that can be looked at is true", async () => {
  for (const path of ["/docs/", "/graphiql", "/openapi.json", "/livez", "/readyz"])
    expect((await fetch(`${server.url}${path}`)).status, path).toBe(200);
});

test("a stated answer that is not the real one is found", () => {
  const actual = {
    id: "evl_1",
    total: 5,
    lines: [
      { id: "1", total: 2 },
      { id: "2", total: 3 },
    ],
  };
  expect(differences({ id: "evl_…", lines: [{ total: 2 }, "…"] }, actual)).toEqual([]);
  expect(differences({ total: 6 }, actual)).toEqual(["/total: stated 6, answered 5"]);
  expect(differences({ id: "prm_…" }, actual)).toHaveLength(1);
  expect(differences({ lines: [{ total: 2 }] }, actual)).toHaveLength(1);
  expect(differences({ due: 5 }, actual)).toHaveLength(1);
});

// ---------------------------------------------------------------- kinds.md

const commandsOfKinds = fencesIn(sectionOf(kinds, "## Benefits")).filter(
  ({ language }) => language === "bash",
);
const cart = exampleIn(sectionOf(kinds, "## Benefits"));

test.each(benefitKinds.map(({ kind }) => kind))(
  "the example of %s can be created, and is seen in a quote",
  (kind) => {
    const promotion = exampleIn(sectionOf(kinds, `### ${kind}`));
    const script = [...commandsOfKinds.map(({ text }) => text), ...endings].join("\nprintf '\\n'\n");
    const printed = server.shell(script, { "promotion.json": promotion.text, "cart.json": cart.text });
    const [activated, quote] = printed
      .trim()
      .split(/\n+/)
      .map((line) => JSON.parse(line) as Answer);
    const { key } = JSON.parse(promotion.text) as { key: string };
    expect(activated).toMatchObject({ key, status: "active", benefits: [{ kind }] });
    const applied = quote?.promotions?.find((row) => row.promotion === key);
    const rewards = quote?.rewards?.filter((reward) => reward.promotion === key);
    expect(applied, JSON.stringify(quote)).toBeDefined();
    if (applied?.stage === "reward") expect(rewards).toHaveLength(1);
    else expect(applied?.amount).toBeGreaterThan(0);
  },
);

/** So that the next example does not meet this one. */
const endings = ['curl -s -o /dev/null -X POST localhost:8080/v1/promotions/$ID/end -H "$KEY"'];

test.each(conditionKinds.map(({ kind, isOfSegmentsAlone = false }) => [kind, isOfSegmentsAlone] as const))(
  "the example of %s is a condition that can be saved",
  async (kind, isOfSegmentsAlone) => {
    const conditions = JSON.parse(exampleIn(sectionOf(kinds, `### ${kind}`)).text) as object;
    const benefits = [{ kind: "percent_off", percent: 10 }];
    const post = (path: string, body: object) =>
      fetch(`${server.url}${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${demoKeys.marketing}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const key = `condition-${kind.replaceAll("_", "-")}`;
    const response = isOfSegmentsAlone
      ? await post("/v1/segments", { key, conditions })
      : await post("/v1/promotions", { key, trigger: { type: "automatic" }, conditions, benefits });
    expect(await response.json()).toMatchObject({
      key,
      conditions,
      ...(!isOfSegmentsAlone && { status: "draft" }),
    });
  },
);

interface Answer {
  promotions?: { promotion: string; stage: string; amount: number }[];
  rewards?: { promotion: string }[];
}

function exampleIn(section: string): Fence {
  const example = fencesIn(section).find(({ language }) => language === "json");
  if (example === undefined) throw new Error("there is no example");
  return example;
}

function bodyOf(command: string): unknown {
  return JSON.parse(/-d '([\s\S]*)'/.exec(command)?.[1] ?? "null");
}

/** Where an answer is not as stated. A stated object may leave fields out; "…" ends a list early, and stands for any rest of a text. */
function differences(stated: unknown, actual: unknown, path = ""): string[] {
  if (typeof stated === "string" && stated.endsWith("…") && actual !== undefined)
    return String(actual).startsWith(stated.slice(0, -1))
      ? []
      : [`${path}: stated ${stated}, answered ${actual}`];
  if (Array.isArray(stated) && Array.isArray(actual)) {
    const isShortened = stated.at(-1) === "…";
    const items = isShortened ? stated.slice(0, -1) : stated;
    const isLong = isShortened ? actual.length > items.length : actual.length === items.length;
    if (!isLong) return [`${path}: stated ${stated.length} items, answered ${actual.length}`];
    return items.flatMap((item, i) => differences(item, actual[i], `${path}/${i}`));
  }
  if (typeof stated === "object" && stated !== null && typeof actual === "object" && actual !== null)
    return Object.entries(stated).flatMap(([name, value]) =>
      differences(value, (actual as Record<string, unknown>)[name], `${path}/${name}`),
    );
  return Object.is(stated, actual)
    ? []
    : [`${path}: stated ${JSON.stringify(stated)}, answered ${JSON.stringify(actual)}`];
}
