/**
 * Bugs made on purpose: a checker counts only after it was seen to fail. Each breaks a server process from outside, between
 * the service and its database or its clients; nothing in `src` knows of them. README.md has the list in words.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Database } from "../../src/platform/database.ts";
import { tolerateLongUpload, usualStreamPatience } from "../../src/platform/long-upload.ts";
import { appRole } from "../../src/platform/walls.ts";

export interface SeededBug {
  readonly name: string;
  /** Takes the second net away as well. */
  readonly sql?: string;
  /** Changes a statement on its way to the database. */
  readonly statement?: (statement: Statement) => void;
  /** Changes a quote on its way to the client. */
  readonly quote?: (quote: Record<string, unknown>, database: Database) => unknown;
  /** Changes the status of an answer. */
  readonly status?: (status: number) => number;
  /** Told of every request, when its head is there. */
  readonly request?: (request: FastifyRequest) => void;
  /** Once and for all. */
  readonly database?: (database: Database) => void;
}

interface Statement {
  text: string;
  readonly name?: string;
}

let commits = 0;

/** Number 1 is the first. */
export const seededBugs: readonly SeededBug[] = [
  {
    name: "counters are read as they were a moment ago",
    sql: "alter table counters drop constraint if exists counters_hold",
    statement: (statement) => {
      if (statement.name === "load-batch")
        replace(
          statement,
          "period, used, reserved from counters",
          "period, used - used % case when measure like 'amount:%' then 5000 else 7 end as used, reserved from counters",
        );
    },
  },
  {
    name: "a limit gives one less than it has",
    statement: (statement) => {
      if (statement.name === "load-batch")
        replace(
          statement,
          "period, used, reserved from counters",
          "period, used + 1 as used, reserved from counters",
        );
      if (statement.name === "read-shared-counters")
        replace(statement, "used + reserved", "used + reserved + 1");
    },
  },
  {
    name: "a batch in ten is answered and rolled back",
    statement: (statement) => {
      if (statement.text === "commit" && ++commits % 10 === 0) statement.text = "rollback";
    },
  },
  {
    name: "the record of an answer is not written with it",
    statement: (statement) => {
      if (isWrite(statement, "recorded"))
        replace(statement, "as u (key, operation, hash, resource_id, answer)", "$& where false");
    },
  },
  {
    name: "a commit whose answer was lost is taken to have happened",
    statement: (statement) => {
      if (statement.text.includes("pg_xact_status"))
        replace(statement, "pg_xact_status($1::text::xid8)", "'committed' || left($1, 0)");
      if (statement.text.includes("as is_there"))
        replace(statement, "select exists", "select true or exists");
    },
  },
  {
    name: "nobody listens to what a dying connection says",
    database: ({ pool }) => {
      pool.removeAllListeners("connect");
      pool.removeAllListeners("error");
    },
  },
  {
    name: "a client that failed is never given back",
    database: ({ pool }) => {
      pool.on("acquire", (client) => {
        const { release } = client;
        client.release = (error) => {
          if (!error) release.call(client);
        };
      });
    },
  },
  {
    name: "the ledger is written and the counter is not",
    statement: (statement) => {
      if (isWrite(statement, "counted"))
        replace(
          statement,
          "update counters t\n     set used = t.used + u.used",
          "update counters t\n     set used = t.used",
        );
    },
  },
  {
    name: "a quote tells its promotions in the order in which they were stored",
    quote: (quote) => {
      const promotions = quote.promotions as { promotionId: string }[];
      promotions.sort((a, b) => (a.promotionId < b.promotionId ? -1 : 1));
    },
  },
  {
    name: "a quote is written down",
    quote: (_quote, { pool }) =>
      pool.query(
        `with entered as materialized (select set_config('app.project', 'p', true) as id)
         insert into outbox_events (project_id, id, type, subject, data)
         select id, gen_random_uuid(), 'quote', 'q', '{}' from entered`,
      ),
  },
  {
    name: "a database that is gone is called an error of ours",
    status: (status) => (status === 503 ? 500 : status),
  },
  {
    name: "coupons are locked in any order",
    statement: (statement) => {
      if (statement.name !== "load-batch") return;
      replace(statement, "order by code for update", "order by random() for update");
      // Time enough for another to do the same.
      replace(
        statement,
        "select ctid, code, pool_id, status,",
        "select ctid, code, pool_id, status || pg_sleep(0.003) as status,",
      );
    },
  },
  {
    name: "a reservation that ends keeps what it held",
    statement: (statement) => {
      if (isWrite(statement, "counted"))
        replace(
          statement,
          "reserved = t.reserved + u.reserved,",
          "reserved = t.reserved + case when u.used = 0 then greatest(u.reserved, 0) else u.reserved end,",
        );
    },
  },
  {
    name: "a request is logged with its URL",
    request: ({ method, url }) => console.log(JSON.stringify({ level: 30, method, url })),
  },
  {
    name: "changes of a promotion do not wait for each other",
    statement: (statement) => {
      if (/^select .* from "promotions" .* for update$/.test(statement.text))
        replace(statement, / for update$/, "");
    },
  },
  {
    name: "a connection stays in the project that it entered first",
    statement: (statement) => {
      if (statement.text.includes("app.project"))
        replace(
          statement,
          /set local app\.project = ('[^']*')/,
          "select set_config('app.project', coalesce(nullif(current_setting('app.project', true), ''), $1), false)",
        );
    },
  },
  {
    name: "an erasure leaves saved evaluations",
    statement: (statement) => {
      if (statement.text.includes("delete from evaluations"))
        replace(statement, /where project_id = (\$\d+) and/, "where project_id = $1 and false and");
    },
  },
  {
    name: "whoever sends slowly is waited for",
    request: ({ raw }) => tolerateLongUpload(raw, usualStreamPatience, () => {}),
  },
];

