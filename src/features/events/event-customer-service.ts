import type { CustomerData } from "../../platform/customer-data.ts";
import { eraseEventCustomer, eventsOfCustomer } from "./event-customer-store.ts";
import { lockSequencer } from "./event-store.ts";

export const eventCustomerData: CustomerData = {
  name: "events",
  read: eventsOfCustomer,
  async erase(connection, customer) {
    await lockSequencer(connection, customer.projectId);
    return eraseEventCustomer(connection, customer);
  },
};
