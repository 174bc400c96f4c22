import { type CustomerData, pseudonymOf } from "../../platform/customer-data.ts";
import { eraseRuns, mergeRuns, runsOfCustomer } from "./automation-customer-store.ts";
import { holdRound } from "./automation-planning-store.ts";
import { holdCustomer } from "./automation-run-store.ts";

/** First of all that is erased: nobody finds the customer again meanwhile, and no run of theirs is under way. */
export const automationCustomerData: CustomerData = {
  name: "automationRuns",
  read: runsOfCustomer,
  async erase(connection, customer) {
    const { projectId, pseudonym } = customer;
    await holdRound(connection, projectId);
    await holdCustomer(connection, projectId, pseudonym.slice(pseudonymOf("").length));
    return eraseRuns(connection, customer);
  },
  async merge(connection, merge) {
    await holdRound(connection, merge.projectId);
    // In one order, so that two merges of the same people wait in one direction only.
    for (const holder of [merge.guest.holder, merge.customer.holder].sort())
      await holdCustomer(connection, merge.projectId, holder);
    return mergeRuns(connection, merge);
  },
  /** What a request that was under way stored meanwhile. None of it has begun: the customer is still held. */
  finish: eraseRuns,
};
