import type { CustomerData } from "../../platform/customer-data.ts";
import {
  contractsOfCustomer,
  eraseContractCustomer,
  mergeContractCustomer,
} from "./contract-customer-store.ts";

export const contractCustomerData: CustomerData = {
  name: "contracts",
  read: contractsOfCustomer,
  erase: eraseContractCustomer,
  merge: mergeContractCustomer,
};
