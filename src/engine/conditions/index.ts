/** Every kind of condition, in the order of the documents. Adding one is adding its file and its line here. */
import type { ConditionKind } from "../kind.ts";
import { attribute } from "./attribute.ts";
import { birthday } from "./birthday.ts";
import { channel } from "./channel.ts";
import { consent } from "./consent.ts";
import { contract } from "./contract.ts";
import { country } from "./country.ts";
import { currency } from "./currency.ts";
import { customer } from "./customer.ts";
import { customerGroup } from "./customer-group.ts";
import { customerTag } from "./customer-tag.ts";
import { daysSinceOrder } from "./days-since-order.ts";
import { dealer } from "./dealer.ts";
import { distinct } from "./distinct.ts";
import { eventCount } from "./event-count.ts";
import { expression } from "./expression.ts";
import { firstOrder } from "./first-order.ts";
import { orderAmount } from "./order-amount.ts";
import { orderCount } from "./order-count.ts";
import { paymentMethod } from "./payment-method.ts";
import { quantity } from "./quantity.ts";
import { region } from "./region.ts";
import { rfm } from "./rfm.ts";
import { schedule } from "./schedule.ts";
import { segment } from "./segment.ts";
import { shippingAmount } from "./shipping-amount.ts";
import { store } from "./store.ts";
import { subtotal } from "./subtotal.ts";
import { tier } from "./tier.ts";

export const conditionKinds: readonly ConditionKind[] = [
  subtotal,
  quantity,
  distinct,
  shippingAmount,
  channel,
  store,
  region,
  country,
  paymentMethod,
  currency,
  dealer,
  customer,
  customerGroup,
  customerTag,
  segment,
  tier,
  firstOrder,
  orderCount,
  daysSinceOrder,
  orderAmount,
  eventCount,
  birthday,
  consent,
  contract,
  rfm,
  schedule,
  attribute,
  expression,
];
