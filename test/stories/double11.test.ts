/**
 * X, the worked case of a beauty brand's 11.11, from its preparation to its review: one fiftieth of `npm run story:double11`, which
 * tells the same story. Every figure is held against the worked case, to the cent.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { instants, planOf } from "../../scripts/story-double11/plan.ts";
import { isAsExpected } from "../../scripts/story-double11/report.ts";
import { type Service, startService, storyClock } from "../../scripts/story-double11/service.ts";
import { openShop } from "../../scripts/story-double11/shop.ts";
import { tellStory } from "../../scripts/story-double11/story.ts";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { patience } from "../faults/sizes.ts";

let database: TestDatabase;
let service: Service;
const clock = storyClock(instants.before);

beforeAll(async () => {
  database = await freshDatabase();
  service = await startService(clock, database.connectionString);
}, patience);
afterAll(async () => {
  await service.close();
  await expectBooksToBalance(database);
  await database.close();
}, patience);

test("the worked case comes out as the handbook has it, by the review and again by the raw facts", {
  timeout: patience,
}, async () => {
  const lines: string[] = [];
  const checks = await tellStory(await openShop(service, clock), planOf(1), (line) => lines.push(line));
  expect(checks.filter((check) => !isAsExpected(check))).toEqual([]);
  expect(checks.map(({ what }) => what)).toContain("from raw facts: ROI, 1 :");
  expect(lines.join("\n")).toContain("free-balance: draft → active");
});
