import { defineConfig } from "vitest/config";

/** Needs a Chromium, which not every machine has: so these are no part of `npm test`. */
export const browserTests = {
  include: ["test/browser/*-in-browser.ts"],
  testTimeout: 240_000,
  hookTimeout: 600_000,
};

export { configuration as default };

const configuration = defineConfig({
  test: browserTests,
});
