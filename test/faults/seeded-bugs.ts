/**
 * Bugs made on purpose: a checker counts only after it was seen to fail. Each breaks a server process from outside, between
 * the service and its database or its clients; nothing in `src` knows of them. README.md has the list in words.
 */
import type { FastifyInstance } from "fastify";
import type { Database } from "../../src/platform/database.ts";

export interface SeededBug {
  readonly name: string;
  /** Takes the second net away as well: run on the database before the servers start. */
  readonly sql?: string;
  readonly database?: (database: Database) => void;
  /** Before it listens. */
  readonly app?: (app: FastifyInstance) => void;
}

interface Statement {
  text: string;
  values?: unknown[];
  name?: string;
}

/** Number 1 is the first. */
export const seededBugs: readonly SeededBug[] = [
  {
    name: "counters and coupons are read without locks",
    sql: "alter table counters drop constraint counters_hold; alter table coupons drop constraint coupons_uses_hold",
    database: rewriting((statement) => {
      if (statement.name === "load-batch") replace(statement, /for update/g, "");
    }),
  },
  {
    name: "a limit gives one less than it has",
    database: rewriting((statement) => {
      if (statement.name === "load-batch")
        replace(
          statement,
          "period, used, reserved from counters",
          "period, used + 1 as used, reserved from counters",
        );
      if (statement.name === "read-shared-counters")
        replace(statement, "used + reserved", "used + reserved + 1");
    }),
  },
  { name: "a batch in ten is answered and rolled back", database: rollingBackEveryTenth },
  {
    name: "the record of an answer is not written with it",
    database: rewriting((statement) => {
      if (statement.name === "write-batch")
        replace(statement, "as u (key, operation, hash, resource_id, answer)", "$& where false");
    }),
  },
  {
    name: "a commit whose answer was lost is taken to have happened",
    database: rewriting((statement) => {
      if (statement.text.includes("as is_there"))
        replace(statement, "select exists", "select true or exists");
    }),
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
    database: rewriting((statement) => {
      if (statement.name === "write-batch")
        replace(
          statement,
          "update counters t\n     set used = t.used + u.used",
          "update counters t\n     set used = t.used",
        );
    }),
  },
  {
    name: "a quote tells its promotions in the order in which they were stored",
    app: changingQuotes((quote) => {
      const promotions = quote.promotions as { promotionId: string }[];
      promotions.sort((a, b) => (a.promotionId < b.promotionId ? -1 : 1));
    }),
  },
  {
    name: "a quote is written down",
    database: ({ pool }) => {
      noteQuote = () =>
        pool.query(
          "insert into outbox_events (project_id, id, type, subject, data) values ('p', gen_random_uuid(), 'quote', 'q', '{}')",
        );
    },
    app: changingQuotes(() => noteQuote()),
  },
  {
    name: "a database that is gone is called an error of ours",
    app: (app) => {
      app.addHook("onSend", async (_request, reply, payload) => {
        if (reply.statusCode === 503) reply.code(500);
        return payload;
      });
    },
  },
  {
    name: "coupons are locked in any order",
    database: rewriting((statement) => {
      if (statement.name === "load-batch")
        replace(statement, "order by code for update", "order by random() for update");
    }),
  },
  {
    name: "a reservation that ends keeps what it held",
    database: rewriting((statement) => {
      if (statement.name === "write-batch")
        replace(
          statement,
          "reserved = t.reserved + u.reserved,",
          "reserved = t.reserved + case when u.used = 0 then greatest(u.reserved, 0) else u.reserved end,",
        );
    }),
  },
];

/** The number of the bug in the list, as README.md has it. */
export function numberOf(name: string): number {
  const index = seededBugs.findIndex((bug) => bug.name === name);
  if (index < 0) throw new Error(`there is no seeded bug "${name}"`);
  return index + 1;
}

/** A bug that no longer finds its place would pass for one that is noticed: then the server ends, with these words. */
function replace(statement: Statement, what: string | RegExp, by: string): void {
  const text = statement.text.replace(what, by);
  if (text === statement.text) {
    console.error(`this seeded bug is out of date: there is no "${what}" any more`);
    process.exit(1);
  }
  statement.text = text;
}

let noteQuote: () => unknown = () => {};

/** Every statement of every connection passes through `change` first. */
function rewriting(change: (statement: Statement) => void): (database: Database) => void {
  return ({ pool }) => {
    pool.on("connect", (client) => {
      const query = client.query.bind(client) as (...values: unknown[]) => unknown;
      client.query = ((first: unknown, ...rest: unknown[]) => {
        if (typeof first !== "object" || first === null || "submit" in first) {
          if (typeof first !== "string") return query(first, ...rest);
          const statement: Statement = { text: first };
          change(statement);
          return query(statement.text, ...rest);
        }
        const { text, values, name } = first as Statement;
        const statement = { ...(first as Statement), text, ...(values && { values: [...values] }) };
        if (name !== undefined) statement.name = name;
        change(statement);
        return query(statement, ...rest);
      }) as typeof client.query;
    });
  };
}

function rollingBackEveryTenth({ pool }: Database): void {
  let commits = 0;
  pool.on("connect", (client) => {
    const query = client.query.bind(client) as (...values: unknown[]) => unknown;
    client.query = ((first: unknown, ...rest: unknown[]) => {
      if (first !== "commit" || rest.length > 0 || ++commits % 10 !== 0) return query(first, ...rest);
      return (query("rollback") as Promise<object>).then((result) => ({ ...result, command: "COMMIT" }));
    }) as typeof client.query;
  });
}

function changingQuotes(change: (quote: Record<string, unknown>) => unknown): (app: FastifyInstance) => void {
  return (app) => {
    app.addHook("onSend", async (request, reply, payload) => {
      if (request.url !== "/v1/evaluations" || reply.statusCode !== 200) return payload;
      const quote = JSON.parse(String(payload)) as Record<string, unknown>;
      await change(quote);
      reply.removeHeader("content-length");
      return JSON.stringify(quote);
    });
  };
}
