/** What `npm publish` would send: whoever installs it imports the client by its name, in JavaScript and with its types. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { patience } from "../faults/sizes.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
let folder: string;
let shop: string;
let files: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "dealwright-package-"));
  const source = join(folder, "source");
  await run(process.execPath, [compiler, "-p", "tsconfig.build.json", "--outDir", join(source, "dist")], {
    cwd: root,
  });
  for (const path of ["package.json", "migrations", "openapi", "README.md", "LICENSE"])
    cpSync(join(root, path), join(source, path), { recursive: true });
  // Built above, elsewhere than `prepack` would: other tests use `dist`.
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [packed] = JSON.parse((await run("npm", pack, { cwd: source })).stdout);
  files = packed.files.map(({ path }: { path: string }) => path);
  shop = join(folder, "shop");
  const installed = join(shop, "node_modules/dealwright");
  mkdirSync(installed, { recursive: true });
  await run("tar", ["-xzf", join(folder, packed.filename), "-C", installed, "--strip-components", "1"]);
}, patience);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("it has the service, the client and the contract, and nothing of the workshop", () => {
  for (const path of [
    "dist/main.js",
    "dist/client/client.js",
    "dist/client/client.d.ts",
    "openapi/openapi.json",
  ])
    expect(files).toContain(path);
  expect(files.filter((path) => /^(test|scripts|src|data)\//.test(path))).toEqual([]);
});

test("the client is imported by its name, and needs no other package", async () => {
  const program = `import { dealwright } from "dealwright/client";
    console.log(typeof dealwright({ baseUrl: "http://localhost:8080", apiKey: "k" }).evaluate);`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: shop });
  expect(stdout.trim()).toBe("function");
});

test("its types tell a wrong cart from a right one", async () => {
  const check = async (quantity: string) => {
    writeFileSync(
      join(shop, "shop.mts"),
      `import { dealwright } from "dealwright/client";
       const shop = dealwright({ baseUrl: "http://localhost:8080", apiKey: "k" });
       const { data } = await shop.evaluate({
         body: { currency: "EUR", lines: [{ id: "1", sku: "TEA", quantity: ${quantity}, unitPrice: 100 }] },
       });
       const total: number = data.total;
       console.log(total);`,
    );
    const strict = [
      "--noEmit",
      "--strict",
      "--module",
      "nodenext",
      "--target",
      "es2022",
      "--lib",
      "es2023,dom",
    ];
    return run(process.execPath, [compiler, ...strict, "shop.mts"], { cwd: shop }).then(
      () => "",
      ({ stdout }: { stdout: string }) => stdout,
    );
  };
  expect(await check("2")).toBe("");
  expect(await check('"two"')).toMatch(/shop\.mts.*error TS2322/);
}, 60_000);
