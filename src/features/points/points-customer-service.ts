import type { CustomerData } from "../../platform/customer-data.ts";
import { erasePointsCustomer, pointsOfCustomer } from "./points-customer-store.ts";

export const pointsCustomerData: CustomerData = {
  name: "points",
  read: pointsOfCustomer,
  erase: erasePointsCustomer,
};
