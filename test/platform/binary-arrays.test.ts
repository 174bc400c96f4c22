import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bigintArray, bytesArray, textArray } from "../../src/platform/binary-arrays.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase({ isEmpty: true });
});
afterAll(() => database.close());

const texts = fc.array(fc.option(fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", ""))));
const numbers = fc.array(fc.option(fc.maxSafeInteger()));
const hashes = fc.array(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("hex")));

test("PostgreSQL reads arrays of any text, safe integer and bytes as they were written, nulls and empty ones included", async () => {
  await fc.assert(
    fc.asyncProperty(texts, numbers, hashes, async (text, number, hash) => {
      const { rows } = await database.pool.query(
        `select $1::text[] as text, $2::bigint[]::text[] as number,
                array(select encode(bytes, 'hex') from unnest($3::bytea[]) with ordinality as u (bytes, place) order by place) as hash`,
        [textArray(text), bigintArray(number), bytesArray(hash)],
      );
      expect(rows[0]).toEqual({ text, number: number.map((value) => value?.toString() ?? null), hash });
    }),
    {
      numRuns: 200,
      examples: [[['"\\{},NULL', "null", "", "é€😀"], [-1, 0, -(2 ** 32), 2 ** 32 - 1], [""]]],
    },
  );
});
