/** The part of the composition root that is about customers. */
import { automationCustomerData } from "../features/automations/automation-customer-service.ts";
import { contractCustomerData } from "../features/contracts/contract-customer-service.ts";
import { couponCustomerData } from "../features/coupons/coupon-customer-service.ts";
import { aliasCustomerData, meantForCustomers } from "../features/customers/customer-alias-service.ts";
import { customerBulkService } from "../features/customers/customer-bulk-service.ts";
import { customerMergeService } from "../features/customers/customer-merge-service.ts";
import { customerOperations, customerStreams } from "../features/customers/customer-operations.ts";
import { customerOverviewService } from "../features/customers/customer-overview-service.ts";
import { customerPrivacyService } from "../features/customers/customer-privacy-service.ts";
import { customerService, profileCustomerData } from "../features/customers/customer-service.ts";
import { evaluationCustomerData } from "../features/evaluations/evaluation-customer-service.ts";
import { eventCustomerData } from "../features/events/event-customer-service.ts";
import { exposureCustomerData } from "../features/exposures/exposure-customer-service.ts";
import { voucherCustomerData } from "../features/offline/offline-customer-service.ts";
import { orderCustomerData } from "../features/orders/order-customer-service.ts";
import { playCustomerData } from "../features/play/play-customer-service.ts";
import { pointsCustomerData } from "../features/points/points-customer-service.ts";
import { priceListCustomerData } from "../features/price-lists/price-list-customer-service.ts";
import { prizeCustomerData } from "../features/prizes/prize-customer-service.ts";
import type { ProjectService } from "../features/projects/project-service.ts";
import {
  quoteCustomerData,
  redemptionCustomerData,
} from "../features/redemptions/redemption-customer-service.ts";
import { referralCustomerData } from "../features/referrals/referral-customer-service.ts";
import { rfmOperations } from "../features/segments/rfm-operations.ts";
import { rfmService } from "../features/segments/rfm-service.ts";
import { segmentMemberService } from "../features/segments/segment-member-service.ts";
import { segmentOperations, segmentStreams } from "../features/segments/segment-operations.ts";
import { segmentService } from "../features/segments/segment-service.ts";
import { segmentCustomerData, segmentUpkeepService } from "../features/segments/segment-upkeep-service.ts";
import { tierOperations } from "../features/tiers/tier-operations.ts";
import { tierService } from "../features/tiers/tier-service.ts";
import { tierCustomerData, tierUpkeepService } from "../features/tiers/tier-upkeep-service.ts";
import { trackingCustomerData } from "../features/tracking/tracking-customer-service.ts";
import { webhookCustomerData } from "../features/webhooks/webhook-customer-service.ts";
import type { Clock } from "../platform/clock.ts";
import type { CustomerData } from "../platform/customer-data.ts";
import type { Database } from "../platform/database.ts";
import type { Log } from "../platform/log.ts";
import type { Operation } from "../platform/operation.ts";
import type { StreamOperation } from "../platform/stream-operation.ts";

export { followSegmentEvents } from "../features/segments/segment-upkeep-service.ts";

/** Every feature's part of what is kept of a customer, in the order in which it is erased. */
const customerData: readonly CustomerData[] = [
  // First: whom automations reach, and then whatever adds up what customers do waits from here on.
  automationCustomerData,
  segmentCustomerData,
  tierCustomerData,
  profileCustomerData,
  redemptionCustomerData,
  orderCustomerData,
  contractCustomerData,
  couponCustomerData,
  // After the coupons, as a batch locks them.
  quoteCustomerData,
  ...pointsCustomerData,
  evaluationCustomerData,
  priceListCustomerData,
  voucherCustomerData,
  trackingCustomerData,
  exposureCustomerData,
  prizeCustomerData,
  referralCustomerData,
  playCustomerData,
  // Last, and in this order: events tell whom a receiver answered about.
  webhookCustomerData,
  eventCustomerData,
  aliasCustomerData,
];

/** Nothing that checkouts want is locked before the end. */
const takenByCheckouts: readonly CustomerData[] = [
  redemptionCustomerData,
  couponCustomerData,
  quoteCustomerData,
];
const mergedData: readonly CustomerData[] = [
  ...customerData.filter((data) => !takenByCheckouts.includes(data)),
  ...takenByCheckouts,
];

export function customerServicesOf(options: {
  database: Database;
  clock: Clock;
  log: Log;
  projects: ProjectService;
}) {
  const customers = customerService(options);
  const tierUpkeep = tierUpkeepService(options);
  const segmentUpkeep = segmentUpkeepService({ ...options, tiers: tierUpkeep });
  const wake = () => segmentUpkeep.wake(null);
  const segments = segmentService({ ...options, wake });
  return {
    segments,
    rfm: rfmService({ ...options, segments, wake }),
    segmentMembers: segmentMemberService(options),
    segmentUpkeep,
    tiers: tierService({ ...options, tiers: tierUpkeep, upkeep: segmentUpkeep }),
    customers,
    customerOverviews: customerOverviewService(options),
    customerBulk: customerBulkService(customers),
    customerMerges: customerMergeService({ ...options, data: mergedData }),
    meantForCustomers: (operations: readonly Operation[]) => meantForCustomers(operations, options.database),
    customerPrivacy: customerPrivacyService({ ...options, data: customerData }),
  };
}

export type CustomerServices = ReturnType<typeof customerServicesOf>;

export function customerOperationsOf(services: CustomerServices): Operation[] {
  return [
    ...customerOperations(
      services.customers,
      services.customerOverviews,
      services.customerPrivacy,
      services.customerMerges,
    ),
    ...segmentOperations(services.segments, services.segmentMembers),
    ...rfmOperations(services.rfm),
    ...tierOperations(services.tiers),
  ];
}

export function customerStreamsOf({ customerBulk, segmentMembers }: CustomerServices): StreamOperation[] {
  return [...customerStreams(customerBulk), ...segmentStreams(segmentMembers)];
}
