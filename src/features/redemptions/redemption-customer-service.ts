import type { CustomerData } from "../../platform/customer-data.ts";
import { eraseRedemptionCustomer, redemptionsOfCustomer } from "./redemption-customer-store.ts";

export const redemptionCustomerData: CustomerData = {
  name: "redemptions",
  read: redemptionsOfCustomer,
  erase: eraseRedemptionCustomer,
};
