import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { Database } from "../src/platform/database.ts";

const invariants = readFileSync("test/invariants.sql", "utf8");

export interface Violation {
  violation: string;
  project_id: string;
  subject: string;
  detail: string;
}

export async function violationsIn({ pool }: Pick<Database, "pool">): Promise<Violation[]> {
  return (await pool.query<Violation>(invariants)).rows;
}

/** For the end of every test file that redeems: `afterAll(() => expectBooksToBalance(database))`, before the database is closed. */
export async function expectBooksToBalance(database: Pick<Database, "pool">): Promise<void> {
  expect(await violationsIn(database)).toEqual([]);
}
