import type { CustomerData } from "../../platform/customer-data.ts";
import { eraseResponses, responsesAboutCustomer } from "./webhook-customer-store.ts";

/** After the events: it looks for those that bear the pseudonym already. */
export const webhookCustomerData: CustomerData = {
  name: "webhookResponses",
  read: responsesAboutCustomer,
  erase: eraseResponses,
};
