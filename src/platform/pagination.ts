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

/**
 * One page of a list, over GraphQL a connection: `pageOf(promotion, "PromotionPage")`, where `id` names it in OpenAPI and,
 * as `PromotionConnection`, in GraphQL.
 */
export function pageOf<Item extends z.ZodType>(item: Item, id: string) {
  return z
    .object({
      items: z.array(item),
      nextCursor: z.string().nullable().describe("Pass it as `after` to read on. Null on the last page."),
    })
    .meta({ id });
}

/** Whether it is the result of a list. */
export function isPage(result: z.ZodType): boolean {
  return result instanceof z.ZodObject && "items" in result.shape && "nextCursor" in result.shape;
}

/** One page of a list that goes on as things happen: there is always a place to read on from, now or later. */
export function openPageOf<Item extends z.ZodType>(item: Item, id: string) {
  return z
    .object({
      items: z.array(item),
      nextCursor: z.string().describe("Pass it as `after` to read on, now or later."),
      hasMore: z.boolean().describe("False: these were the last ones so far."),
    })
    .meta({ id });
}

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

export interface OpenPage<Item> extends Page<Item> {
  nextCursor: string;
  hasMore: boolean;
}

export interface Cursor<Position> {
  /** The position in an opaque cursor; null (the start of the list) when there is none. */
  decode(after: string | undefined): Position | null;
  encode(position: Position): string;
  /** A page out of up to `limit + 1` rows, as they are shown: the row too many says that there is more. */
  page<Row, Item>(
    rows: readonly Row[],
    limit: number,
    positionOf: (row: Row) => Position,
    show: (row: Row) => Item,
  ): Page<Item>;
  /** A page of all these rows, whose list has been read up to `end`: where a filter lets little pass, that is beyond them. */
  openPage<Row, Item>(
    rows: readonly Row[],
    read: { readonly end: Position; readonly hasMore: boolean },
    positionOf: (row: Row) => Position,
    show: (row: Row) => Item,
  ): OpenPage<Item>;
}

/** How to make the cursors of the items of a page. Only the edges of GraphQL need them, so nobody else makes any. */
const cursorsOfItems = new WeakMap<object, (index: number) => string>();

/** The cursor of one item of a page that `Cursor` made: passed as `after`, it reads on with the next one. */
export function cursorOfItem(page: Page<unknown>, index: number): string {
  const cursorAt = cursorsOfItems.get(page);
  if (cursorAt === undefined) throw new Error("a page was not made by the cursor of its list");
  return cursorAt(index);
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
  const remembered = <Row, Shown extends object>(
    rows: readonly Row[],
    positionOf: (row: Row) => Position,
    page: Shown,
  ): Shown => {
    cursorsOfItems.set(page, (index) => encode(positionOf(rows[index] as Row)));
    return page;
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
    page(rows, limit, positionOf, show) {
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return remembered(shown, positionOf, {
        items: shown.map((row) => show(row)),
        nextCursor: rows.length > limit && last !== undefined ? encode(positionOf(last)) : null,
      });
    },
    openPage: (rows, { end, hasMore }, positionOf, show) =>
      remembered(rows, positionOf, { items: rows.map((row) => show(row)), nextCursor: encode(end), hasMore }),
  };
}

const checksumLength = 12;

function checksum(list: string, json: string): string {
  return createHash("sha256").update(`${list}\n${json}`).digest("base64url").slice(0, checksumLength);
}
