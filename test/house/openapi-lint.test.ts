import { readFileSync } from "node:fs";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { expect, test } from "vitest";

const source = readFileSync("openapi/openapi.json", "utf8");

async function faultsOf(text: string): Promise<string[]> {
  const config = await createConfig({
    extends: ["recommended"],
    // `/v1/promotions/by-key/{key}` beside `/v1/promotions/{id}/activate`: the router knows, and the contract is fixed.
    rules: { "no-ambiguous-paths": "off" },
  });
  const found = await lintFromString({ source: text, absoluteRef: "openapi.json", config });
  return found.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`);
}

test("redocly's recommended rules find nothing wrong with the OpenAPI document", async () => {
  expect(await faultsOf(source)).toEqual([]);
});

test("the rules are those that find something", async () => {
  const broken = JSON.parse(source);
  delete broken.paths["/v1/jobs/{id}"].get.parameters;
  delete broken.paths["/v1/project"].get.security;
  delete broken.info.title;
  const faults = await faultsOf(JSON.stringify(broken));
  for (const rule of ["path-parameters-defined", "security-defined", "struct"])
    expect(faults.some((fault) => fault.startsWith(rule))).toBe(true);
});

test("importers find all they need: the version, a server, how to authorize, and a tag and a name for everything", () => {
  const { openapi, servers, components, tags, paths } = JSON.parse(source);
  expect(openapi).toMatch(/^3\.1\./);
  expect(servers).toHaveLength(1);
  expect(components.securitySchemes.apiKey).toMatchObject({ type: "http", scheme: "bearer" });
  const known = new Set(tags.map(({ name }: { name: string }) => name));
  const operations = Object.values(paths).flatMap((path) => Object.values(path as object));
  expect(operations.filter(({ tags: [tag] }) => !known.has(tag))).toEqual([]);
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
});
