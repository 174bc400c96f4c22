import { createHash } from "node:crypto";
import { z } from "zod";
import { problem } from "./problem.ts";

export const largestPage = 200;
export const usualPage = 50;

/** The query of every list. Extend it: `pageQuery.extend({ state: … })` stays strict. */
export const pageQuery = z.strictObject({
  limit: z.int().min(1).max(largestPage).default(usualPage).describe("How many items to return at most."),
  after: z.string().min(1).max(1024).optional().describe("The `nextCursor` of the page before."),
});

/** One page of a list. `id` names it in OpenAPI and GraphQL: `pageOf(promotion, "PromotionPage")`. */
export function pageOf<Item extends z.ZodType>(item: Item, id: string) {
  return z
    .object({
      items: z.array(item),
      nextCursor: z.string().nullable().describe("Pass it as `after` to read on. Null on the last page."),
    })
    .meta({ id });
}

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

export interface Cursor<Position> {
  /** The position in an opaque cursor; null (the start of the list) when there is none. */
  decode(after: string | undefined): Position | null;
  /** For lists that go on: where to read on after their last item. */
  encode(position: Position): string;
  /** A page out of up to `limit + 1` rows: the row too many says that there is more. */
  page<Row>(rows: readonly Row[], limit: number, positionOf: (row: Row) => Position): Page<Row>;
}

/**
 * The cursors of one list. A cursor carries a checksum over the list's name and its position: one that was edited, or
 * that another list issued, is refused instead of answering from an arbitrary place. It protects nothing secret; what a
 * caller may see is decided by the query it goes into.
 */
export function cursorOf<Position>(list: string, position: z.ZodType<Position>): Cursor<Position> {
  const encode = (value: Position): string => {
    const json = JSON.stringify(value);
    return Buffer.from(`${checksum(list, json)}${json}`, "utf8").toString("base64url");
  };
  return {
    encode,
    decode(after) {
      if (after === undefined) {
        return null;
      }
      const text = Buffer.from(after, "base64url").toString("utf8");
      const json = text.slice(checksumLength);
      // Base64 decoding skips what it does not know; encoding again proves that nothing was skipped.
      const untouched =
        text.startsWith(checksum(list, json)) && Buffer.from(text, "utf8").toString("base64url") === after;
      const parsed = untouched ? position.safeParse(JSON.parse(json)) : undefined;
      if (!parsed?.success) {
        throw problem("invalid-cursor", {
          errors: [{ path: "/after", code: "invalid_cursor", message: "Not a cursor of this list." }],
        });
      }
      return parsed.data;
    },
    page(rows, limit, positionOf) {
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return {
        items,
        nextCursor: rows.length > limit && last !== undefined ? encode(positionOf(last)) : null,
      };
    },
  };
}

const checksumLength = 12;

function checksum(list: string, json: string): string {
  return createHash("sha256").update(`${list}\n${json}`).digest("base64url").slice(0, checksumLength);
}
