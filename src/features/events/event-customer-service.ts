import type { CustomerData } from "../../platform/customer-data.ts";
import { eraseEventCustomer, eventsOfCustomer } from "./event-customer-store.ts";
import { lockNumbering, lockSequencer } from "./event-store.ts";

export const lockEvents = lockSequencer;
/** For a transaction that locks rows of several features: before the first of them. */
export const lockEventsFirst = lockNumbering;

export const eventCustomerData: CustomerData = {
  name: "events",
  read: eventsOfCustomer,
  async erase(connection, customer) {
    await lockSequencer(connection, customer.projectId);
    return eraseEventCustomer(connection, customer);
  },
};
