import { isDeepStrictEqual } from "node:util";
import { Temporal } from "temporal-polyfill";
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { recordChange } from "../audit/audit-service.ts";
import { type CodeForm, checkDigit, codeForm, guessBits, mostCodes } from "./code-form.ts";
import {
  type CouponPool,
  type CouponPoolDocument,
  type CouponPoolQuery,
  couponPoolDocument,
} from "./coupon-pool-schemas.ts";
import { findPool, insertPool, listPools, lockPool, updatePool } from "./coupon-pool-store.ts";
import type { CouponPoolRow } from "./coupon-tables.ts";

export interface CouponPoolService {
  create(context: OperationContext, document: CouponPoolDocument): Promise<CouponPool>;
  update(
    context: OperationContext,
    key: string,
    ifMatch: string,
    document: CouponPoolDocument,
  ): Promise<CouponPool>;
  pool(projectId: string, key: string): Promise<CouponPool>;
  exists(projectId: string, key: string): Promise<boolean>;
  list(projectId: string, query: CouponPoolQuery): Promise<Page<CouponPool>>;
}

export interface CouponPoolServiceOptions {
  database: Database;
  clock: Clock;
  /** Codes of the pool that are still being made. */
  pendingCodes: (connection: Connection, projectId: string, poolId: string) => Promise<number>;
}

const cursor = cursorOf("couponPools", z.string());

export function couponPoolService({
  database,
  clock,
  pendingCodes,
}: CouponPoolServiceOptions): CouponPoolService {
  return {
    create(context, document) {
      const { projectId } = context;
      requireSound(document, clock.now());
      const at = new Date(clock.now());
      return withTransaction(database, projectId, async (connection) => {
        const row = await insertPool(connection, {
          projectId,
          id: newId("cpl", clock.now()),
          key: document.key,
          version: 1,
          document,
          codes: 0,
          createdAt: at,
          updatedAt: at,
        });
        if (row === undefined) {
          const errors = [{ path: "/key", code: "key_taken", message: "Another pool has this key." }];
          throw problem("coupon-pool-key-taken", { errors });
        }
        await recordChange(connection, context, { id: row.key, before: null, after: row.document });
        return shown(row);
      });
    },

    update(context, key, ifMatch, document) {
      const { projectId } = context;
      return withTransaction(database, projectId, async (connection) => {
        const row = await lockPool(connection, projectId, { key });
        if (row === undefined) throw problem("coupon-pool-not-found");
        if (ifMatch !== "*" && ifMatch !== String(row.version)) throw problem("precondition-failed");
        requireSound(document, clock.now(), row.document);
        if (document.key !== key) throw invalid("/key", "key_immutable", "The key of a pool never changes.");
        const changed = changedForm(row.document, document);
        if (changed !== undefined && row.codes + (await pendingCodes(connection, projectId, row.id)) > 0)
          throw invalid(`/${changed}`, "form_fixed", "The pool has codes of this form.");
        const updatedAt = new Date(clock.now());
        const version = row.version + 1;
        const after = await updatePool(connection, { ...row, version, document, updatedAt });
        await recordChange(connection, context, { id: key, before: row.document, after: after.document });
        return shown(after);
      });
    },

    async pool(projectId, key) {
      return shown(await existingPool(database.of(projectId), projectId, key));
    },

    async exists(projectId, key) {
      return (await findPool(database.of(projectId), projectId, { key })) !== undefined;
    },

    async list(projectId, { limit, after, q }) {
      const beforeId = cursor.decode(after);
      const rows = await listPools(database.of(projectId), projectId, { q, beforeId, limit: limit + 1 });
      return cursor.page(rows, limit, ({ id }) => id, shown);
    },
  };
}

export async function existingPool(
  connection: Connection,
  projectId: string,
  key: string,
): Promise<CouponPoolRow> {
  const row = await findPool(connection, projectId, { key });
  if (row === undefined) throw problem("coupon-pool-not-found");
  return row;
}

export function formOf({ document }: Pick<CouponPoolRow, "document">): CodeForm {
  return codeForm(couponPoolDocument.parse(document));
}

