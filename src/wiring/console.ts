/** The page at `/console`: its files, and those of the chart library, as they come with it. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { FastifyInstance } from "fastify";
import { isPageFile, mountPage } from "../platform/page-files.ts";

const folder = new URL("../console/", import.meta.url);
const packages = createRequire(import.meta.url);

export function mountConsole(app: FastifyInstance): void {
  const own = readdirSync(folder).filter(isPageFile);
  const files = new Map(own.map((name) => [name, readFileSync(new URL(name, folder), "utf8")]));
  files.set("uplot.js", readFileSync(packages.resolve("uplot/dist/uPlot.esm.js"), "utf8"));
  files.set("uplot.css", readFileSync(packages.resolve("uplot/dist/uPlot.min.css"), "utf8"));
  mountPage(app, "/console", files);
}
