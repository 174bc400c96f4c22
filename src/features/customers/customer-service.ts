/** Customers as the shop tells of them. */
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import type { CustomerData } from "../../platform/customer-data.ts";
import { pseudonymOf } from "../../platform/customer-data.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import { hashCustomer } from "../ledger/promotion-counters.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { customersMeant } from "./customer-alias-service.ts";
import { faultsOf, mergedDocument, shownCustomer, tidied } from "./customer-document.ts";
import type { Customer, CustomerDocument, CustomerQuery } from "./customer-schemas.ts";
import {
  deleteCustomer,
  findCustomer,
  type IncomingCustomer,
  insertMissing,
  listCustomers,
  lockCustomer,
  lockCustomers,
  recordsOfCustomer,
  upsertCustomers,
} from "./customer-store.ts";
import type { CustomerRow } from "./customer-tables.ts";

export interface CustomerService {
  /** `ifMatch` empty: whatever is there, or nothing. */
  put(context: OperationContext, id: string, ifMatch: string, document: CustomerDocument): Promise<Customer>;
  customer(projectId: string, id: string): Promise<Customer>;
  list(projectId: string, query: CustomerQuery): Promise<Page<Customer>>;
  /** The ids of those that this changed. No two of them may have one id. */
  writeAll(projectId: string, incoming: readonly IncomingCustomer[]): Promise<ReadonlySet<string>>;
}

const listCursor = cursorOf("customers", z.string());

export function customerService({
  database,
  clock,
  projects,
}: {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "identifierKey">;
}): CustomerService {
  async function write(
    connection: Connection,
    projectId: string,
    incoming: readonly IncomingCustomer[],
  ): Promise<CustomerRow[]> {
    const rows = await upsertCustomers(connection, projectId, incoming, new Date(clock.now()));
    if (rows.length === 0) return rows;
    const key = await projects.identifierKey(connection, projectId);
    const events = rows.map(({ id, version }) =>
      newEvent("dealwright.customer.changed", pseudonymOf(hashCustomer(key, id)), { customer: id, version }),
    );
    await recordEvents(connection, projectId, events);
    return rows;
  }

  return {
    put({ projectId }, id, ifMatch, document) {
      const errors = faultsOf(id, document);
      if (errors.length > 0) throw problem("invalid-request", { errors });
      return withTransaction(database, projectId, async (connection) => {
        if (ifMatch !== "") {
          const standing = await lockCustomer(connection, projectId, id);
          if (standing === undefined || (ifMatch !== "*" && ifMatch !== String(standing.version)))
            throw problem("precondition-failed");
        }
        const [changed] = await write(connection, projectId, [{ id, document: tidied(document) }]);
        const row = changed ?? (await findCustomer(connection, projectId, id));
        if (row === undefined) throw new Error("a customer was neither written nor there");
        return shownCustomer(row);
      });
    },

    async customer(projectId, id) {
      const row = await findCustomer(database.of(projectId), projectId, id);
      if (row === undefined) throw problem("customer-not-found");
      return shownCustomer(row);
    },

    async list(projectId, { limit, after, ...filters }) {
      const rows = await listCustomers(database.of(projectId), projectId, filters, {
        after: listCursor.decode(after),
        limit: limit + 1,
      });
      return listCursor.page(rows, limit, ({ id }) => id, shownCustomer);
    },

    writeAll(projectId, incoming) {
      return withTransaction(database, projectId, async (connection) => {
        const meant = await customersMeant(
          connection,
          projectId,
          incoming.map(({ id }) => id),
        );
        const changed = new Set<string>();
        // Two lines may mean one customer: each says what it says, in order.
        for (const round of apart(incoming.map((one) => ({ ...one, id: meant(one.id) }))))
          for (const { id } of await write(connection, projectId, round)) changed.add(id);
        return new Set(incoming.flatMap(({ id }) => (changed.has(meant(id)) ? [id] : [])));
      });
    },
  };
}

/** For whoever finds customers of whom the shop has told nothing. */
export async function noteCustomers(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
  now: Date,
): Promise<void> {
  if (ids.length > 0) await insertMissing(connection, projectId, ids, now);
}

export const profileCustomerData: CustomerData = {
  name: "profiles",
  read: recordsOfCustomer,
  erase: deleteCustomer,
  async merge(connection, { projectId, guest, customer, now }) {
    const at = new Date(now);
    await insertMissing(connection, projectId, [customer.id], at);
    const rows = await lockCustomers(connection, projectId, [guest.id, customer.id]);
    const theirs = rows.get(guest.id);
    if (theirs === undefined) return 0;
    const document = mergedDocument(theirs, rows.get(customer.id)!);
    await upsertCustomers(connection, projectId, [{ id: customer.id, document }], at);
    return deleteCustomer(connection, { projectId, id: guest.id });
  },
};

/** In as few rounds as name nobody twice. */
function apart(incoming: readonly IncomingCustomer[]): IncomingCustomer[][] {
  const rounds: IncomingCustomer[][] = [];
  const mentions = new Map<string, number>();
  for (const one of incoming) {
    const round = mentions.get(one.id) ?? 0;
    mentions.set(one.id, round + 1);
    rounds[round] ??= [];
    rounds[round].push(one);
  }
  return rounds;
}