/** When a code stops being valid that is made (or claimed, if that is what counts) at `now`. */
export function expiryOf(
  { document }: Pick<CouponPoolRow, "document">,
  event: "issue" | "claim",
  now: number,
  timezone: string,
): Date | null {
  const { expiresAt, validFor, validSince = "issue" } = document;
  const fixed = expiresAt === undefined ? null : new Date(expiresAt);
  return validFor === undefined || validSince !== event ? fixed : endOf(validFor, now, timezone);
}

const lastYear = 9_999;

/** Such as P30D from now; null beyond all calendars, and where a date would need a year of five digits. */
export function endOf(validFor: string, now: number, timezone: string): Date | null {
  const start = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timezone);
  try {
    const end = start.add(Temporal.Duration.from(validFor)).withTimeZone("UTC");
    return end.year > lastYear ? null : new Date(end.epochMilliseconds);
  } catch {
    return null;
  }
}

/** The fields a code's look follows from; those of codes that exist must not change. */
const formFields = ["alphabet", "length", "pattern", "prefix", "checkCharacter"] as const;

function changedForm(before: CouponPoolDocument, after: CouponPoolDocument) {
  return formFields.find((field) => !isDeepStrictEqual(before[field], after[field]));
}

function requireSound(document: CouponPoolDocument, now: number, before?: CouponPoolDocument): void {
  const { alphabet, length, pattern, expiresAt, validFor, validSince, checkCharacter } = document;
  if (new Set(alphabet).size < alphabet.length)
    throw invalid("/alphabet", "duplicate_character", "Every character once.");
  if (pattern !== undefined && length !== undefined)
    throw invalid("/pattern", "bounds_contradict", "Give `length` or `pattern`, not both.");
  if (pattern?.includes("#") === false)
    throw invalid("/pattern", "nothing_drawn", "A # stands for a drawn character.");
  if (expiresAt !== undefined && validFor !== undefined)
    throw invalid("/validFor", "bounds_contradict", "Give `expiresAt` or `validFor`, not both.");
  if (validSince !== undefined && validFor === undefined)
    throw invalid("/validSince", "bounds_contradict", "It says what `validFor` counts from.");
  if (validFor !== undefined && endOf(validFor, now, "UTC") === null)
    throw invalid("/validFor", "too_big", "It ends beyond all calendars.");
  if (expiresAt !== undefined && expiresAt !== before?.expiresAt && Date.parse(expiresAt) <= now)
    throw invalid("/expiresAt", "in_the_past", "Must be in the future.");
  const form = codeForm(document);
  if (mostCodes(form) < 1) {
    const least =
      Math.ceil(guessBits / Math.log2(alphabet.length)) + (pattern !== undefined && checkCharacter ? 1 : 0);
    const path = pattern === undefined ? "/length" : "/pattern";
    const message = `Of this alphabet ${least} characters at least, and more for more codes.`;
    throw problem("guessable-codes", { errors: [{ path, code: "too_short", message }] });
  }
}

function invalid(path: string, code: string, message: string) {
  return problem("invalid-request", { errors: [{ path, code, message }] });
}

function shown(row: CouponPoolRow): CouponPool {
  const { id, version, codes, createdAt, updatedAt } = row;
  const document = couponPoolDocument.parse(row.document);
  const form = codeForm(document);
  return {
    ...document,
    id,
    version,
    example: exampleOf(form),
    foldsLookAlikes: form.folds,
    codes,
    mostCodes: Math.min(mostCodes(form), Number.MAX_SAFE_INTEGER),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

/** Counts through the alphabet: nobody takes it for a code that was drawn. */
function exampleOf({ alphabet, randomLength, hasCheck, printed }: CodeForm): string {
  const digits = Array.from({ length: randomLength }, (_, index) => index % alphabet.length);
  if (hasCheck) digits.push(checkDigit(digits, alphabet.length));
  let place = 0;
  return printed.map((text) => text ?? alphabet.charAt(digits[place++]!)).join("");
}
