import { basename } from "node:path";
import { expect, test } from "vitest";
import { benefitKinds } from "../../src/engine/benefits/index.ts";
import { conditionKinds } from "../../src/engine/conditions/index.ts";
import { treeReasons } from "../../src/engine/conditions/tree.ts";
import { reasons } from "../../src/engine/reasons.ts";
import { locales } from "../../src/engine/settings.ts";
import { impuritiesIn } from "./engine-purity.ts";
import { readSources, withoutComments } from "./source-files.ts";

const sources = readSources("src/engine");

test("the engine has no clock, no randomness, no I/O and nothing asynchronous", () => {
  expect(impuritiesIn(sources)).toEqual([]);
});

test.each([
  ["const now = Date.now();", "Date.now"],
  ["const now = new Date();", "new Date()"],
  ["const now = new Date;", "new Date()"],
  ["const text = Date();", "Date()"],
  ["const zone = Temporal.Now.timeZoneId();", "Temporal.Now"],
  ["const id = Math.random();", "Math.random"],
  ["const id = crypto.randomUUID();", "crypto"],
  ["if (process.env.DEBUG) log();", "process"],
  ["fetch(url);", "fetch"],
  ["setTimeout(work, 1);", "a timer"],
  ["export async function load() {}", "async"],
  ["const quote = await load();", "await"],
  ["return Promise.resolve(1);", "Promise"],
  ["const text = `at $".concat("{Date.now()}`;"), "Date.now"],
])("an impurity is found: %s", (line, name) => {
  expect(impuritiesIn({ "src/engine/x.ts": `\n${line}` })).toContain(`src/engine/x.ts:2 uses ${name}`);
});

test("words about time in comments and texts are no impurity", () => {
  const text = '// await Date.now()\nconst summary = "process the Promise"; /* async */ new Date(now);';
  expect(impuritiesIn({ "src/engine/x.ts": text })).toEqual([]);
});

/** Files beside the kinds that are no kind themselves. */
const supporting: Readonly<Record<string, readonly string[]>> = {
  benefits: ["index", "target", "unit-pool"],
  conditions: ["index", "bounds", "context-field", "describe", "names", "tree", "tree-nodes"],
};

test.each([
  ["benefits", benefitKinds],
  ["conditions", conditionKinds],
] as const)(
  "every file of %s is a kind in the list, named after it, or known to be none",
  (folder, kinds) => {
    const files = Object.keys(readSources(`src/engine/${folder}`)).map((path) => basename(path, ".ts"));
    const listed = kinds.map(({ kind }) => kind.replaceAll("_", "-"));
    expect([...listed, ...(supporting[folder] ?? [])].sort()).toEqual(files.sort());
    expect(new Set(listed).size).toBe(listed.length);
  },
);

test.each([...conditionKinds, ...benefitKinds].map((kind) => [kind.kind, kind] as const))(
  "%s has a summary, an example that its own parameters accept, and a name in snake_case",
  (_name, kind) => {
    expect(kind.summary).toMatch(/^[A-Z].*\.$/s);
    expect(kind.params.safeParse(kind.example).error).toBeUndefined();
    expect(kind.kind).toMatch(/^[a-z]+(_[a-z]+)*$/);
  },
);

test("every reason has words in every language", () => {
  const wordless = [...reasons].flatMap(([reason, words]) =>
    locales.filter((locale) => !words[locale]?.trim()).map((locale) => `${reason} in ${locale}`),
  );
  expect(wordless).toEqual([]);
  for (const kind of [...conditionKinds, ...benefitKinds])
    expect([...reasons.keys()]).toEqual(expect.arrayContaining(Object.keys(kind.reasons)));
  expect([...reasons.keys()]).toEqual(expect.arrayContaining(Object.keys(treeReasons)));
});

test("every reason that the engine answers anywhere has words, and every reason with words is answered somewhere", () => {
  const answered = new Set(Object.values(sources).flatMap(reasonsAnsweredIn));
  expect([...answered].filter((reason) => !reasons.has(reason)).sort()).toEqual([]);
  expect([...reasons.keys()].filter((reason) => !answered.has(reason)).sort()).toEqual([]);
});

const composedReasons: Readonly<Record<string, readonly string[]>> = {
  "}_not_included`": ["channel", "store", "region", "country", "payment_method"].map(
    (kind) => `${kind}_not_included`,
  ),
};

test("an answer without words is found", () => {
  const answers =
    'unmet("too_blue"); const out = { reason: "too_red" }; unmet(\n  "too_green",\n{}); const r = { used: "code_used" };';
  expect(reasonsAnsweredIn(answers)).toEqual(
    expect.arrayContaining(["too_blue", "too_red", "too_green", "code_used"]),
  );
});

/** Wherever a reason is written out (`unmet("…")`, `reason: "…"`), and those whose name is put together. */
function reasonsAnsweredIn(text: string): string[] {
  const code = withoutComments(text);
  const written = [
    ...code.matchAll(/(?:\bunmet\(\s*|\breason\b[^"\n;]{0,40}[:=?]\s*|\w: (?="code_))"([a-z_]+)"/g),
  ];
  const composed = Object.entries(composedReasons).filter(([start]) => code.includes(start));
  return [...written.map((match) => match[1] ?? ""), ...composed.flatMap(([, names]) => names)];
}
