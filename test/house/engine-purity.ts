import { codeOf, type Sources } from "./source-files.ts";

/** What would make a quote depend on anything but what was handed in. */
const impurities: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bDate\.now\b/, "Date.now"],
  [/\bnew Date\b(?!\s*\(\s*[^\s)])/, "new Date()"],
  [/(?<!new )\bDate\(/, "Date()"],
  [/\bTemporal\.Now\b/, "Temporal.Now"],
  [/\bperformance\b/, "performance"],
  [/\bMath\.random\b/, "Math.random"],
  [/\bcrypto\b/, "crypto"],
  [/\bprocess\b/, "process"],
  [/\bglobalThis\b/, "globalThis"],
  [/\bfetch\(/, "fetch"],
  [/\bconsole\b/, "console"],
  [/\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/, "a timer"],
  [/\basync\b/, "async"],
  [/\bawait\b/, "await"],
  [/\bPromise\b/, "Promise"],
  [/\bimport\s*\(/, "import()"],
  [/\beval\(|\bnew Function\b/, "eval"],
];

/** Every impurity, with its place. */
export function impuritiesIn(sources: Sources): string[] {
  return Object.entries(sources).flatMap(([path, text]) =>
    codeOf(text)
      .split("\n")
      .flatMap((line, index) =>
        impurities
          .filter(([pattern]) => pattern.test(line))
          .map(([, name]) => `${path}:${index + 1} uses ${name}`),
      ),
  );
}
