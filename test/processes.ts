/** Programs that tests run in processes of their own. Through a loader of TypeScript each would take twice the time to start. */
import { execFile } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "..");
const built = join(root, "dist/processes");

/** What `node` runs for a file of this repository, such as `src/main.ts`. */
export function builtProgram(path: string): string {
  return join(built, path.replace(/\.ts$/, ".js"));
}

/** Once for all tests of a run. What a program reads beside its own modules is linked to, not copied. */
export async function buildPrograms(): Promise<void> {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "bin/tsc",
  );
  await promisify(execFile)(process.execPath, [compiler, "-p", join(root, "test/tsconfig.processes.json")]);
  for (const folder of ["migrations", "src/console"]) {
    const link = join(built, folder);
    mkdirSync(dirname(link), { recursive: true });
    rmSync(link, { force: true, recursive: true });
    symlinkSync(join(root, folder), link);
  }
}
