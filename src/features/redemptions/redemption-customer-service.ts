import type { CustomerData } from "../../platform/customer-data.ts";
import { mergeUses } from "../ledger/ledger-merge-service.ts";
import {
  eraseQuotes,
  eraseRedemptionCustomer,
  mergeQuotes,
  quotesOfCustomer,
  redemptionsOfCustomer,
} from "./redemption-customer-store.ts";

export const redemptionCustomerData: CustomerData = {
  name: "redemptions",
  read: redemptionsOfCustomer,
  erase: eraseRedemptionCustomer,
  merge: mergeUses,
};

export const quoteCustomerData: CustomerData = {
  name: "quotes",
  read: quotesOfCustomer,
  erase: eraseQuotes,
  merge: mergeQuotes,
};
