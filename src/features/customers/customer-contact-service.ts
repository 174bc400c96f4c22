/** What whoever writes to a customer has to know of them. */
import type { Connection } from "../../platform/database.ts";
import type { Customer } from "./customer-schemas.ts";
import { findCustomer } from "./customer-store.ts";

/** Nothing of somebody of whom the shop said nothing, or who was erased. */
export type Contact = Pick<Customer, "locale" | "consents">;

export async function contactOf(connection: Connection, projectId: string, id: string): Promise<Contact> {
  const document = (await findCustomer(connection, projectId, id))?.document;
  return { locale: document?.locale ?? null, consents: document?.consents ?? {} };
}
