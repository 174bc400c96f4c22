import type { CustomerData } from "../../platform/customer-data.ts";
import { eraseOrderCustomer, ordersOfCustomer } from "./order-customer-store.ts";

export const orderCustomerData: CustomerData = {
  name: "orders",
  read: ordersOfCustomer,
  erase: eraseOrderCustomer,
};
