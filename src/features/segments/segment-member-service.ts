/** Who is in a segment: of a list whoever was put there, one by one or as a stream. */
import type { Readable } from "node:stream";
import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import type { Clock } from "../../platform/clock.ts";
import { isErased } from "../../platform/customer-data.ts";
import { type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { type ProblemBody, type ProblemError, problem, problemBody } from "../../platform/problem.ts";
import { answerInBatches, type StreamRecord } from "../../platform/stream-records.ts";
import { mostErrorsReported, problemErrorsOf } from "../../platform/validation.ts";
import { customersMeant } from "../customers/customer-alias-service.ts";
import { recordEvents } from "../events/event-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { membershipEvents } from "./segment-event.ts";
import {
  bulkMember,
  type SegmentMember,
  type SegmentMembersChange,
  type SegmentMembersChanged,
} from "./segment-schemas.ts";
import {
  enter,
  findSegment,
  leave,
  listMembers,
  lockSegment,
  type MembershipChange,
  segmentSizes,
} from "./segment-store.ts";
import type { SegmentRow } from "./segment-tables.ts";

export interface SegmentMemberService {
  members(
    projectId: string,
    key: string,
    query: { limit: number; after?: string | undefined },
  ): Promise<Page<SegmentMember>>;
  change(
    context: OperationContext,
    key: string,
    change: SegmentMembersChange,
  ): Promise<SegmentMembersChanged>;
  /** Pieces of NDJSON, each with whole lines. */
  write(context: OperationContext, key: string, body: Readable): AsyncGenerator<string>;
}

const cursor = cursorOf("segmentMembers", z.string());
const linesPerBatch = 500;

interface Line {
  readonly line: number;
  readonly customer: string | null;
  readonly member: boolean;
  readonly errors: readonly ProblemError[] | null;
}

export function segmentMemberService({
  database,
  clock,
  projects,
}: {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "identifierKey">;
}): SegmentMemberService {
  function requireList(row: SegmentRow | undefined): SegmentRow {
    if (row === undefined) throw problem("segment-not-found");
    if (row.document.conditions !== undefined) throw problem("segment-by-conditions");
    return row;
  }

  /** What really changed, told as events in the same transaction. */
  function put(
    { projectId }: Pick<OperationContext, "projectId">,
    key: string,
    { add, remove }: { add: readonly string[]; remove: readonly string[] },
  ): Promise<{ row: SegmentRow; changes: MembershipChange[] }> {
    return withTransaction(database, projectId, async (connection) => {
      // One caller after the other: two who exchange the same members would wait for each other.
      const row = requireList(await lockSegment(connection, projectId, key));
      const { id: segmentId } = row;
      const meant = await customersMeant(connection, projectId, [...add, ...remove]);
      const changes = [
        ...(await leave(
          connection,
          projectId,
          { segmentIds: [segmentId], customerIds: remove.map(meant) },
          [],
        )),
        ...(await enter(
          connection,
          projectId,
          add.map((id) => ({ segmentId, customerId: meant(id) })),
          new Date(clock.now()),
        )),
      ];
      if (changes.length > 0) {
        const identifierKey = await projects.identifierKey(connection, projectId);
        const events = membershipEvents(changes, new Map([[segmentId, key]]), identifierKey);
        await recordEvents(connection, projectId, events);
      }
      return { row, changes };
    });
  }

  async function writeBatch(context: OperationContext, key: string, lines: readonly Line[]): Promise<string> {
    // Of one customer who is named twice the last word holds.
    const wanted = new Map(
      lines.flatMap(({ customer, member, errors }) =>
        errors === null && customer !== null ? [[customer, member] as const] : [],
      ),
    );
    const those = (isMember: boolean) =>
      [...wanted].flatMap(([customer, member]) => (member === isMember ? [customer] : []));
    await put(context, key, { add: those(true), remove: those(false) });
    return lines.map((line) => `${JSON.stringify(resultOf(line, context.requestId))}\n`).join("");
  }

  return {
    async members(projectId, key, { limit, after }) {
      const connection = database.of(projectId);
      const row = await findSegment(connection, projectId, key);
      if (row === undefined) throw problem("segment-not-found");
      const rows = await listMembers(connection, row, { after: cursor.decode(after), limit: limit + 1 });
      return cursor.page(
        rows,
        limit,
        ({ customerId }) => customerId,
        ({ customerId, since }) => ({ customer: customerId, since: since.toISOString() }),
      );
    },

    async change(context, key, { add = [], remove = [] }) {
      const errors = [...reserved(add, "/add"), ...reserved(remove, "/remove")].slice(0, mostErrorsReported);
      if (errors.length > 0) throw problem("invalid-request", { errors });
      const { row, changes } = await put(context, key, { add, remove });
      const sizes = await segmentSizes(database.of(context.projectId), context.projectId, [row.id]);
      const added = changes.filter(({ isIn }) => isIn).length;
      return { added, removed: changes.length - added, size: sizes.get(row.id) ?? 0 };
    },

    async *write(context, key, body) {
      requireList(await findSegment(database.of(context.projectId), context.projectId, key));
      const write = (batch: readonly Line[]) => writeBatch(context, key, batch);
      yield* answerInBatches(body, { lineOf, fullAt: linesPerBatch, write });
    },
  };
}

function reserved(ids: readonly string[], path: string): ProblemError[] {
  return ids.flatMap((id, index) => (isErased(id) ? [reservedId(`${path}/${index}`)] : []));
}

function reservedId(path: string): ProblemError {
  return { path, code: "id_reserved", message: "Ids that begin like this stand for erased customers." };
}

function lineOf({ line, value, fault }: StreamRecord<unknown>): Line {
  if (fault !== null) return { line, customer: null, member: false, errors: [{ path: "", ...fault }] };
  const parsed = bulkMember.safeParse(value, { reportInput: true });
  if (!parsed.success) {
    const { customer } = (value ?? {}) as { customer?: unknown };
    const stated = typeof customer === "string" ? customer.slice(0, limits.nameLength) : null;
    const errors = problemErrorsOf(parsed.error.issues).slice(0, mostErrorsReported);
    return { line, customer: stated, member: false, errors };
  }
  const { customer, member } = parsed.data;
  return { line, customer, member, errors: isErased(customer) ? [reservedId("/customer")] : null };
}

function resultOf({ line, customer, errors }: Line, requestId: string) {
  const result: { line: number; customer: string | null; status: string; problem?: ProblemBody } = {
    line,
    customer,
    status: errors === null ? "stored" : "refused",
  };
  if (errors !== null) result.problem = problemBody(problem("invalid-request", { errors }), requestId);
  return result;
}
