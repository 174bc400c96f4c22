import cluster from "node:cluster";
import { join } from "node:path";
import closeWithGrace, { type Signals } from "close-with-grace";
import { type Config, ConfigError, loadConfig } from "./config.ts";
import { firstCart } from "./features/demo/demo-carts.ts";
import { demoKeys } from "./features/demo/demo-keys.ts";
import { startEmbeddedPostgres } from "./platform/embedded-postgres.ts";
import { findFreePort } from "./platform/free-port.ts";
import type { Log } from "./platform/log.ts";
import { serveMetrics } from "./platform/metrics.ts";
import { type DatabaseUrls, prepareNowOrLater } from "./prepare.ts";
import { processLog } from "./process-log.ts";
import { readyBanner } from "./ready-banner.ts";
import { type ServeOptions, type Serving, serve } from "./serve.ts";
import { ordersOf, sayReady, shareMetrics } from "./worker.ts";
import { startWorkers, type WorkerOrders } from "./workers.ts";

const drainMilliseconds = 15_000;
/** Workers that do not drain are given up first. */
const primaryDrainMilliseconds = 25_000;

type Closers = ServeOptions["closers"];

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const log = processLog(config.logLevel);
  const closers: Closers = [];
  const closeAll = async () => {
    for (const close of closers.toReversed()) {
      await close();
    }
  };
  const isPrimary = cluster.isPrimary && config.workers > 1;
  // To the first of several processes it means something else; see workers.ts. Until that listens, nothing.
  const skip: Signals[] = isPrimary ? ["SIGHUP"] : cluster.isWorker ? ["SIGHUP", "SIGTERM", "SIGINT"] : [];
  if (skip.includes("SIGHUP")) process.on("SIGHUP", () => {});
  const delay = isPrimary ? primaryDrainMilliseconds : drainMilliseconds;
  let isUnfit = false;
  const { close } = closeWithGrace({ delay, skip, logger: false }, async ({ err }) => {
    if (err) {
      log.error({ err }, "stopping after an error nobody caught");
    }
    await closeAll();
    // So that whoever watches over the process does not take it for one that was told to end.
    if (isUnfit) process.exit(1);
  });
  if (cluster.isWorker) endOnce(close);
  const onUnfit = (err: unknown) => {
    log.error({ err }, "the database is not fit to serve from");
    isUnfit = true;
    close();
  };
  try {
    if (cluster.isWorker) await work({ config, log, closers, onUnfit });
    else await begin(config, log, closers, onUnfit);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** A signal to all processes at once reaches a worker twice: its own, and that of the one that leads it. The second is no haste. */
function endOnce(close: () => void): void {
  let isEnding = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => {
      if (!isEnding) close();
      isEnding = true;
    });
}

type Process = Pick<ServeOptions, "config" | "log" | "closers" | "onUnfit">;

/** One of several processes that serve. */
async function work(options: Process): Promise<void> {
  let serving: Serving | undefined;
  const metricsOfAll = shareMetrics(() => serving?.metrics);
  const { port, ...orders } = ordersOf(process.argv);
  const config = { ...options.config, port };
  serving = await serve({ ...options, ...orders, config, metricsOfAll });
  sayReady(serving.address);
}

/** The process that was started: it serves by itself, or has others serve. */
async function begin(
  config: Config,
  log: Log,
  closers: Closers,
  onUnfit: ServeOptions["onUnfit"],
): Promise<void> {
  const urls = await databaseUrls(config, log, closers);
  const prepared = await prepareNowOrLater(config, urls, log);
  const isPrepared = prepared !== "later";
  const { address } =
    config.workers > 1
      ? await lead(config, { urls, isPrepared }, log, closers)
      : await serve({ config, urls, log, isPrepared, closers, onUnfit });
  process.stdout.write(
    readyBanner({
      address,
      adminKey: prepared === "later" ? undefined : prepared?.adminKey,
      isKeyChosenByOperator: config.bootstrapAdminKey !== undefined,
      isDocumented: config.environment !== "production",
      demo:
        config.hasDemo && config.environment !== "production"
          ? { key: demoKeys.checkout, cart: firstCart }
          : undefined,
    }),
  );
}

async function lead(
  config: Config,
  orders: Omit<WorkerOrders, "port">,
  log: Log,
  closers: Closers,
): Promise<{ address: string }> {
  // A free port is chosen here: each time the last of them has ended, they would get another one.
  const port = config.port === 0 ? await findFreePort(config.host) : config.port;
  const workers = await startWorkers(config.workers, { ...orders, port }, log);
  closers.push(workers.close);
  process.on("SIGHUP", workers.restartAll);
  if (typeof config.metrics === "number") {
    const { close } = await serveMetrics(workers.metrics, { host: config.host, port: config.metrics });
    closers.push(close);
  }
  return workers;
}

/** Of the database that was named, or of one that is started here. */
async function databaseUrls(config: Config, log: Log, closers: Closers): Promise<DatabaseUrls> {
  const { url, directUrl = url } = config.database;
  if (url !== undefined && directUrl !== undefined) return { connectionString: url, directUrl };
  const embedded = await startEmbeddedPostgres({ directory: join(config.dataDirectory, "postgres"), log });
  closers.push(() => embedded.stop());
  return { connectionString: embedded.connectionString, directUrl: embedded.connectionString };
}

main().catch((error: unknown) => {
  const text = error instanceof ConfigError || error instanceof Error ? error.message : String(error);
  process.stderr.write(`Dealwright cannot start.\n${text}\n`);
  process.exit(1);
});
