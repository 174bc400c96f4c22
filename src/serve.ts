import { buildApp } from "./app.ts";
import type { Config } from "./config.ts";
import { agreedClock } from "./platform/agreed-clock.ts";
import type { Clock } from "./platform/clock.ts";
import { type Database, isConnectionLost, openDatabase } from "./platform/database.ts";
import { drainable } from "./platform/drain.ts";
import { openListener } from "./platform/listen.ts";
import type { Log } from "./platform/log.ts";
import { createMetrics, type Metrics, serveMetrics } from "./platform/metrics.ts";
import { openReplica, type Replica } from "./platform/replica.ts";
import { type DatabaseUrls, databaseUpkeep, keptDirectory, prepareDatabase } from "./prepare.ts";

export interface Serving {
  readonly address: string;
  readonly metrics: Metrics;
}

export interface ServeOptions {
  readonly config: Config;
  readonly urls: DatabaseUrls;
  readonly log: Log;
  /** Left out, that of the database: a rehearsal has one of its own. */
  readonly clock?: Clock;
  /** False: the database was away, and is to be prepared before anybody works with it. */
  readonly isPrepared: boolean;
  /** What is to be closed in the end, the last first. */
  readonly closers: (() => Promise<unknown>)[];
  /** What all processes together tell Prometheus; left out, this one speaks for itself. */
  readonly metricsOfAll?: () => Promise<string>;
  /** The database turned out not to be fit to serve from. */
  readonly onUnfit: (error: unknown) => void;
}

/** One process that answers requests. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { config, urls, log, isPrepared, closers, metricsOfAll, onUnfit } = options;
  // First, so that it is closed last: what the others do in the end is traced as well.
  if (config.isTraced) {
    const { startTracing } = await import("./platform/otlp.ts");
    closers.push(startTracing(log));
  }
  const { replicaUrl } = config.database;
  const database = openDatabase({
    connectionString: urls.connectionString,
    log,
    ...config.database,
    asksPosition: replicaUrl !== undefined,
  });
  closers.push(() => database.close());
  // One connection is enough for what is asked each time that Prometheus asks.
  const beside = openDatabase({
    connectionString: urls.connectionString,
    log,
    ...config.database,
    poolSize: 1,
  });
  closers.push(() => beside.close());
  const clock = options.clock ?? agreedClock(database.watch, log);
  const replica = replicaUrl === undefined ? undefined : replicaOf(config, replicaUrl, database, log);
  if (replica !== undefined) closers.push(() => replica.close());
  if (!isPrepared)
    database.watch.prepareFirst(() =>
      prepareDatabase(config, urls, log).catch((error: unknown) => {
        if (!isConnectionLost(error)) onUnfit(error);
        throw error;
      }),
    );
  const listener = openListener(urls.directUrl, log);
  closers.push(() => listener.close());
  const metrics = createMetrics({ ofProcess: true });
  const app = await buildApp({
    config,
    database,
    beside,
    ...(replica !== undefined && { replica }),
    clock,
    listener,
    metrics,
    ...(metricsOfAll !== undefined && { metricsOfAll }),
    outage: {
      milliseconds: config.outageMinutes * 60_000,
      // The embedded database comes and goes with the service.
      directory: config.outageMinutes > 0 && config.database.url !== undefined ? keptDirectory(config) : null,
      keepMilliseconds: 10_000,
    },
  });
  const upkeep = databaseUpkeep(config, urls, log, clock);
  closers.push(upkeep.close);
  upkeep.start();
  upkeep.wake();
  const drain = drainable(app);
  closers.push(async () => {
    await drain();
    await app.close();
  });
  if (typeof config.metrics === "number" && metricsOfAll === undefined) {
    const { close } = await serveMetrics(() => metrics.registry.metrics(), {
      host: config.host,
      port: config.metrics,
    });
    closers.push(close);
  }
  // A connection that finds no room to wait in is asked for again only after a second.
  const address = await app.listen({ host: config.host, port: config.port, backlog: 4_096 });
  return { address, metrics };
}

function replicaOf(config: Config, connectionString: string, primary: Database, log: Log): Replica {
  return openReplica({
    connectionString,
    primary,
    log,
    mostBehindSeconds: config.database.replicaMostLagSeconds,
    requiresWalls: config.environment === "production",
    settings: config.database,
  });
}
