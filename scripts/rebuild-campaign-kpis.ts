/**
 * `DATABASE_URL=… npx tsx scripts/rebuild-campaign-kpis.ts [project …]` makes the figures of campaigns anew from redemptions, orders
 * and tracked events, of all projects or of those named: for what happened before there were any figures, and after a repair by
 * hand. May run while the service works; meanwhile events of the project are not numbered.
 */
import { rebuildCampaignKpis } from "../src/features/campaigns/campaign-kpi-service.ts";
import { openDatabase } from "../src/platform/database.ts";
import { silentLog } from "../src/platform/log.ts";

const connectionString = process.env.DATABASE_URL;
if (connectionString === undefined || connectionString === "") throw new Error("DATABASE_URL is not set");
const database = openDatabase({
  connectionString,
  log: silentLog,
  poolSize: 1,
  statementTimeoutMilliseconds: 3_600_000,
});
try {
  const named = process.argv.slice(2);
  const { rows } = await database.outside.execute<{ id: string }>("select id from project_ids() as id");
  for (const project of named.length > 0 ? named : rows.map(({ id }) => id))
    process.stdout.write(`${project}: ${await rebuildCampaignKpis(database, project)} redemptions\n`);
} finally {
  await database.close();
}
