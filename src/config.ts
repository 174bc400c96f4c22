import { z } from "zod";

const environments = ["development", "test", "production"] as const;
const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\/./, {
    abort: true,
    message: "must be a URL such as postgres://user:password@host:5432/dealwright",
  })
  // Without a host it is that of a socket, which the driver reads and WHATWG's URL does not.
  .refine((text) => URL.canParse(text.replace("@/", "@host/")), {
    message: "is no URL: its port must be a number, and #, / and ? in its password %23, %2F and %3F",
  });
const wholeNumber = (least: number, most: number) =>
  z.string().regex(/^\d+$/, "must be a whole number").transform(Number).pipe(z.int().min(least).max(most));
const onOrOff = z.enum(["on", "off"]).transform((value) => value === "on");

const network = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);
const networks = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  // A network of all addresses trusts everybody, and so nobody.
  .refine(
    (parts) => parts.every((part) => network.safeParse(part).success && !part.endsWith("/0")),
    "must be addresses or networks, such as 10.0.0.0/8,192.0.2.7",
  );

const variables = z.object({
  NODE_ENV: z.enum(environments).default("development"),
  HOST: z.string().optional(),
  PORT: wholeNumber(0, 65_535).default(8080),
  LOG_LEVEL: z.enum(logLevels).default("info"),
  DATABASE_URL: postgresUrl.optional(),
  DIRECT_DATABASE_URL: postgresUrl.optional(),
  DATABASE_REPLICA_URL: postgresUrl.optional(),
  REPLICA_LAG_SECONDS: wholeNumber(2, 3_600).default(5),
  DATABASE_POOL_SIZE: wholeNumber(1, 1_000).default(12),
  STATEMENT_TIMEOUT_MS: wholeNumber(100, 600_000).default(10_000),
  PG_NAMED_STATEMENTS: onOrOff.default(true),
  DATA_DIR: z.string().default("./data"),
  OUTAGE_MINUTES: wholeNumber(0, 10_080).default(15),
  WORKERS: wholeNumber(1, 256).default(1),
  SIMULATION_THREADS: wholeNumber(1, 64).optional(),
  BOOTSTRAP_ADMIN_KEY: z.string().min(24, "must have at least 24 characters").optional(),
  DEMO: onOrOff.optional(),
  METRICS: z
    .union([z.enum(["on", "off"]), wholeNumber(0, 65_535)], "must be on, off or a port")
    .default("on"),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  TRUSTED_PROXIES: networks.default([]),
  GRAPHQL_DOCUMENTS: z.string().optional(),
  EVENT_RETENTION_DAYS: wholeNumber(1, 3_650).default(30),
  TRACKED_EVENT_MONTHS: wholeNumber(3, 1_200).optional(),
  WEBHOOK_TARGETS: z.enum(["public", "any"]).default("public"),
});

export interface Config {
  environment: (typeof environments)[number];
  host: string;
  port: number;
  logLevel: (typeof logLevels)[number];
  database: {
    /** Undefined: run the embedded PostgreSQL in `dataDirectory`. */
    url: string | undefined;
    /** Past any pooler: for LISTEN, migrations and session locks. */
    directUrl: string | undefined;
    /** A streaming replica, for lists, exports and reports. */
    replicaUrl: string | undefined;
    /** Further behind it is not read. */
    replicaMostLagSeconds: number;
    poolSize: number;
    statementTimeoutMilliseconds: number;
    usesNamedStatements: boolean;
  };
  /** Addresses and networks of proxies that are believed when they say for whom a request comes. */
  trustedProxies: readonly string[];
  dataDirectory: string;
  /** So long carts are priced by what was last known, while the database is away. */
  outageMinutes: number;
  /** Processes that serve; from two on there is one more, which starts and restarts them. */
  workers: number;
  /** Threads of one simulation. Undefined: one for each core, up to four. */
  simulationThreads: number | undefined;
  bootstrapAdminKey: string | undefined;
  hasDemo: boolean;
  /** Whether `/metrics` is answered on the ordinary port, nowhere, or on a port of its own. */
  metrics: "on" | "off" | number;
  /** Whether spans are sent to an OpenTelemetry collector; where to and which, its libraries read themselves. */
  isTraced: boolean;
  /** The folder of the only GraphQL documents that are run. Undefined: any document is. */
  graphqlDocuments?: string | undefined;
  /** So long events can be read and delivered; then they are deleted, consumed or not. */
  eventRetentionDays: number;
  /** Quarters of tracked events that ended longer ago are dropped. Null: they are kept. */
  trackedEventMonths: number | null;
  /** `any`: also plain http and addresses of the own network; never in production. */
  webhookTargets: "public" | "any";
}

