import { readFileSync, writeFileSync } from "node:fs";

/** Puts what a benchmark printed where the README quotes it: between `<!-- name -->` and `<!-- /name -->`. Throws where it does not. */
export function quoteInReadme(name: string, report: string): void {
  const [begin, end] = [`<!-- ${name} -->\n`, `\n<!-- /${name} -->`];
  const [before, rest] = readFileSync("README.md", "utf8").split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`The README does not quote ${name}.`);
  writeFileSync("README.md", `${before}${begin}\n${report.trim()}\n${end}${after}`);
}
