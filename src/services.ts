import { apiKeyAuthenticator } from "./features/api-keys/api-key-authenticator.ts";
import { apiKeyService } from "./features/api-keys/api-key-service.ts";
import { auditExportService } from "./features/audit/audit-export-service.ts";
import { auditSealerService } from "./features/audit/audit-sealer-service.ts";
import { auditService } from "./features/audit/audit-service.ts";
import { couponClaimService } from "./features/coupons/coupon-claim-service.ts";
import { couponExportService } from "./features/coupons/coupon-export-service.ts";
import { couponGenerationService, pendingCodes } from "./features/coupons/coupon-generation-service.ts";
import { couponImportService } from "./features/coupons/coupon-import-service.ts";
import { couponPoolService } from "./features/coupons/coupon-pool-service.ts";
import { couponService } from "./features/coupons/coupon-service.ts";
import { catalogPriceService } from "./features/evaluations/catalog-price-service.ts";
import { evaluationService } from "./features/evaluations/evaluation-service.ts";
import { pricingService } from "./features/evaluations/pricing-service.ts";
import { factsService } from "./features/facts/facts-service.ts";
import { usageService } from "./features/facts/usage-service.ts";
import { jobService } from "./features/jobs/job-service.ts";
import { committerService } from "./features/ledger/committer-service.ts";
import { alarmService } from "./features/limits/alarm-service.ts";
import { wrongCodeService } from "./features/limits/wrong-code-service.ts";
import { marketService } from "./features/market/market-service.ts";
import { monthEndService } from "./features/month-end/month-end-service.ts";
import { offlineFlagService } from "./features/offline/offline-flag-service.ts";
import { offlineKeyService } from "./features/offline/offline-key-service.ts";
import { offlineRedemptionService } from "./features/offline/offline-redemption-service.ts";
import { offlineVoucherService } from "./features/offline/offline-voucher-service.ts";
import { orderBulkService } from "./features/orders/order-bulk-service.ts";
import { orderRedemptions, redemptionReturns } from "./features/orders/order-redemptions-service.ts";
import { orderService } from "./features/orders/order-service.ts";
import { orderSettlementService } from "./features/orders/order-settlement-service.ts";
import { orderWriteService } from "./features/orders/order-write-service.ts";
import { priceListScopes } from "./features/price-lists/price-list-service.ts";
import { projectService } from "./features/projects/project-service.ts";
import { safeguardService } from "./features/projects/safeguard-service.ts";
import { followPromotionDays, promotionDayService } from "./features/promotion-days/promotion-day-service.ts";
import { promotionApprovalService } from "./features/promotions/promotion-approval-service.ts";
import { promotionReviewService } from "./features/promotions/promotion-review-service.ts";
import { promotionService } from "./features/promotions/promotion-service.ts";
import { promotionTurnService } from "./features/promotions/promotion-turn-service.ts";
import { promotionZoneService } from "./features/promotions/promotion-zone-service.ts";
import { rulebookService } from "./features/promotions/rulebook-service.ts";
import { scheduledChangeService } from "./features/promotions/scheduled-change-service.ts";
import { quoteRedemptionService } from "./features/redemptions/quote-redemption-service.ts";
import { quoteService } from "./features/redemptions/quote-service.ts";
import { redemptionExpiryService } from "./features/redemptions/redemption-expiry-service.ts";
import { redemptionService } from "./features/redemptions/redemption-service.ts";
import { returnService } from "./features/redemptions/return-service.ts";
import { trackingService } from "./features/tracking/tracking-service.ts";
import {
  type EventDeliverySettings,
  eventDeliveryService,
} from "./features/webhooks/event-delivery-service.ts";
import type { Clock } from "./platform/clock.ts";
import type { Database } from "./platform/database.ts";
import { sharedCounts } from "./platform/exchanged-counts.ts";
import type { Listener } from "./platform/listen.ts";
import type { Log } from "./platform/log.ts";
import { createMetrics, type Metrics } from "./platform/metrics.ts";
import type { Outage } from "./platform/outage.ts";
import { automationServicesOf } from "./wiring/automations.ts";
import {
  campaignFollowers,
  campaignServices,
  campaignsInForce,
  countCampaignEvents,
} from "./wiring/campaigns.ts";
import { contractServices } from "./wiring/contracts.ts";
import { customerServicesOf, followSegmentEvents } from "./wiring/customers.ts";
import { dealerFollowers, dealerServices } from "./wiring/dealers.ts";
import { groupBuyingServices, groupCompleteness } from "./wiring/group-buying.ts";
import { growthFollowers, growthServices } from "./wiring/growth.ts";
import { launchCheckServices, launchGate } from "./wiring/launch-checks.ts";
import { loyaltyFollowers, loyaltyServices } from "./wiring/loyalty.ts";
import { isExperimentMet, measurementServices } from "./wiring/measurement.ts";
import { policyServices } from "./wiring/policies.ts";
import { priceListServices } from "./wiring/price-lists.ts";
import { simulationServices } from "./wiring/simulations.ts";
import { stockServices } from "./wiring/stock.ts";

