/** `npm run check`: everything a change must pass; `.ci/run` is the same after `npm ci`. Stops at the first step that fails. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

const steps: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ["format and lint", "npx", "--no-install", "biome", "check", "--error-on-warnings", "."],
  ["types", "npx", "--no-install", "tsc", "--noEmit"],
  ["types of the console", "npx", "--no-install", "tsc", "-p", "src/console"],
  ["generated files", "npx", "--no-install", "tsx", "scripts/generate.ts", "--check"],
  ["contract", "npx", "--no-install", "tsx", "scripts/breaking-changes.ts"],
  ["tests", "npm", "test"],
];

// CI runs the tests by itself, to count them.
const skipped = process.argv.includes("--no-tests") ? "tests" : undefined;

for (const [name, command, ...args] of steps) {
  if (name === skipped) continue;
  process.stdout.write(`── ${name}: ${[command, ...args].join(" ")}\n`);
  const startedAt = performance.now();
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (status !== 0) {
    process.stdout.write(`── ${name} failed after ${seconds} s${error ? `: ${error.message}` : ""}\n`);
    process.exit(status ?? 1);
  }
  process.stdout.write(`── ${name} passed in ${seconds} s\n`);
}
