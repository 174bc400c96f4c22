import type { CustomerData } from "../../platform/customer-data.ts";
import {
  eraseQuotes,
  eraseRedemptionCustomer,
  quotesOfCustomer,
  redemptionsOfCustomer,
} from "./redemption-customer-store.ts";

export const redemptionCustomerData: CustomerData = {
  name: "redemptions",
  read: redemptionsOfCustomer,
  erase: eraseRedemptionCustomer,
};

export const quoteCustomerData: CustomerData = { name: "quotes", read: quotesOfCustomer, erase: eraseQuotes };