/** A setting that cannot be used. The message names every variable at fault and shows no value: some are secrets. */
export class ConfigError extends Error {
  readonly variables: readonly string[];

  constructor(faults: readonly { variable: string; message: string }[]) {
    super(faults.map(({ variable, message }) => `${variable}: ${message}`).join("\n"));
    this.name = "ConfigError";
    this.variables = faults.map(({ variable }) => variable);
  }
}

/** The only reader of the environment. An empty variable counts as unset: compose files write `${NAME:-}`. */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = variables.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map(({ path, message }) => ({ variable: path.join("."), message })),
    );
  }
  const settings = parsed.data;
  const isProduction = settings.NODE_ENV === "production";
  if (isProduction && settings.DATABASE_URL === undefined) {
    throw new ConfigError([
      {
        variable: "DATABASE_URL",
        message: "must be set in production; the embedded PostgreSQL is for trying out",
      },
    ]);
  }
  if (
    !settings.PG_NAMED_STATEMENTS &&
    settings.DATABASE_URL !== undefined &&
    settings.DIRECT_DATABASE_URL === undefined
  ) {
    throw new ConfigError([
      {
        variable: "DIRECT_DATABASE_URL",
        message:
          "must be set with PG_NAMED_STATEMENTS=off; a pooler keeps neither the lock of a migration nor LISTEN",
      },
    ]);
  }
  if (isProduction && settings.WEBHOOK_TARGETS === "any") {
    throw new ConfigError([
      { variable: "WEBHOOK_TARGETS", message: "must be public in production; any opens the own network" },
    ]);
  }
  return {
    environment: settings.NODE_ENV,
    host: settings.HOST ?? (isProduction ? "0.0.0.0" : "127.0.0.1"),
    port: settings.PORT,
    logLevel: settings.LOG_LEVEL,
    database: {
      url: settings.DATABASE_URL,
      directUrl: settings.DIRECT_DATABASE_URL ?? settings.DATABASE_URL,
      replicaUrl: settings.DATABASE_REPLICA_URL,
      replicaMostLagSeconds: settings.REPLICA_LAG_SECONDS,
      poolSize: settings.DATABASE_POOL_SIZE,
      statementTimeoutMilliseconds: settings.STATEMENT_TIMEOUT_MS,
      usesNamedStatements: settings.PG_NAMED_STATEMENTS,
    },
    trustedProxies: settings.TRUSTED_PROXIES,
    dataDirectory: settings.DATA_DIR,
    outageMinutes: settings.OUTAGE_MINUTES,
    workers: settings.WORKERS,
    simulationThreads: settings.SIMULATION_THREADS,
    bootstrapAdminKey: settings.BOOTSTRAP_ADMIN_KEY,
    graphqlDocuments: settings.GRAPHQL_DOCUMENTS,
    hasDemo: settings.DEMO ?? !isProduction,
    metrics: settings.METRICS,
    isTraced: settings.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined,
    eventRetentionDays: settings.EVENT_RETENTION_DAYS,
    trackedEventMonths: settings.TRACKED_EVENT_MONTHS ?? null,
    webhookTargets: settings.WEBHOOK_TARGETS,
  };
}
