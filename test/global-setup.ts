import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres } from "../src/platform/embedded-postgres.ts";
import { silentLog } from "../src/platform/log.ts";
import { migrateDatabase } from "../src/platform/migrate.ts";
import { buildPrograms } from "./processes.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The server on which every test file makes a database of its own. */
    serverUrl: string;
    templateName: string;
  }
}

interface Server {
  url: string;
  stop(): Promise<void>;
}

/** One PostgreSQL for the whole run, with one migrated template that each test file clones. */
export default async function setUpDatabase(project: TestProject): Promise<() => Promise<void>> {
  const [server] = await Promise.all([startServer(), buildPrograms()]);
  const templateName = `dealwright_template_${process.pid}`;
  await runOn(server.url, `create database ${templateName}`);
  const template = new URL(server.url);
  template.pathname = `/${templateName}`;
  await migrateDatabase(template.href, silentLog);
  project.provide("serverUrl", server.url);
  project.provide("templateName", templateName);
  return async () => {
    await runOn(server.url, `drop database if exists ${templateName}`);
    await server.stop();
  };
}

async function startServer(): Promise<Server> {
  const given = process.env.TEST_DATABASE_URL;
  if (given !== undefined && given !== "") return { url: given, stop: async () => {} };
  return hasDocker() ? startContainer() : startEmbedded();
}

function hasDocker(): boolean {
  try {
    execFileSync("docker", ["info", "--format", "{{.ServerVersion}}"], { stdio: "ignore", timeout: 3_000 });
    return true;
  } catch {
    return false;
  }
}

async function startContainer(): Promise<Server> {
  const { PostgreSqlContainer } = await import("@testcontainers/postgresql");
  const settings = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "max_connections=200"];
  const container = await new PostgreSqlContainer("postgres:18").withCommand(settings).start();
  return {
    url: container.getConnectionUri(),
    stop: async () => {
      await container.stop();
    },
  };
}

async function startEmbedded(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "dealwright-test-"));
  // As root, the server runs as somebody else and has to get through.
  chmodSync(folder, 0o711);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const server = await startEmbeddedPostgres({
      directory: join(folder, "postgres"),
      log: silentLog,
      isDurable: false,
      settings: { max_connections: "200" },
    });
    return { url: server.connectionString, stop: () => server.stop().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}

async function runOn(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
