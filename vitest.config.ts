import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const isLong = process.env.LONG === "1";

export default defineConfig({
  // Vite would take graphql's ES module while mercurius, being CommonJS, takes the other: two copies that refuse each other.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/global-setup.ts"],
    // Processes, not threads: the embedded PostgreSQL of a test is tied to the life of the thread that started it.
    pool: "forks",
    // Loading the service anew for every file would take a third of the time. Files leave nothing behind in their process.
    isolate: false,
    maxWorkers: Math.min(4, availableParallelism()),
    // What a run has read and stripped of its types the next one takes from node_modules: half a minute on a busy machine.
    experimental: { fsModuleCache: process.env.CI === undefined },
    // Generous: what hangs is found all the same, and a busy machine is no failure.
    testTimeout: isLong ? 600_000 : 60_000,
    hookTimeout: 120_000,
  },
});
