import type { CustomerData } from "../../platform/customer-data.ts";
import { erasePlayCustomer, mergePlayCustomer, playOfCustomer } from "./play-customer-store.ts";

export const playCustomerData: CustomerData = {
  name: "play",
  read: playOfCustomer,
  erase: erasePlayCustomer,
  merge: mergePlayCustomer,
};
