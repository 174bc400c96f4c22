import type { CustomerData } from "../../platform/customer-data.ts";
import { eraseEvaluationCustomer, evaluationsOfCustomer } from "./evaluation-customer-store.ts";

export const evaluationCustomerData: CustomerData = {
  name: "evaluations",
  read: evaluationsOfCustomer,
  erase: eraseEvaluationCustomer,
};
