import type { Readable } from "node:stream";
import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Database, withTransaction } from "../../platform/database.ts";
import { isKeepable } from "../../platform/instants.ts";
import type { OperationContext } from "../../platform/operation.ts";
import type { StreamAnswer, StreamBodyType } from "../../platform/stream-operation.ts";
import { type RecordFault, readCsv, readNdjson, type StreamRecord } from "../../platform/stream-records.ts";
import { isStorable } from "../../platform/text-safety.ts";
import { problemErrorsOf } from "../../platform/validation.ts";
import { recordChange } from "../audit/audit-service.ts";
import { customersMeant } from "../customers/customer-alias-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { type CodeForm, candidatesOf, storedCode } from "./code-form.ts";
import { mostUsesPerCode } from "./coupon-pool-schemas.ts";
import { existingPool, expiryOf, formOf } from "./coupon-pool-service.ts";
import { countCodes } from "./coupon-pool-store.ts";
import { importedCoupon } from "./coupon-schemas.ts";
import { findCoupons, insertCoupons, type NewCoupon } from "./coupon-store.ts";

export interface CouponImportService {
  /** Adds the coupons of a stream to the pool, batch by batch, and reports every one that it refuses. */
  import(
    context: OperationContext,
    key: string,
    body: Readable,
    contentType: StreamBodyType,
  ): Promise<StreamAnswer>;
}

export interface CouponImportOptions {
  database: Database;
  clock: Clock;
  projects: ProjectService;
}

const rowsPerBatch = 5_000;

/** A row of the report: which line, which code, why not. */
interface Refusal {
  readonly line: number;
  readonly code: string | null;
  readonly reason: string;
  readonly message: string;
}

interface Row extends NewCoupon {
  readonly line: number;
  readonly given: string;
}

export function couponImportService({ database, clock, projects }: CouponImportOptions): CouponImportService {
  return {
    async import(context, key, body, contentType) {
      const { projectId } = context;
      const pool = await existingPool(database.of(projectId), projectId, key);
      const form = formOf(pool);
      const now = clock.now();
      const defaults = {
        maxUses: pool.document.usesPerCode,
        expiresAt: expiryOf(pool, "issue", now, await projects.timezone(database.of(projectId), projectId)),
        now,
      };
      // Every coupon of this import bears this time: that is how a repeated code is told from one that was there.
      const origin = { projectId, poolId: pool.id, createdAt: new Date(now), folds: form.folds };

      async function store(rows: readonly Row[]): Promise<Refusal[]> {
        const first = new Map<string, Row>();
        const refusals: Refusal[] = [];
        for (const row of rows) {
          if (first.has(row.code)) refusals.push(refused(row, faults.code_repeated));
          else first.set(row.code, row);
        }
        const added = await withTransaction(database, projectId, async (connection) => {
          const named = [...first.values()];
          const meant = await customersMeant(
            connection,
            projectId,
            named.map(({ customerId }) => customerId),
          );
          const coupons = named.map((row) => ({
            ...row,
            customerId: row.customerId === null ? null : meant(row.customerId),
          }));
          const codes = await insertCoupons(connection, origin, coupons);
          await countCodes(connection, projectId, pool.id, codes.length);
          // A batch is a change of its own: what was stored before a connection broke is in the trail, too.
          if (codes.length > 0)
            await recordChange(connection, context, {
              id: key,
              before: null,
              after: { imported: codes.length },
            });
          return codes;
        });
        if (added.length < first.size) {
          for (const code of added) first.delete(code);
          const taken = await findCoupons(database.of(projectId), projectId, [...first.keys()]);
          const since = new Map(taken.map((row) => [row.code, row]));
          for (const row of first.values()) {
            const other = since.get(row.code);
            const isOfThisFile = other?.poolId === pool.id && other.createdAt.getTime() === now;
            refusals.push(refused(row, isOfThisFile ? faults.code_repeated : faults.code_exists));
          }
        }
        return refusals;
      }

      async function* report(): AsyncGenerator<string> {
        const summary = { accepted: 0, refused: 0 };
        let batch: Row[] = [];
        const settle = async (): Promise<string> => {
          const refusals = await store(batch);
          summary.accepted += batch.length - refusals.length;
          batch = [];
          return lines(refusals);
        };
        const lines = (refusals: readonly Refusal[]): string => {
          summary.refused += refusals.length;
          return refusals
            .toSorted((a, b) => a.line - b.line)
            .map((refusal) => `${JSON.stringify(refusal)}\n`)
            .join("");
        };
        const records: AsyncIterable<StreamRecord<unknown>> =
          contentType === "text/csv" ? readCsv(body) : readNdjson(body);
        for await (const { line, value, fault } of records) {
          const row =
            fault === null ? readRow(line, value, form, defaults) : { line, code: null, ...said(fault) };
          if ("reason" in row) yield lines([row]);
          else if (batch.push(row) === rowsPerBatch) yield await settle();
        }
        yield `${await settle()}${JSON.stringify({ summary })}\n`;
      }

      return { contentType: "application/x-ndjson", body: withoutEmpty(report()) };
    },
  };
}

