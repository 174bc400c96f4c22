import type { CustomerData } from "../../platform/customer-data.ts";
import { erasePrizeCustomer, mergePrizeCustomer, prizesOfCustomer } from "./prize-customer-store.ts";

export const prizeCustomerData: CustomerData = {
  name: "prizes",
  read: prizesOfCustomer,
  erase: erasePrizeCustomer,
  merge: mergePrizeCustomer,
  // Of a challenge that was being counted.
  finish: erasePrizeCustomer,
};
