import type { CustomerData } from "../../platform/customer-data.ts";
import { recordEvents } from "../events/event-service.ts";
import { eraseOrderCustomer, mergeOrderCustomer, ordersOfCustomer } from "./order-customer-store.ts";
import { movedOrderEvent } from "./order-event.ts";

export const orderCustomerData: CustomerData = {
  name: "orders",
  read: ordersOfCustomer,
  erase: eraseOrderCustomer,
  /** Told of each: what adds up orders learns whose they are. */
  async merge(connection, merge) {
    const moved = await mergeOrderCustomer(connection, merge);
    await recordEvents(connection, merge.projectId, moved.map(movedOrderEvent));
    return moved.length;
  },
};