/** The features, wired to each other. Nothing here touches the database yet. */
export function servicesOf({
  database,
  clock,
  log,
  metrics = createMetrics(),
  listener,
  rulebookPollMilliseconds: pollMilliseconds,
  jobPollMilliseconds,
  countsExchangeMilliseconds,
  delivery,
  outage,
  simulationThreads,
  trackedEventMonths = null,
}: {
  database: Database;
  clock: Clock;
  log: Log;
  metrics?: Metrics;
  listener?: Listener | undefined;
  rulebookPollMilliseconds?: number | undefined;
  jobPollMilliseconds?: number | undefined;
  countsExchangeMilliseconds?: number | undefined;
  delivery?: EventDeliverySettings | undefined;
  outage?: Outage | undefined;
  simulationThreads?: number | undefined;
  trackedEventMonths?: number | null | undefined;
}) {
  const authenticator = apiKeyAuthenticator({ database, clock, log, outage });
  const counts = sharedCounts({ database, clock, log, exchangeMilliseconds: countsExchangeMilliseconds });
  const projects = projectService(database, promotionZoneService({ clock }));
  const rulebooks = rulebookService({
    database,
    projects,
    campaigns: campaignsInForce,
    priceLists: priceListScopes,
    log,
    clock,
    outage,
    listener,
    pollMilliseconds,
  });
  const safeguards = safeguardService({ database, clock, reach: rulebooks.reach });
  const alarms = alarmService({ safeguards, counts, log });
  const wrongCodes = wrongCodeService({ counts, rulebooks, alarms });
  const committer = committerService({ database, log });
  const followers = [
    ...loyaltyFollowers({ clock }),
    ...growthFollowers({ projects, clock }),
    ...dealerFollowers({ clock, projects }),
    ...campaignFollowers,
    followPromotionDays,
  ];
  const eventDelivery = eventDeliveryService({ ...delivery, database, clock, log, listener, followers });
  committer.onPosted(eventDelivery.wake);
  const customers = customerServicesOf({ database, clock, log, projects });
  eventDelivery.onSequenced(customers.segmentUpkeep.wake);
  const measurement = measurementServices({ database, clock, log, projects });
  const { exposures, holdouts } = measurement;
  const growth = growthServices({ database, clock, log, projects, eventDelivery, wrongCodes, holdouts });
  const { segments } = customers;
  const automations = automationServicesOf({
    database,
    clock,
    log,
    projects,
    segments,
    eventDelivery,
    holdouts,
  });
  const gate = launchGate(clock);
  const promotions = promotionService({ database, clock, projects, rulebooks, gate, isExperimentMet });
  const usage = usageService({ database, clock, committer, log });
  const stock = stockServices({ database, clock, log, projects, listener });
  const promotionDays = promotionDayService({ database, clock, projects, log });
  const facts = factsService({
    database,
    turn: committer.turn,
    clock,
    usage,
    stock: stock.levels,
    promotionDays,
    wrongCodes,
    outage,
  });
  const pricing = pricingService({ log, metrics });
  const redeeming = {
    database,
    clock,
    rulebooks,
    facts,
    pricing,
    committer,
    wrongCodes,
    alarms,
    exposures,
    isGroupComplete: groupCompleteness(database),
  };
  const redemptions = redemptionService(redeeming);
  const returns = returnService({ database, rulebooks, committer });
  const orderSettlement = orderSettlementService({
    database,
    clock,
    log,
    redemptions: orderRedemptions(redemptions, returns),
  });
  const orderWriter = orderWriteService({ database, clock, settlement: orderSettlement });
  const evaluations = evaluationService({ database, clock, rulebooks, facts, pricing, exposures });
  const offlineKeys = offlineKeyService({ database, clock });
  const jobs = jobService({ database, clock, log, listener, pollMilliseconds: jobPollMilliseconds });
  const couponPools = couponPoolService({
    database,
    clock,
    pendingCodes: (connection, projectId, poolId) => pendingCodes(jobs, connection, projectId, poolId),
  });
  const campaigns = campaignServices({ database, clock, projects, eventDelivery, reach: rulebooks.reach });
  return {
    eventDelivery,
    ...customers,
    ...automations,
    audit: auditService({ database }),
    auditExports: auditExportService({ database }),
    monthEnd: monthEndService({ database }),
    auditSealer: auditSealerService({ database, log }),
    jobs,
    growth,
    contracts: contractServices({ database, clock, log, projects }),
    dealers: dealerServices({ database, clock, log, projects, eventDelivery }),
    tracking: trackingService({
      database,
      clock,
      followers: [followSegmentEvents, ...growth.trackingFollowers, automations.trackingFollower],
      count: countCampaignEvents,
      keepMonths: trackedEventMonths,
    }),
    couponPools,
    coupons: couponService({
      database,
      clock,
      projects,
      wrongCodes,
      rulebooks,
      evaluate: (context, cart) => evaluations.evaluate(context, cart),
    }),
    couponClaims: couponClaimService({ database, clock, projects, committer, rulebooks, exposures }),
    couponGeneration: couponGenerationService({ database, clock, projects, jobs }),
    couponImports: couponImportService({ database, clock, projects }),
    couponExports: couponExportService({ database, clock }),
    authenticator,
    apiKeys: apiKeyService({ database, clock, onChange: authenticator.forget }),
    projects,
    safeguards,
    counts,
    alarms,
    rulebooks,
    promotions,
    promotionApprovals: promotionApprovalService(database),
    scheduledChanges: scheduledChangeService({ database, clock, projects, promotions, log }),
    promotionTurns: promotionTurnService({ database, clock, log }),
    promotionReview: promotionReviewService({
      clock,
      rulebooks,
      poolExists: couponPools.exists,
      missingSegments: customers.segments.missing,
    }),
    evaluations,
    catalog: catalogPriceService({ clock, rulebooks, facts, pricing, exposures }),
    campaigns,
    policies: policyServices({
      database,
      clock,
      log,
      promotions,
      campaigns: campaigns.service,
      boards: campaigns.boards,
    }),
    priceLists: priceListServices({ database, clock, projects, reach: rulebooks.reach }),
    committer,
    usage,
    stock,
    market: marketService({ database, clock }),
    promotionDays,
    pricing,
    exposures,
    measurement,
    redemptions,
    quotes: quoteService({ database, clock, evaluations }),
    quoteRedemptions: quoteRedemptionService({ ...redeeming, evaluations, redemptions }),
    groupBuying: groupBuyingServices({ database, clock, log, rulebooks, redemptions, facts }),
    redemptionExpiry: redemptionExpiryService({ database, committer, log }),
    returns,
    orders: orderService({ database, clock, writer: orderWriter, returns: redemptionReturns(returns) }),
    orderBulk: orderBulkService(orderWriter),
    orderSettlement,
    offlineKeys,
    offlineVouchers: offlineVoucherService({
      database,
      clock,
      rulebooks,
      facts,
      committer,
      keys: offlineKeys,
    }),
    offlineRedemptions: offlineRedemptionService({ database, clock, rulebooks, committer }),
    offlineFlags: offlineFlagService({ database, clock }),
    launchChecks: launchCheckServices({
      database,
      clock,
      projects,
      rulebooks,
      webhooks: eventDelivery.webhooks,
    }),
    simulations: simulationServices({ database, clock, rulebooks, jobs, threads: simulationThreads }),
    loyalty: loyaltyServices({ database, clock, log, projects, eventDelivery }),
  };
}

export type Services = ReturnType<typeof servicesOf>;
