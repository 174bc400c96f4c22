import type { CustomerData } from "../../platform/customer-data.ts";
import { erasePrizeCustomer, prizesOfCustomer } from "./prize-customer-store.ts";

export const prizeCustomerData: CustomerData = {
  name: "prizes",
  read: prizesOfCustomer,
  erase: erasePrizeCustomer,
};
