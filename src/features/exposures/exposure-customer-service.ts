import type { CustomerData } from "../../platform/customer-data.ts";
import { eraseExposureCustomer, exposuresOfCustomer, mergeExposures } from "./exposure-customer-store.ts";

export const exposureCustomerData: CustomerData = {
  name: "exposures",
  read: exposuresOfCustomer,
  erase: eraseExposureCustomer,
  merge: mergeExposures,
  // Exposures are written a moment after their requests.
  finish: eraseExposureCustomer,
};
