import type { CustomerData } from "../../platform/customer-data.ts";
import {
  erasePointsCustomer,
  pointsEntriesOfCustomer,
  pointsLotsOfCustomer,
  pointsOfCustomer,
  pointsSpendsOfCustomer,
} from "./points-customer-store.ts";
import { mergePoints } from "./points-merge-service.ts";

/** Under the hash of the customer, which knows nobody: nothing of them is to be erased but the accounts' owner. */
const erase = async () => 0;

export const pointsCustomerData: readonly CustomerData[] = [
  { name: "points", read: pointsOfCustomer, erase: erasePointsCustomer, merge: mergePoints },
  { name: "pointsEntries", read: pointsEntriesOfCustomer, erase },
  { name: "pointsLots", read: pointsLotsOfCustomer, erase },
  { name: "pointsSpends", read: pointsSpendsOfCustomer, erase },
];
