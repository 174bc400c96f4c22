import type { CustomerData } from "../../platform/customer-data.ts";
import { eraseEventCustomer, eventsOfCustomer } from "./event-customer-store.ts";
import { lockSequencer } from "./event-store.ts";

/** Until the transaction ends no event of the project is numbered or deleted. */
export const lockEvents = lockSequencer;

export const eventCustomerData: CustomerData = {
  name: "events",
  read: eventsOfCustomer,
  async erase(connection, customer) {
    await lockSequencer(connection, customer.projectId);
    return eraseEventCustomer(connection, customer);
  },
};
