import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keepFile, readHeading, readKept } from "../../src/platform/kept-file.ts";

test.each([1, 20_000])(
  "a heading with %i characters in it is read, by itself and with the rest",
  async (length) => {
    const folder = mkdtempSync(join(tmpdir(), "dealwright-kept-"));
    try {
      const path = join(folder, "some.jsonl");
      const heading = { campaigns: "x".repeat(length) };
      await keepFile(path, "some", heading, [1, 2]);
      expect(await readHeading(path)).toMatchObject(heading);
      expect(await readKept(path, "some")).toMatchObject({ heading, lines: [1, 2] });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
