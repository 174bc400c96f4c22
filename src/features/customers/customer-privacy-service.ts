/** What is known of a customer, in one piece, and its erasure. The data itself is with the features that keep it. */
import type { CustomerData, CustomerName } from "../../platform/customer-data.ts";
import { pseudonymOf } from "../../platform/customer-data.ts";
import {
  type Connection,
  type Database,
  withReadSnapshot,
  withTransaction,
} from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { recordChange } from "../audit/audit-service.ts";
import { lockEventsFirst } from "../events/event-customer-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import { hashCustomer } from "../ledger/promotion-counters.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { aliasesTo, lockMerges } from "./customer-alias-store.ts";
import { type CustomerErasure, type CustomerExport, mostRecords } from "./customer-schemas.ts";

export interface CustomerPrivacyService {
  /** Everything that is kept under the customer's id, as of one moment. */
  export(projectId: string, id: string): Promise<CustomerExport>;
  /**
   * Takes the customer out of everything, all or nothing. Books and counters stay: they know the pseudonym, under which
   * limits go on counting. Doing it again erases what came since.
   */
  erase(context: OperationContext, id: string): Promise<CustomerErasure>;
}

export function customerPrivacyService({
  database,
  projects,
  data,
}: {
  database: Database;
  projects: Pick<ProjectService, "identifierKey">;
  data: readonly CustomerData[];
}): CustomerPrivacyService {
  async function named(connection: Connection, projectId: string, id: string): Promise<CustomerName> {
    const key = await projects.identifierKey(connection, projectId);
    return { projectId, id, pseudonym: pseudonymOf(hashCustomer(key, id)) };
  }

  /** Under what ids there is something of them: their own, and those of the guests they were. */
  async function namesOf(connection: Connection, customer: CustomerName): Promise<CustomerName[]> {
    const aliases = await aliasesTo(connection, customer.projectId, customer.id);
    return [customer, ...aliases.map((id) => ({ ...customer, id }))];
  }

  return {
    export(projectId, id) {
      return withReadSnapshot(database, projectId, async (connection) => {
        const customer = await named(connection, projectId, id);
        const names = await namesOf(connection, customer);
        const records: CustomerExport["records"] = {};
        let isComplete = true;
        for (const { name, read } of data) {
          const found: Record<string, unknown>[] = [];
          for (const one of names) found.push(...(await read(connection, one, mostRecords + 1)));
          records[name] = found.slice(0, mostRecords);
          isComplete &&= found.length <= mostRecords;
        }
        return { customer: id, pseudonym: customer.pseudonym, records, isComplete };
      });
    },

    erase(context, id) {
      return withTransaction(database, context.projectId, async (connection) => {
        const customer = await named(connection, context.projectId, id);
        // Their ids stay the same; and a merge takes the locks that follow in another order.
        await lockMerges(connection, context.projectId);
        const names = await namesOf(connection, customer);
        // Whoever numbers events marks rows of the same customers: one after the other, or each waits for the other.
        await lockEventsFirst(connection, context.projectId);
        const erased: Record<string, number> = {};
        for (const { name, erase } of data)
          for (const one of names) erased[name] = (erased[name] ?? 0) + (await erase(connection, one));
        for (const { name, finish } of data)
          for (const one of names)
            erased[name] = (erased[name] ?? 0) + ((await finish?.(connection, one)) ?? 0);
        const { pseudonym } = customer;
        if (Object.values(erased).some((count) => count > 0)) {
          const told = newEvent("dealwright.customer.erased", pseudonym, { customer: pseudonym, erased });
          await recordEvents(connection, context.projectId, [told]);
        }
        await recordChange(connection, context, { id: pseudonym, before: null, after: { erased } });
        return { pseudonym, erased };
      });
    },
  };
}
