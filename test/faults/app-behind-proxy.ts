import type { FastifyInstance } from "fastify";
import { type AppOptions, buildApp } from "../../src/app.ts";
import { type Database, openDatabase } from "../../src/platform/database.ts";
import { silentLog } from "../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type ProjectWithKeys, projectWithKeys } from "../features/project-fixture.ts";
import { startProxy, type TcpProxy } from "./tcp-proxy.ts";

export interface AppBehindProxy {
  readonly app: FastifyInstance;
  readonly project: ProjectWithKeys;
  /** As the app has it. */
  readonly database: Database;
  /** Between the app and its database. */
  readonly proxy: TcpProxy;
  /** The same database without anything between. */
  readonly direct: TestDatabase;
  close(): Promise<void>;
}

/** The service in this process, with a database that can be taken away from it. */
export async function openAppBehindProxy({
  statementTimeoutMilliseconds,
  ...options
}: Omit<AppOptions, "config" | "database"> & {
  statementTimeoutMilliseconds: number;
}): Promise<AppBehindProxy> {
  const direct = await freshDatabase();
  const proxy = await startProxy(direct.connectionString);
  const { connectionString } = proxy;
  const database = openDatabase({
    connectionString,
    log: silentLog,
    poolSize: 4,
    statementTimeoutMilliseconds,
  });
  const beside = openDatabase({ connectionString, log: silentLog, poolSize: 1 });
  const app = await buildApp({
    config: { environment: "test", logLevel: "silent" },
    database,
    beside,
    ...options,
  });
  const project = await projectWithKeys(direct, options.clock.now());
  return {
    app,
    project,
    database,
    proxy,
    direct,
    async close() {
      await app.close();
      await database.close();
      await beside.close();
      await proxy.close();
      await direct.close();
    },
  };
}
