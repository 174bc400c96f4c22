import type { CustomerData } from "../../platform/customer-data.ts";
import {
  eraseTrackedCustomer,
  mergeTrackedCustomer,
  trackedEventsOfCustomer,
} from "./tracking-customer-store.ts";

export const trackingCustomerData: CustomerData = {
  name: "trackedEvents",
  read: trackedEventsOfCustomer,
  erase: eraseTrackedCustomer,
  merge: mergeTrackedCustomer,
};
