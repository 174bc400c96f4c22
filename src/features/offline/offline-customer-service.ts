import type { CustomerData } from "../../platform/customer-data.ts";
import { eraseVoucherCustomer, mergeVoucherCustomer, vouchersOfCustomer } from "./offline-customer-store.ts";

export const voucherCustomerData: CustomerData = {
  name: "vouchers",
  read: vouchersOfCustomer,
  erase: eraseVoucherCustomer,
  merge: mergeVoucherCustomer,
};
