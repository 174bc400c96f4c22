import { expect, test } from "vitest";
import { loadConfig } from "../../src/config.ts";
import { silentLog } from "../../src/platform/log.ts";
import { prepareDatabase } from "../../src/prepare.ts";
import { freshDatabase } from "../database.ts";

test("a database is served from only if it is the one that was migrated", async () => {
  const [one, other] = [await freshDatabase(), await freshDatabase()];
  const prepare = (connectionString: string) =>
    prepareDatabase(
      loadConfig({ NODE_ENV: "test", DEMO: "off" }),
      // The same text would need no question.
      { connectionString: `${connectionString}?application_name=other`, directUrl: one.connectionString },
      silentLog,
    );
  try {
    await expect(prepare(other.connectionString)).rejects.toThrow("lead to different databases");
    await expect(prepare(one.connectionString)).resolves.toBeTruthy();
  } finally {
    await one.close();
    await other.close();
  }
});
