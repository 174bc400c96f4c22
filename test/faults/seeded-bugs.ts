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
      if (statement.name === "load-batch")
        statement.text = statement.text.replaceAll(/for update( of counters)?/g, "");
    }),
  },
  {
    name: "a limit gives one less than it has",
    database: rewriting((statement) => {
      statement.text = statement.text
        .replace("counters.used, counters.reserved", "counters.used + 1 as used, counters.reserved")
        .replace("used + reserved", "used + reserved + 1");
    }),
  },
  {
    name: "a batch in ten is answered and rolled back",
    database: answeringEveryTenthRollbackAsCommit,
  },
  {
    name: "the record of an answer is not written with it",
    database: rewriting(({ name, values }) => {
      if (name === "write-batch") for (let place = 53; place <= 57; place++) values![place] = [];
    }),
  },
  {
    name: "a commit whose answer was lost is taken to have happened",
    database: rewriting((statement) => {
      // Both questions by which its fate is asked: not in progress, and there.
      if (statement.text.includes("pg_xact_status")) statement.text = "select 'ended' as status, $1::text";
      if (statement.text.includes("as is_there"))
        statement.text = "select true as is_there, $1 || $2 || $3::int || $4 || $5 || $6 || $7";
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
    database: rewriting(({ name, values }) => {
      if (name === "write-batch") values![34] = (values![34] as number[]).map(() => 0);
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
      notedQuotes = () =>
        pool.query(
          "insert into outbox_events (project_id, id, type, subject, data) values ('p', gen_random_uuid(), 'quote', 'q', '{}')",
        );
    },
    app: (app) => {
      app.addHook("onSend", async (request, _reply, payload) => {
        if (request.url === "/v1/evaluations") await notedQuotes();
        return payload;
      });
    },
  },
  {
    name: "an unavailable database is called an error of ours",
    app: (app) => {
      app.addHook("onSend", async (_request, reply, payload) => {
        if (reply.statusCode === 503) reply.code(500);
        return payload;
      });
    },
  },
  {
    name: "coupons and counters are locked in any order",
    database: rewriting((statement) => {
      if (statement.name === "load-batch")
        statement.text = statement.text
          .replace("order by code for update", "order by md5(code || random()) for update")
          .replace("order by 1, 2, 3, 4 for update of", "order by random() for update of");
    }),
  },
  {
    name: "a reservation that expires keeps what it held",
    database: rewriting(({ name, values }) => {
      if (name !== "write-batch" || !(values![46] as string[]).includes("expire")) return;
      values![35] = (values![35] as number[]).map(() => 0);
    }),
  },
];

export type SeededBugName = (typeof seededBugs)[number]["name"];

/** The number of the bug in the list, as `SEEDED_BUG` has it. */
export function numberOf(name: string): number {
  const index = seededBugs.findIndex((bug) => bug.name === name);
  if (index < 0) throw new Error(`there is no seeded bug "${name}"`);
  return index + 1;
}

let notedQuotes: () => Promise<unknown> = async () => {};

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

function answeringEveryTenthRollbackAsCommit({ pool }: Database): void {
  let commits = 0;
  pool.on("connect", (client) => {
    const query = client.query.bind(client) as (...values: unknown[]) => unknown;
    client.query = ((first: unknown, ...rest: unknown[]) => {
      if (first !== "commit" || rest.length > 0 || ++commits % 10 !== 0) return query(first, ...rest);
      return (query("rollback") as Promise<object>).then((result) => ({ ...result, command: "COMMIT" }));
    }) as typeof client.query;
  });
}

function changingQuotes(change: (quote: Record<string, unknown>) => void): (app: FastifyInstance) => void {
  return (app) => {
    app.addHook("onSend", async (request, reply, payload) => {
      if (request.url !== "/v1/evaluations" || reply.statusCode !== 200) return payload;
      const quote = JSON.parse(String(payload)) as Record<string, unknown>;
      change(quote);
      reply.removeHeader("content-length");
      return JSON.stringify(quote);
    });
  };
}