/** The number of the bug in the list, as README.md has it. */
export function numberOf(name: string): number {
  const index = seededBugs.findIndex((bug) => bug.name === name);
  if (index < 0) throw new Error(`there is no seeded bug "${name}"`);
  return index + 1;
}

let current: SeededBug | null = null;
let currentDatabase: Database;

export async function seedBug(number: number, database: Database): Promise<void> {
  const bug = seededBugs[number - 1];
  if (bug === undefined) throw new Error(`there is no seeded bug ${number}`);
  if (bug.sql !== undefined) await database.pool.query(`set role none; ${bug.sql}; set role ${appRole}`);
  bug.database?.(database);
  current = bug;
}

/** Lets the current bug at every statement of every connection. */
export function breakDatabase(database: Database): void {
  currentDatabase = database;
  const { pool } = database;
  pool.on("connect", (client) => {
    const query = client.query.bind(client) as (...values: unknown[]) => unknown;
    client.query = ((first: unknown, ...rest: unknown[]) => {
      const given = typeof first === "string" ? { text: first } : (first as Statement | null);
      if (current?.statement === undefined || given === null || typeof given.text !== "string")
        return query(first, ...rest);
      const statement = { ...given };
      current.statement(statement);
      if (statement.text === given.text) return query(first, ...rest);
      const isRolledBack = statement.text === "rollback" && given.text === "commit";
      // Another text needs another name.
      const sent = query(
        { ...statement, ...(given.name && { name: `${given.name}!${seededBugs.indexOf(current)}` }) },
        ...rest,
      );
      return isRolledBack
        ? (sent as Promise<object>).then((result) => ({ ...result, command: "COMMIT" }))
        : sent;
    }) as typeof client.query;
  });
}

/** Lets the current bug at every answer. */
export function breakApp(app: FastifyInstance): void {
  app.addHook("onRequest", async (request) => current?.request?.(request));
  app.addHook("onSend", async (request, reply, payload) => {
    if (current?.status !== undefined) reply.code(current.status(reply.statusCode));
    if (current?.quote === undefined || request.url !== "/v1/evaluations" || reply.statusCode !== 200)
      return payload;
    const quote = JSON.parse(String(payload)) as Record<string, unknown>;
    await current.quote(quote, currentDatabase);
    reply.removeHeader("content-length");
    return JSON.stringify(quote);
  });
}

/** A bug that no longer finds its place would pass for one that is noticed: then the server ends, with these words. */
/** A batch is written by one statement of the parts it needs. */
function isWrite({ name, text }: Statement, part: string): boolean {
  return name?.startsWith("write-batch") === true && text.includes(`${part} as (`);
}

function replace(statement: Statement, what: string | RegExp, by: string): void {
  const text = statement.text.replace(what, by);
  if (text === statement.text) {
    console.error(`this seeded bug is out of date: there is no "${what}" any more`);
    process.exit(1);
  }
  statement.text = text;
}
