import type { CustomerData } from "../../platform/customer-data.ts";
import { eraseFromLists, listsOfCustomer, mergeInLists } from "./price-list-customer-store.ts";

export const priceListCustomerData: CustomerData = {
  name: "priceLists",
  read: listsOfCustomer,
  erase: eraseFromLists,
  merge: mergeInLists,
};
