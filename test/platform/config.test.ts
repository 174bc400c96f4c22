import { expect, test } from "vitest";
import { ConfigError, loadConfig } from "../../src/config.ts";

const url = "postgres://app:secret@db:5432/dealwright";

test("nothing set is a complete configuration for trying out", () => {
  expect(loadConfig({})).toEqual({
    environment: "development",
    host: "127.0.0.1",
    port: 8080,
    logLevel: "info",
    database: {
      url: undefined,
      directUrl: undefined,
      replicaUrl: undefined,
      replicaMostLagSeconds: 5,
      poolSize: 12,
      statementTimeoutMilliseconds: 10_000,
      usesNamedStatements: true,
    },
    trustedProxies: [],
    dataDirectory: "./data",
    outageMinutes: 15,
    workers: 1,
    bootstrapAdminKey: undefined,
    hasDemo: true,
    metrics: "on",
    isTraced: false,
    eventRetentionDays: 30,
    graphqlDocuments: undefined,
    trackedEventMonths: null,
    webhookTargets: "public",
  });
});

test("production listens to everybody and has no demo unless asked", () => {
  const config = loadConfig({ NODE_ENV: "production", DATABASE_URL: url });
  expect(config).toMatchObject({ host: "0.0.0.0", hasDemo: false });
  expect(loadConfig({ NODE_ENV: "production", DATABASE_URL: url, DEMO: "on" }).hasDemo).toBe(true);
});

test("the direct connection is the ordinary one until it is told apart", () => {
  expect(loadConfig({ DATABASE_URL: url }).database.directUrl).toBe(url);
  const direct = "postgresql://app@primary/dealwright";
  expect(loadConfig({ DATABASE_URL: url, DIRECT_DATABASE_URL: direct }).database.directUrl).toBe(direct);
});

test("behind a pooler there has to be a way past it", () => {
  const pooled = { DATABASE_URL: url, PG_NAMED_STATEMENTS: "off" };
  expect(() => loadConfig(pooled)).toThrow("DIRECT_DATABASE_URL");
  expect(loadConfig({ ...pooled, DIRECT_DATABASE_URL: url }).database.usesNamedStatements).toBe(false);
});

test("trusted proxies are a list of addresses and networks", () => {
  const { trustedProxies } = loadConfig({ TRUSTED_PROXIES: "10.0.0.0/8, 192.0.2.7,2001:db8::/32,::1" });
  expect(trustedProxies).toEqual(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::1"]);
});

test("an empty variable counts as unset", () => {
  expect(loadConfig({ PORT: "", DATABASE_URL: "" })).toEqual(loadConfig({}));
});

test.each([
  ["PORT", { PORT: "eighty" }],
  ["PORT", { PORT: "65536" }],
  ["PORT", { PORT: "-1" }],
  ["DATABASE_URL", { DATABASE_URL: "mysql://db/dealwright" }],
  ["DATABASE_URL", { DATABASE_URL: "postgres://app:secret@db:port/dealwright" }],
  ["DATABASE_URL", { DATABASE_URL: "postgres://app:se#cret@db:5432/dealwright" }],
  ["METRICS", { METRICS: "port" }],
  ["DIRECT_DATABASE_URL", { DIRECT_DATABASE_URL: "db:5432" }],
  ["DATABASE_POOL_SIZE", { DATABASE_POOL_SIZE: "0" }],
  ["STATEMENT_TIMEOUT_MS", { STATEMENT_TIMEOUT_MS: "10s" }],
  ["PG_NAMED_STATEMENTS", { PG_NAMED_STATEMENTS: "false" }],
  ["DEMO", { DEMO: "no" }],
  ["TRUSTED_PROXIES", { TRUSTED_PROXIES: "10.0.0.0/8;192.0.2.7" }],
  ["TRUSTED_PROXIES", { TRUSTED_PROXIES: "10.0.0.0/33" }],
  ["TRUSTED_PROXIES", { TRUSTED_PROXIES: "0.0.0.0/0" }],
  ["TRUSTED_PROXIES", { TRUSTED_PROXIES: "true" }],
  ["TRUSTED_PROXIES", { TRUSTED_PROXIES: "1" }],
  ["NODE_ENV", { NODE_ENV: "prod" }],
  ["LOG_LEVEL", { LOG_LEVEL: "loud" }],
  ["BOOTSTRAP_ADMIN_KEY", { BOOTSTRAP_ADMIN_KEY: "12345678901234567890123" }],
  ["DATABASE_URL", { NODE_ENV: "production" }],
])("a bad %s is refused by name", (variable, env) => {
  expect(() => loadConfig(env)).toThrow(expect.objectContaining({ variables: [variable] }));
});

test("every fault is named at once, and no secret is repeated", () => {
  try {
    loadConfig({ PORT: "x", BOOTSTRAP_ADMIN_KEY: "hunter2", DATABASE_URL: "secret-host" });
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).variables).toEqual(["PORT", "DATABASE_URL", "BOOTSTRAP_ADMIN_KEY"]);
    expect((error as ConfigError).message).not.toMatch(/hunter2|secret-host/);
  }
});