const faults = {
  invalid_row: { code: "invalid_row", message: "" },
  code_missing: { code: "code_missing", message: "There is no code in it." },
  code_too_long: { code: "code_too_long", message: `A code has at most ${limits.codeLength} characters.` },
  code_characters: {
    code: "code_characters",
    message: "A code has letters, digits, dots and underscores; spaces and dashes do not count.",
  },
  code_repeated: { code: "code_repeated", message: "An earlier line has this code." },
  code_exists: { code: "code_exists", message: "The project has this code already." },
  expiry_invalid: { code: "expiry_invalid", message: "Not an RFC 3339 date and time with an offset." },
  not_usable: { code: "not_usable", message: "By its `status` it is not usable." },
  expiry_past: { code: "expiry_past", message: "It has expired already." },
  uses_invalid: { code: "uses_invalid", message: `A whole number from 1 to ${mostUsesPerCode}.` },
  customer_invalid: { code: "customer_invalid", message: `At most ${limits.nameLength} characters.` },
} as const satisfies Record<string, RecordFault>;

const codeCharacters = /^[\p{L}\p{N}\p{M}._]+$/u;
const dateTime = z.iso.datetime({ offset: true });
const wholeNumber = /^[1-9]\d{0,9}$/;

function readRow(
  line: number,
  value: unknown,
  form: CodeForm,
  defaults: { maxUses: number; expiresAt: Date | null; now: number },
): Row | Refusal {
  const parsed = importedCoupon.safeParse(named(value));
  if (!parsed.success) {
    const [error] = problemErrorsOf(parsed.error.issues);
    const message = `${error?.path.slice(1) || "row"}: ${error?.message ?? ""}`;
    return { line, code: null, reason: faults.invalid_row.code, message };
  }
  const { code: given, expiresAt: until, uses: made, usesLeft, status, customer } = parsed.data;
  const uses = usesLeft === undefined || usesLeft === "" ? made : usesLeft;
  const refuse = (fault: RecordFault): Refusal => refused({ line, given }, fault);
  if (given.length > limits.codeLength) return refuse(faults.code_too_long);
  const { stored: code, spelling } = storedCode(form, given);
  if (code === "") return refuse(faults.code_missing);
  if (!codeCharacters.test(code)) return refuse(faults.code_characters);
  if (status !== undefined && status !== "" && status !== "usable") return refuse(faults.not_usable);
  let { expiresAt, maxUses } = defaults;
  if (until !== undefined && until !== "") {
    if (!dateTime.safeParse(until).success || !isKeepable(until)) return refuse(faults.expiry_invalid);
    expiresAt = new Date(until);
  }
  if (expiresAt !== null && expiresAt.getTime() <= defaults.now) return refuse(faults.expiry_past);
  if (uses !== undefined && uses !== "") {
    if (!wholeNumber.test(String(uses)) || Number(uses) > mostUsesPerCode) return refuse(faults.uses_invalid);
    maxUses = Number(uses);
  }
  const customerId = customer === undefined || customer === "" ? null : customer;
  if (customerId !== null && (customerId.length > limits.nameLength || !isStorable(customerId)))
    return refuse(faults.customer_invalid);
  const lookAlike = candidatesOf(given).find((candidate) => candidate !== code) ?? null;
  return { line, given, code, spelling, lookAlike, maxUses, expiresAt, customerId };
}

const fieldNames = new Map(
  Object.keys(importedCoupon.shape).flatMap((name) => [
    [name.toLowerCase(), name],
    [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), name],
  ]),
);

/** Columns of a CSV come in lower case, and people write `expires_at` as well. */
function named(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      const known = fieldNames.get(name.toLowerCase());
      return known === undefined ? [name, field] : [known, field ?? ""];
    }),
  );
}

function refused({ line, given }: Pick<Row, "line" | "given">, fault: RecordFault): Refusal {
  return { line, code: given.slice(0, limits.codeLength), ...said(fault) };
}

function said({ code, message }: RecordFault): Pick<Refusal, "reason" | "message"> {
  return { reason: code, message };
}

async function* withoutEmpty(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const piece of pieces) if (piece !== "") yield piece;
}
