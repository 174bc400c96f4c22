import type { CustomerData } from "../../platform/customer-data.ts";
import { lockEvents } from "../events/event-customer-service.ts";
import { eraseResponses, responsesAboutCustomer } from "./webhook-customer-store.ts";

/** Before the events, which tell whom a receiver answered about. */
export const webhookCustomerData: CustomerData = {
  name: "webhookResponses",
  read: (connection, { projectId, id }, most) => responsesAboutCustomer(connection, projectId, id, most),
  async erase(connection, { projectId, id, pseudonym }) {
    await lockEvents(connection, projectId);
    // Of attempts that were under way at an earlier erasure.
    await eraseResponses(connection, projectId, pseudonym);
    return eraseResponses(connection, projectId, id);
  },
};
