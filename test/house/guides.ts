import { readFileSync } from "node:fs";
import { localLinksIn, sectionOf } from "./markdown.ts";

export const readme = readFileSync("README.md", "utf8");

/** The pages to which the README's table of guides leads, in its order. */
export const guidePaths = localLinksIn(sectionOf(readme, "## Guides"));

/** What users read: the README, and then its guides. */
export const guides: readonly string[] = [readme, ...guidePaths.map((path) => readFileSync(path, "utf8"))];
