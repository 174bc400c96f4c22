/** G07, G20: what PostgreSQL itself keeps, whatever the statements of the service say. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withTransaction } from "../../src/platform/database.ts";
import { assertWalled, enterProject, inProject } from "../../src/platform/walls.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type ProjectWithKeys, projectWithKeys } from "../features/project-fixture.ts";

let database: TestDatabase;
let mine: ProjectWithKeys;
let other: ProjectWithKeys;
beforeAll(async () => {
  database = await freshDatabase({ poolSize: 2 });
  mine = await projectWithKeys(database, Date.now());
  other = await projectWithKeys(database, Date.now());
});
afterAll(() => database.close());

/** Tables of no project's data, each with its reason. */
const tablesWithoutProject: Readonly<Record<string, string>> = {};

/** Rows of these are never changed, by privilege as well as by trigger. */
const appendOnly = [
  "ledger_entries",
  "promotion_versions",
  "order_returns",
  "promotion_approvals",
  "promotion_comments",
];

interface Table {
  name: string;
  isForced: boolean;
  policy: string | null;
  privileges: string[];
}

async function tables(): Promise<Table[]> {
  const { rows } = await database.pool.query<Table>(`
    select c.relname::text as name, c.relrowsecurity and c.relforcerowsecurity as "isForced",
           (select string_agg(concat_ws(' ', cmd, qual, with_check), '; ') from pg_policies
             where tablename = c.relname and not (roles = '{dealwright_lookout}' and cmd = 'SELECT')) as policy,
           (select array_agg(wanted) from unnest(array['select', 'insert', 'update', 'delete', 'truncate']) as wanted
             where has_table_privilege('dealwright_app', c.oid, wanted)) as privileges
      from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1`);
  return rows;
}

describe("every table", () => {
  test("has row-level security, forced, with the one policy of its project, and grants (in its migration: select wall('table'))", async () => {
    const column = (name: string) => (name === "projects" ? "id" : "project_id");
    const found = (await tables()).filter(({ name }) => !(name in tablesWithoutProject));
    expect(found.length).toBeGreaterThan(15);
    expect(found.map(({ name, isForced, policy }) => ({ name, isForced, policy }))).toEqual(
      found.map(({ name }) => ({
        name,
        isForced: true,
        policy: `ALL (${column(name)} = NULLIF(current_setting('app.project'::text, true), ''::text))`,
      })),
    );
    const unreadable = found.filter(({ privileges }) => !privileges?.includes("select"));
    expect(unreadable.map(({ name }) => name)).toEqual([]);
    const emptied = found.filter(({ privileges }) => privileges?.includes("truncate"));
    expect(emptied.map(({ name }) => name)).toEqual([]);
  });

  test("that is only added to can be changed by nobody the service works as", async () => {
    const privileges = new Map((await tables()).map((table) => [table.name, table.privileges]));
    for (const name of appendOnly) expect([name, privileges.get(name)]).toEqual([name, ["select", "insert"]]);
    // A saved evaluation is never changed, but goes with its customer.
    expect(privileges.get("evaluations")).toEqual(["select", "insert", "delete"]);
  });

  // A unique key may begin with what its rows are looked up by: planned on an empty table, one that begins with the project is
  // taken for any look-up of the project.
  test("begins its primary key with the project, and has it in every unique key", async () => {
    const { rows } = await database.pool.query(`
      select i.indexrelid::regclass::text as index from pg_index i
        join pg_class c on c.oid = i.indrelid
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'project_id'
       where i.indisunique and c.relnamespace = 'public'::regnamespace and c.relname <> 'projects'
         and case when i.indisprimary then i.indkey[0] <> a.attnum else not a.attnum = any (i.indkey::int2[]) end`);
    expect(rows).toEqual([]);
    const { rows: without } = await database.pool.query(`
      select c.relname from pg_index i join pg_class c on c.oid = i.indrelid
       where i.indisunique and c.relnamespace = 'public'::regnamespace and c.relname <> 'projects'
         and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'project_id')`);
    expect(without).toEqual([]);
  });
});

