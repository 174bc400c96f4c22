// A Dealwright reduced to its database, for tests that kill one: prints a line of JSON once it runs, and stays.
import { openDatabase } from "../../src/platform/database.ts";
import { startEmbeddedPostgres } from "../../src/platform/embedded-postgres.ts";
import { silentLog } from "../../src/platform/log.ts";

const [directory = ""] = process.argv.slice(2);
const { connectionString, processId } = await startEmbeddedPostgres({ directory, log: silentLog });
const database = openDatabase({ connectionString, log: silentLog, role: null });
await database.pool.query("create table if not exists acknowledged (id int)");
console.log(JSON.stringify({ connectionString, serverProcessId: processId }));
