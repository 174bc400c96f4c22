import { readFileSync, writeFileSync } from "node:fs";

/** Puts what a benchmark printed where a document quotes it: between `<!-- name -->` and `<!-- /name -->`. Throws where it does not. */
export function quoteIn(path: string, name: string, report: string): void {
  const [begin, end] = [`<!-- ${name} -->\n`, `\n<!-- /${name} -->`];
  const [before, rest] = readFileSync(path, "utf8").split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${path} does not quote ${name}.`);
  writeFileSync(path, `${before}${begin}\n${report.trim()}\n${end}${after}`);
}

export const quoteInReadme = (name: string, report: string) => quoteIn("README.md", name, report);