describe("the role of the service", () => {
  test("owns nothing, passes no wall and acts for nobody else", async () => {
    const { rows } = await database.pool.query(`
      select rolname::text as name, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolcanlogin as may,
             (select count(*)::int from pg_class where relowner = r.oid) as relations,
             (select count(*)::int from pg_auth_members where member = r.oid) as roles
        from pg_roles r where rolname in ('dealwright_app', 'dealwright_lookout') order by 1`);
    expect(rows).toEqual([
      { name: "dealwright_app", may: false, relations: 0, roles: 0 },
      { name: "dealwright_lookout", may: false, relations: 0, roles: 0 },
    ]);
  });

  test("calls functions that look over the walls only where they are the lookout's, and guarded", async () => {
    const { rows } = await database.pool.query(`
      select proname::text as name, pg_get_userbyid(proowner)::text as owner, proconfig::text as settings,
             has_function_privilege('public', oid, 'execute') as "isOpen"
        from pg_proc where pronamespace = 'public'::regnamespace and prosecdef`);
    expect(rows.length).toBeGreaterThan(4);
    expect(rows).toEqual(
      rows.map(({ name }) => ({
        name,
        owner: "dealwright_lookout",
        settings: '{"search_path=pg_catalog, public, pg_temp"}',
        isOpen: false,
      })),
    );
  });

  test("is what the service works as, and anybody who could pass the walls is refused", async () => {
    await expect(assertWalled(database.appPool)).resolves.toBeUndefined();
    await expect(assertWalled(database.pool)).rejects.toThrow(/superuser/);
  });

  test.each([
    ["update ledger_entries set step = step + 1"],
    ["delete from ledger_entries"],
    ["truncate ledger_entries"],
    ["update promotion_versions set document = '{}'"],
    ["delete from order_returns"],
    ["alter table ledger_entries disable trigger all"],
    ["alter table ledger_entries no force row level security"],
    ["drop policy project on ledger_entries"],
    ["create table mine (id int)"],
    ["set role dealwright_lookout"],
    ["select hash from drizzle.__drizzle_migrations"],
  ])("may not: %s", async (statement) => {
    const client = await database.connect();
    try {
      await client.query(`begin; ${enterProject(mine.id)}`);
      // The session here belongs to a superuser, who could become anybody: in production it does not.
      const asIs = statement.startsWith("set role");
      if (asIs) await client.query("set local session authorization dealwright_app");
      await expect(client.query(statement)).rejects.toMatchObject({ code: "42501" });
    } finally {
      await client.query("rollback");
      client.release();
    }
  });
});

describe("a statement", () => {
  const projectsSeen = "select id from projects";

  test("sees the rows of its project although it asks for all", async () => {
    const { rows } = await database.of(mine.id).$client.query(projectsSeen);
    expect(rows).toEqual([{ id: mine.id }]);
    const keys = await database.of(other.id).$client.query("select distinct project_id from api_keys");
    expect(keys.rows).toEqual([{ project_id: other.id }]);
  });

  test("sees nothing when it says no project, an empty or an unknown one", async () => {
    expect((await database.outside.execute(projectsSeen)).rows).toEqual([]);
    for (const id of ["", "prj_unknown", "%", mine.id.slice(0, -1)])
      expect((await database.of(id).execute(projectsSeen)).rows).toEqual([]);
  });

  test("changes nothing of another project, and adds nothing to it", async () => {
    const inside = database.of(mine.id).$client;
    expect((await inside.query("update projects set name = 'Mine'")).rowCount).toBe(1);
    expect((await inside.query("delete from api_keys where project_id = $1", [other.id])).rowCount).toBe(0);
    for (const project of [other.id, "prj_new"]) {
      const added = inside.query(
        "insert into outbox_events (project_id, id, type, subject, data) values ($1, 'e', 't', 's', '{}')",
        [project],
      );
      await expect(added).rejects.toMatchObject({ code: "42501" });
    }
    await expect(inside.query("update projects set id = $1", [`${other.id}x`])).rejects.toMatchObject({
      code: "42501",
    });
  });

  test("leaves its project behind on no connection, whether it succeeds, fails or is a transaction", async () => {
    const single = await freshDatabase({ poolSize: 1 });
    const project = await projectWithKeys(single, Date.now());
    const inside = single.of(project.id);
    const nothingStays = async () => expect((await single.outside.execute(projectsSeen)).rows).toEqual([]);
    expect((await inside.execute(projectsSeen)).rows).toHaveLength(1);
    await nothingStays();
    await expect(inside.execute("select 1 / 0")).rejects.toThrow();
    await nothingStays();
    await expect(inside.execute("select nonsense")).rejects.toThrow();
    await nothingStays();
    await withTransaction(single, project.id, async (connection) => {
      expect((await connection.execute(projectsSeen)).rows).toHaveLength(1);
    });
    await nothingStays();
    const failed = withTransaction(single, project.id, (connection) => connection.execute("select 1 / 0"));
    await expect(failed).rejects.toThrow();
    await nothingStays();
    expect(single.appPool.totalCount).toBe(1);
    await single.close();
  });

  test.each([true, false])(
    "costs one round trip with its project (named statements: %s)",
    async (usesNamedStatements) => {
      const single = await freshDatabase({ poolSize: 1, usesNamedStatements });
      const client = await single.connect();
      let trips = 0;
      const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
      connection.on("readyForQuery", () => {
        trips += 1;
      });
      const ask = () =>
        client.query<{ project: string; sum: number }>(
          inProject("prj_1", {
            name: "asked",
            text: "select current_setting('app.project') as project, $1::int + 1 as sum",
            values: [1],
          }),
        );
      // Once a connection the setting is prepared, where statements are.
      expect((await ask()).rows).toEqual([{ project: "prj_1", sum: 2 }]);
      trips = 0;
      expect((await ask()).rows).toEqual([{ project: "prj_1", sum: 2 }]);
      expect(trips).toBe(1);
      client.release();
      await single.close();
    },
  );

  test("is never put together with what does not look like the id of a project", () => {
    for (const id of ["a'b", "a b", "a\\b", "a;b", `a${"b".repeat(100)}`, "ä"])
      expect(() => enterProject(id)).toThrow();
    expect(enterProject("prj_1:test")).toBe("set local app.project = 'prj_1:test'");
  });
});
