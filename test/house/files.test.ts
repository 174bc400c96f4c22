import { basename } from "node:path";
import { expect, test } from "vitest";
import { codeOf, readSources } from "./source-files.ts";

const ours = { ...readSources("src"), ...readSources("scripts") };
const tests = readSources("test");

/** Of what people write; generated types are not. */
const mostLines = 400;

test("a file is small enough to be read at once", () => {
  const long = Object.entries(ours)
    .map(([path, text]) => [path, text.split("\n").length] as const)
    .filter(([path, lines]) => lines > mostLines && path !== "src/client/api-types.ts");
  expect(long).toEqual([]);
});

test("a file is named after its subject, in kebab-case", () => {
  const names = [...Object.keys(ours), ...Object.keys(tests)];
  const faceless = /^(utils?|helpers?|common|types?|misc|shared|lib)\b/;
  expect(names.filter((path) => faceless.test(basename(path)))).toEqual([]);
  expect(names.filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.ts$/.test(basename(path)))).toEqual(
    [],
  );
});

test("exports have names", () => {
  expect(Object.keys(ours).filter((path) => /^export default\b/m.test(codeOf(ours[path] ?? "")))).toEqual([]);
});

test("only the process reads its environment", () => {
  const readers = Object.entries(ours).filter(
    ([path, text]) => path.startsWith("src/") && /\bprocess\.env\b/.test(codeOf(text)),
  );
  expect(readers.map(([path]) => path)).toEqual(["src/main.ts"]);
});

test("no test is left out, put off or run alone", () => {
  const marked =
    /\b(?:test|it|describe|suite|bench)(?:\.\w+)*\.(?:only|skip|todo|skipIf|runIf|fails)\b|\b[xf](?:it|describe|test)\(/;
  const at = Object.entries(tests).flatMap(([path, text]) =>
    codeOf(text)
      .split("\n")
      .flatMap((line, index) => (marked.test(line) ? [`${path}:${index + 1}`] : [])),
  );
  expect(at).toEqual([]);
  expect(marked.test(`test.${"only"}("x")`) && marked.test(`describe.concurrent.${"skip"}()`)).toBe(true);
});
