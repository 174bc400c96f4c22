/** G39: whoever walks a list sees each row that stood throughout exactly once, whatever five others write meanwhile. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { patience, sized } from "../faults/sizes.ts";
import { type Api, startApi } from "../features/api.ts";
import { type Face, faces, fiveWriters, nothingWrong, prepareOrders, walk, wrongsOf } from "./walks.ts";

const options = { timeout: patience };
const eachFace = Object.entries(faces) as [string, Face][];

let database: TestDatabase;
/** What is done to a statement before PostgreSQL sees it; nothing, unless a bug is seeded. */
let seeded: (text: string) => string = (text) => text;
beforeAll(async () => {
  database = await freshDatabase();
  database.appPool.on("connect", (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    client.query = ((given: unknown, ...rest: unknown[]) =>
      query(isStatement(given) ? changed(given) : given, ...rest)) as typeof client.query;
  });
});
afterAll(() => database.close());

interface Statement {
  readonly text: string;
  readonly name?: string;
}
function isStatement(given: unknown): given is Statement {
  return typeof given === "object" && given !== null && typeof (given as Statement).text === "string";
}
function changed({ name: _name, ...statement }: Statement): Statement {
  return { ...statement, text: seeded(statement.text) };
}

type Write = ReturnType<typeof fiveWriters>;

async function project(count: number): Promise<{ api: Api; write: Write }> {
  const api = await startApi(database);
  await prepareOrders(api, database, count);
  return { api, write: fiveWriters(api, database, count) };
}

describe("a walk", options, () => {
  const count = sized(2_000, 100_000);
  const size = sized(50, 200);
  let api: Api;
  let write: Write;
  beforeAll(async () => {
    ({ api, write } = await project(count));
  }, patience);
  afterAll(() => api.close());

  test.each(eachFace)(`over %s sees each of ${count} orders once while five write`, async (_name, face) => {
    const told = await walk(api, face, size, write);
    expect(wrongsOf(told, count)).toEqual(nothingWrong);
  });

  test("does not go on from a cursor that was tampered with", async () => {
    const { body } = await api.rest("GET", "/v1/orders?limit=1");
    const cursor: string = body.nextCursor;
    for (let at = 0; at < cursor.length; at += 5) {
      const tampered = cursor.slice(0, at) + (cursor[at] === "A" ? "B" : "A") + cursor.slice(at + 1);
      const rest = await api.rest("GET", `/v1/orders?after=${tampered}`);
      const graphql = await api.graphql(`{ orders(after: "${tampered}") { nodes { externalId } } }`);
      expect([rest.status, rest.body.code]).toEqual([400, "invalid-cursor"]);
      expect(graphql.body.errors[0].extensions).toMatchObject({ status: 400, code: "invalid-cursor" });
    }
  });
});

describe("the checker counts only after it was seen to fail:", options, () => {
  const count = 60;
  // Smaller than what shares an instant, so that pages end within it.
  const size = 5;
  const isAfterCursor =
    /\(("orders"\."placed_at"), ("orders"\."external_id")\) < \((\$\d+)::timestamptz, (\$\d+)\)/;
  let told = 0;
  let api: Api;
  let write: Write;
  beforeAll(async () => {
    ({ api, write } = await project(count));
  }, patience);
  afterAll(() => api.close());

  test.each([
    [
      "rows are counted off, whatever came before them meanwhile",
      "repeated",
      "$3::timestamptz is not null and $4::text <> ''",
      (): string => ` offset ${told}`,
    ],
    [
      "the row of the cursor is told again",
      "repeated",
      "($1, $2) <= ($3::timestamptz, $4)",
      (): string => "",
    ],
    [
      "a cursor knows only the instant, which many share",
      "missing",
      "$1 < $3::timestamptz and $4::text <> ''",
      (): string => "",
    ],
  ] as const)("%s", async (_bug, wrong, condition, end) => {
    let broken = 0;
    seeded = (text) => {
      if (!isAfterCursor.test(text)) return text;
      broken += 1;
      return (
        text.replace(isAfterCursor, (_, ...columns: string[]) =>
          condition.replaceAll(/\$(\d)/g, (_name, place) => columns[Number(place) - 1] ?? ""),
        ) + end()
      );
    };
    try {
      for (const [, face] of eachFace) {
        const all = await walk(api, face, size, write, (soFar) => {
          told = soFar;
        });
        expect(wrongsOf(all, count)[wrong].length).toBeGreaterThan(0);
      }
    } finally {
      seeded = (text) => text;
    }
    expect(broken).toBeGreaterThan(0);
  });
});
