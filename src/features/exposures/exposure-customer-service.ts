import type { CustomerData } from "../../platform/customer-data.ts";
import { eraseExposureCustomer, exposuresOfCustomer } from "./exposure-customer-store.ts";

export const exposureCustomerData: CustomerData = {
  name: "exposures",
  read: exposuresOfCustomer,
  erase: eraseExposureCustomer,
  // Exposures are written a moment after their requests.
  finish: eraseExposureCustomer,
};
