import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bigintArray, bytesArray, placesArray, textArray } from "../../src/platform/binary-arrays.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase({ isEmpty: true });
});
afterAll(() => database.close());

const texts = fc.array(fc.option(fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", ""))));
const numbers = fc.array(fc.option(fc.maxSafeInteger()));
const hashes = fc.array(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("hex")));

const places = fc.array(
  fc.tuple(fc.nat(2 ** 32 - 1), fc.nat(2 ** 16 - 1)).map(([block, item]) => `(${block},${item})`),
);

test("PostgreSQL reads arrays of any text, safe integer, bytes and place as they were written, nulls and empty ones included", async () => {
  await fc.assert(
    fc.asyncProperty(texts, numbers, hashes, places, async (text, number, hash, place) => {
      const { rows } = await database.pool.query(
        `select $1::text[] as text, $2::bigint[]::text[] as number,
                array(select encode(bytes, 'hex') from unnest($3::bytea[]) with ordinality as u (bytes, place) order by place) as hash,
                $4::tid[]::text[] as place`,
        [textArray(text), bigintArray(number), bytesArray(hash), placesArray(place)],
      );
      expect(rows[0]).toEqual({
        text,
        number: number.map((value) => value?.toString() ?? null),
        hash,
        place,
      });
    }),
    {
      numRuns: 200,
      examples: [[['"\\{},NULL', "null", "", "é€😀"], [-1, 0, -(2 ** 32), 2 ** 32 - 1], [""], ["(0,1)"]]],
    },
  );
});
