import { join } from "node:path";
import closeWithGrace from "close-with-grace";
import { buildApp } from "./app.ts";
import { ConfigError, loadConfig } from "./config.ts";
import { firstCart } from "./features/demo/demo-carts.ts";
import { demoKeys } from "./features/demo/demo-keys.ts";
import { seedDemo } from "./features/demo/demo-seed.ts";
import { bootstrap } from "./features/projects/project-bootstrap.ts";
import { systemClock } from "./platform/clock.ts";
import { assertDurable, openDatabase } from "./platform/database.ts";
import { startEmbeddedPostgres } from "./platform/embedded-postgres.ts";
import { openListener } from "./platform/listen.ts";
import { createMetrics, serveMetrics } from "./platform/metrics.ts";
import { migrateDatabase } from "./platform/migrate.ts";
import { assertWalled } from "./platform/walls.ts";
import { processLog } from "./process-log.ts";
import { readyBanner } from "./ready-banner.ts";

const drainMilliseconds = 15_000;

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const log = processLog(config.logLevel);
  const closers: (() => Promise<unknown>)[] = [];
  const closeAll = async () => {
    for (const close of closers.toReversed()) {
      await close();
    }
  };
  closeWithGrace({ delay: drainMilliseconds, logger: false }, async ({ err }) => {
    if (err) {
      log.error({ err }, "stopping after an error nobody caught");
    }
    await closeAll();
  });
  try {
    let connectionString = config.database.url;
    let directUrl = config.database.directUrl;
    if (connectionString === undefined) {
      const embedded = await startEmbeddedPostgres({
        directory: join(config.dataDirectory, "postgres"),
        log,
      });
      closers.push(() => embedded.stop());
      connectionString = embedded.connectionString;
      directUrl = connectionString;
    }
    const isProduction = config.environment === "production";
    if (isProduction) await assertDurable(directUrl ?? connectionString);
    await migrateDatabase(directUrl ?? connectionString, log);
    const database = openDatabase({ connectionString, log, ...config.database });
    closers.push(() => database.close());
    await assertWalled(database.pool).catch((error: Error) => {
      if (isProduction) throw error;
      log.warn({ err: error }, "projects are not walled off from each other by the database");
    });
    const created = await bootstrap(
      database,
      systemClock,
      config.bootstrapAdminKey,
      config.hasDemo
        ? (connection, projectId) => seedDemo(connection, projectId, config.environment, systemClock)
        : undefined,
    );
    const listener = openListener(directUrl ?? connectionString, log);
    closers.push(() => listener.close());
    const metrics = createMetrics({ ofProcess: true });
    const app = await buildApp({ config, database, clock: systemClock, listener, metrics });
    closers.push(() => app.close());
    if (typeof config.metrics === "number") {
      const { close } = await serveMetrics(metrics, { host: config.host, port: config.metrics });
      closers.push(close);
    }
    const address = await app.listen({ host: config.host, port: config.port });
    process.stdout.write(
      readyBanner({
        address,
        adminKey: created?.adminKey,
        isKeyChosenByOperator: config.bootstrapAdminKey !== undefined,
        isDocumented: config.environment !== "production",
        demo:
          config.hasDemo && config.environment !== "production"
            ? { key: demoKeys.checkout, cart: firstCart }
            : undefined,
      }),
    );
  } catch (error) {
    await closeAll();
    throw error;
  }
}

main().catch((error: unknown) => {
  const text = error instanceof ConfigError || error instanceof Error ? error.message : String(error);
  process.stderr.write(`Dealwright cannot start.\n${text}\n`);
  process.exit(1);
});
