import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dumpSchema } from "../../scripts/dump-schema.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";

let empty: TestDatabase;
let copy: TestDatabase;
let migrated: TestDatabase;
beforeAll(async () => {
  empty = await freshDatabase({ isEmpty: true });
  copy = await freshDatabase({ isEmpty: true });
  migrated = await freshDatabase();
});
afterAll(() => Promise.all([empty.close(), copy.close(), migrated.close()]));

test("migrations/schema.sql is what the migrations make (otherwise: npm run generate)", async () => {
  expect(await dumpSchema(migrated.pool)).toBe(readFileSync("migrations/schema.sql", "utf8"));
});

test("the dump can be loaded, and what is loaded has the same dump", async () => {
  await empty.pool.query(`
    create function next_number() returns bigint language plpgsql as 'begin return 1; end';
    create table zebras (
      project_id text not null, id text collate "C", "group" text default 'it''s', amount bigint not null default next_number(),
      twice bigint generated always as (amount * 2) stored, sequence bigint generated always as identity,
      tags text[] not null default '{}', details jsonb, window_start timestamptz,
      primary key (project_id, id), unique (project_id, "group"),
      constraint amount_is_positive check (amount > 0)
    );
    create table apples (project_id text, id text, zebra text, primary key (project_id, id),
      foreign key (project_id, zebra) references zebras (project_id, id) on delete cascade);
    create index zebras_open on zebras (project_id, lower("group")) where details is null;
    create function forbid() returns trigger language plpgsql as 'begin raise exception ''no''; end';
    create trigger append_only before update on zebras for each row execute function forbid();
    alter table zebras enable row level security;
    alter table zebras force row level security;
    create policy of_project on zebras using (project_id = current_setting('app.project', true));
    create view big_zebras with (security_invoker = true) as select id from zebras where amount > 100;
    comment on table zebras is 'Striped; don''t ride.';
    comment on column zebras.amount is 'In minor units.';
    comment on constraint amount_is_positive on zebras is 'Amounts off are positive.';
    comment on index zebras_open is 'For the overview.';
    comment on function next_number() is 'Always one.';
  `);
  const dump = await dumpSchema(empty.pool);
  await copy.pool.query(dump);
  expect(await dumpSchema(copy.pool)).toBe(dump);
  for (const word of [
    "amount_is_positive",
    "append_only",
    "of_project",
    "In minor units.",
    "cascade",
    "security_invoker=true",
  ]) {
    expect(dump.toLowerCase()).toContain(word.toLowerCase());
  }
});
