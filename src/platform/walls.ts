/**
 * How a statement says which project it is for. PostgreSQL shows the service only rows of the project in the setting
 * `app.project` (migrations/0008_app_role.sql), which lives as long as one transaction: a statement that was sent
 * without it finds nothing and writes nothing, whatever its own conditions say.
 */
import pg from "pg";

/** The role the service works as: it owns nothing, and no wall lets it pass. */
export const appRole = "dealwright_app";

/** A statement by itself, for a connection of the pool; it sees rows of that project alone. Costs no round trip. */
export function inProject<Config extends pg.QueryConfig>(projectId: string, config: Config): Config {
  return { ...config, project: projectId };
}

/** To be sent in one message with the `begin` of a transaction. */
export function enterProject(projectId: string): string {
  // It becomes part of the text, as `set` takes no parameters.
  if (!/^[\w:-]{0,100}$/.test(projectId)) throw new Error("not the id of a project");
  return `set local app.project = '${projectId}'`;
}

const entering = {
  name: "enter-project",
  // Sets it and answers no row: what follows is then all there is to the answer.
  text: "select where set_config('app.project', $1, true) is null",
};

interface Wire {
  readonly parsedStatements: Record<string, string>;
  parse(message: { name?: string; text: string }): void;
  bind(message: { statement?: string; values: string[]; valueMapper: (value: unknown) => unknown }): void;
  execute(message: object): void;
}

/** What of pg's own class is used and its published types leave out. */
interface PreparedQuery extends pg.Submittable {
  callback: ((error: Error | null, result: pg.QueryResult) => void) | undefined;
  prepare(connection: Wire): void;
  handleCommandComplete(message: unknown, connection: Wire): void;
}
const PreparedQuery = pg.Query as unknown as new (
  config: pg.QueryConfig,
  ...rest: unknown[]
) => PreparedQuery;

/**
 * A statement with the setting sent ahead of it, in one message. Without a `Sync` between them PostgreSQL takes the two for
 * one transaction, which ends with the second: no round trip more, and nothing stays behind on the connection.
 */
class ProjectQuery extends PreparedQuery {
  readonly #projectId: string;
  #hasEntered = false;

  constructor(projectId: string, config: pg.QueryConfig, rest: readonly unknown[]) {
    super(config, ...rest);
    this.#projectId = projectId;
  }

  requiresPreparation(): boolean {
    return true;
  }

  override prepare(connection: Wire): void {
    const isKnown = connection.parsedStatements[entering.name] !== undefined;
    if (!isKnown) connection.parse({ text: entering.text });
    connection.bind({
      statement: isKnown ? entering.name : "",
      values: [this.#projectId],
      valueMapper: (value) => value,
    });
    connection.execute({});
    super.prepare(connection);
  }

  override handleCommandComplete(message: unknown, connection: Wire): void {
    if (this.#hasEntered) super.handleCommandComplete(message, connection);
    this.#hasEntered = true;
  }
}

/** The pool's connections: they understand `inProject`, and send statements unnamed where a pooler keeps none. */
export function walledClient(usesNamedStatements: boolean): typeof pg.Client {
  return class extends pg.Client {
    #isPrepared = !usesNamedStatements;

    // pg declares a dozen overloads of `query`; what matters here is only whether the first argument is a configuration.
    override query = ((given: unknown, ...rest: unknown[]) => {
      if (typeof given !== "object" || given === null || "submit" in given) return this.#send(given, rest);
      const { project, ...config } = given as pg.QueryConfig & { project?: string };
      if (!usesNamedStatements) delete config.name;
      if (project === undefined) return this.#send(config, rest);
      const query = new ProjectQuery(project, config, rest);
      const answer =
        query.callback === undefined
          ? new Promise((resolve, reject) => {
              query.callback = (error, result) => (error ? reject(error) : resolve(result));
            })
          : undefined;
      this.#whenPrepared(() => this.#send(query, []));
      return answer;
    }) as pg.Client["query"];

    #whenPrepared(send: () => void): void {
      const prepared = this.#isPrepared ? undefined : this.#send({ ...entering, values: [""] }, []);
      this.#isPrepared = true;
      if (prepared === undefined) send();
      // Should it fail, the statement that needs it parses the text itself, or fails as well.
      else (prepared as Promise<unknown>).then(send, send);
    }

    #send(given: unknown, rest: readonly unknown[]): unknown {
      return Reflect.apply(pg.Client.prototype.query, this, [given, ...rest]);
    }
  };
}

/** Throws if the role that the service works as could see over the walls or change what is only ever added to. */
export async function assertWalled(pool: Pick<pg.Pool, "query">): Promise<void> {
  const { rows } = await pool.query<{ role: string; fault: string }>(
    `select current_user as role, fault
       from pg_roles r
      cross join lateral (values
        ('is a superuser', r.rolsuper),
        ('has BYPASSRLS', r.rolbypassrls),
        ('owns tables', exists (select from pg_class c where c.relrowsecurity and pg_has_role(current_user, c.relowner, 'usage'))),
        ('may act for dealwright_lookout', pg_has_role(current_user, 'dealwright_lookout', 'usage')),
        ('may change the ledger', has_table_privilege('ledger_entries', 'update, delete, truncate')),
        ('may not work as ${appRole}', not pg_has_role(current_user, '${appRole}', 'usage'))
      ) as faults (fault, is_so)
      where r.rolname = current_user and is_so`,
  );
  if (rows.length === 0) return;
  const faults = rows.map(({ fault }) => fault).join(", ");
  throw new Error(
    `the database role "${rows[0]?.role}" could pass the walls between projects: it ${faults}. See "Production" in scripts/operations/README.md`,
  );
}
