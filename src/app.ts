import type { FastifyInstance } from "fastify";
import type { Config } from "./config.ts";
import { apiKeyAuthenticator } from "./features/api-keys/api-key-authenticator.ts";
import { apiKeyOperations } from "./features/api-keys/api-key-operations.ts";
import { apiKeyService } from "./features/api-keys/api-key-service.ts";
import { auditExportService } from "./features/audit/audit-export-service.ts";
import { auditOperations, auditStreams } from "./features/audit/audit-operations.ts";
import { auditSealerService } from "./features/audit/audit-sealer-service.ts";
import { auditService } from "./features/audit/audit-service.ts";
import { couponClaimService } from "./features/coupons/coupon-claim-service.ts";
import { couponExportService } from "./features/coupons/coupon-export-service.ts";
import { couponGenerationService, pendingCodes } from "./features/coupons/coupon-generation-service.ts";
import { couponImportService } from "./features/coupons/coupon-import-service.ts";
import { couponOperations, couponStreams } from "./features/coupons/coupon-operations.ts";
import { couponPoolOperations, couponPoolStreams } from "./features/coupons/coupon-pool-operations.ts";
import { couponPoolService } from "./features/coupons/coupon-pool-service.ts";
import { couponService } from "./features/coupons/coupon-service.ts";
import { catalogPriceService } from "./features/evaluations/catalog-price-service.ts";
import { evaluationOperations } from "./features/evaluations/evaluation-operations.ts";
import { evaluationService } from "./features/evaluations/evaluation-service.ts";
import { pricingService } from "./features/evaluations/pricing-service.ts";
import { eventOperations, eventStreams } from "./features/events/event-operations.ts";
import { factsService } from "./features/facts/facts-service.ts";
import { usageService } from "./features/facts/usage-service.ts";
import { jobOperations } from "./features/jobs/job-operations.ts";
import { jobService } from "./features/jobs/job-service.ts";
import { committerService } from "./features/ledger/committer-service.ts";
import { alarmService } from "./features/limits/alarm-service.ts";
import { wrongCodeService } from "./features/limits/wrong-code-service.ts";
import { offlineFlagService } from "./features/offline/offline-flag-service.ts";
import { offlineKeyService } from "./features/offline/offline-key-service.ts";
import { offlineOperations } from "./features/offline/offline-operations.ts";
import { offlineRedemptionService } from "./features/offline/offline-redemption-service.ts";
import { offlineVoucherService } from "./features/offline/offline-voucher-service.ts";
import { orderBulkService } from "./features/orders/order-bulk-service.ts";
import { orderOperations, orderStreamOperations } from "./features/orders/order-operations.ts";
import { orderRedemptions, redemptionReturns } from "./features/orders/order-redemptions-service.ts";
import { orderService } from "./features/orders/order-service.ts";
import { orderSettlementService } from "./features/orders/order-settlement-service.ts";
import { orderWriteService } from "./features/orders/order-write-service.ts";
import { projectOperations } from "./features/projects/project-operations.ts";
import { projectService } from "./features/projects/project-service.ts";
import { safeguardOperations } from "./features/projects/safeguard-operations.ts";
import { safeguardService } from "./features/projects/safeguard-service.ts";
import { promotionApprovalOperations } from "./features/promotions/promotion-approval-operations.ts";
import { promotionApprovalService } from "./features/promotions/promotion-approval-service.ts";
import { promotionCopyService } from "./features/promotions/promotion-copy-service.ts";
import { promotionOperations } from "./features/promotions/promotion-operations.ts";
import { promotionReviewService } from "./features/promotions/promotion-review-service.ts";
import { promotionService } from "./features/promotions/promotion-service.ts";
import { rulebookService } from "./features/promotions/rulebook-service.ts";
import { scheduledChangeService } from "./features/promotions/scheduled-change-service.ts";
import { redemptionExpiryService } from "./features/redemptions/redemption-expiry-service.ts";
import { redemptionOperations } from "./features/redemptions/redemption-operations.ts";
import { redemptionService } from "./features/redemptions/redemption-service.ts";
import { returnOperations } from "./features/redemptions/return-operations.ts";
import { returnService } from "./features/redemptions/return-service.ts";
import { trackingOperations } from "./features/tracking/tracking-operations.ts";
import { trackingService } from "./features/tracking/tracking-service.ts";
import {
  type EventDeliverySettings,
  eventDeliveryService,
} from "./features/webhooks/event-delivery-service.ts";
import { webhookOperations } from "./features/webhooks/webhook-operations.ts";
import { followRedemptions, loyaltyOperations, loyaltyServices } from "./loyalty.ts";
import type { Clock } from "./platform/clock.ts";
import type { Database } from "./platform/database.ts";
import { mountApiReference, mountGraphiql } from "./platform/documentation.ts";
import { sharedCounts } from "./platform/exchanged-counts.ts";
import { mountGraphql } from "./platform/graphql.ts";
import { readGraphqlDocuments } from "./platform/graphql-documents.ts";
import { mountHealth, type ReadinessCheck } from "./platform/health.ts";
import type { Listener } from "./platform/listen.ts";
import type { Log } from "./platform/log.ts";
import { createMetrics, gaugeOf, type Metrics, measurePool, mountMetrics } from "./platform/metrics.ts";
import { followRequests, type OpenRequestOptions } from "./platform/open-requests.ts";
import { type OpenApiDocument, openApiDocument } from "./platform/openapi.ts";
import type { Operation } from "./platform/operation.ts";
import { countedOperations, limitRequests, rateLimiter } from "./platform/rate-limit.ts";
import { mountRest } from "./platform/rest.ts";
import { setSecurityHeaders } from "./platform/security-headers.ts";
import { createServer } from "./platform/server.ts";
import { mountStreams, type StreamOperation } from "./platform/stream-operation.ts";
import { compileInputs } from "./platform/validation.ts";
import { customerOperationsOf, customerServicesOf, customerStreamsOf } from "./wiring-customers.ts";

export interface AppOptions {
  config: Pick<Config, "environment" | "logLevel"> &
    Partial<Pick<Config, "metrics" | "graphqlDocuments" | "trustedProxies">> &
    EventDeliverySettings;
  database: Database;
  clock: Clock;
  /** The process's own; left out, the app has a registry without figures of the process. */
  metrics?: Metrics;
  /** What must be there besides the database before traffic may come. */
  readiness?: readonly ReadinessCheck[];
  /** Tells of changes that other processes make; without it they are found by asking, once a second. */
  listener?: Listener;
  rulebookPollMilliseconds?: number;
  jobPollMilliseconds?: number;
  countsExchangeMilliseconds?: number;
  deadlines?: OpenRequestOptions;
}

/** The composition root: the process and the tests build the same app. It listens to nothing and migrates nothing. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const {
    config,
    database,
    clock,
    readiness = [],
    listener,
    rulebookPollMilliseconds,
    jobPollMilliseconds,
    countsExchangeMilliseconds,
    deadlines,
    metrics = createMetrics(),
  } = options;
  const isProduction = config.environment === "production";
  const app = createServer({ ...config, ...deadlines });
  setSecurityHeaders(app);
  followRequests(app, { ...deadlines, ...(config.metrics !== "off" && { times: metrics.times }) });
  const services = servicesOf({
    database,
    clock,
    log: app.log,
    metrics,
    listener,
    rulebookPollMilliseconds,
    jobPollMilliseconds,
    countsExchangeMilliseconds,
    delivery: config,
  });
  const operations = operationsOf(services);
  const streams = streamOperationsOf(services);
  const limiter = rateLimiter(services.counts);
  const validation = compileInputs(operations);

  measureServices(metrics, database, services);
  if ((config.metrics ?? "on") === "on") mountMetrics(app, metrics);
  mountHealth(app, [() => reachable(database), ...readiness]);
  limitRequests(app, limiter);
  mountRest(app, countedOperations(operations, limiter, 1), validation, services.authenticator, streams);
  mountStreams(app, streams, services.authenticator);
  await mountGraphql(app, {
    operations: countedOperations(operations, limiter, 0),
    validation,
    authenticator: services.authenticator,
    showsSchema: !isProduction,
    documents:
      config.graphqlDocuments === undefined ? null : await readGraphqlDocuments(config.graphqlDocuments),
  });
  await mountApiReference(app, apiDocument(operations, streams));
  if (!isProduction) {
    mountGraphiql(app);
  }
  app.addHook("preClose", async () => services.eventDelivery.endStreams());
  app.addHook("onClose", async () => {
    await services.eventDelivery.close();
    await services.scheduledChanges.close();
    await services.auditSealer.close();
    await services.usage.close();
    await services.segmentUpkeep.close();
    await services.jobs.close();
    await services.redemptionExpiry.close();
    await services.orderSettlement.close();
    await services.loyalty.close();
    await services.committer.close();
    await services.alarms.close();
    await services.counts.close();
    await services.rulebooks.close();
  });
  await services.rulebooks.start();
  await services.jobs.start();
  services.auditSealer.start();
  services.scheduledChanges.start();
  await services.counts.start(listener);
  await services.eventDelivery.start();
  services.usage.start();
  services.segmentUpkeep.start();
  services.redemptionExpiry.start();
  services.orderSettlement.start();
  services.loyalty.start();
  return app;
}

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
}) {
  const authenticator = apiKeyAuthenticator({ database, clock, log });
  const counts = sharedCounts({ database, clock, log, exchangeMilliseconds: countsExchangeMilliseconds });
  const projects = projectService(database);
  const rulebooks = rulebookService({ database, projects, log, listener, pollMilliseconds });
  const safeguards = safeguardService({ database, clock, reach: rulebooks.reach });
  const alarms = alarmService({ safeguards, counts, log });
  const wrongCodes = wrongCodeService({ counts, rulebooks, alarms });
  const committer = committerService({ database, log });
  const followers = [followRedemptions];
  const eventDelivery = eventDeliveryService({ ...delivery, database, clock, log, listener, followers });
  committer.onPosted(eventDelivery.wake);
  const customers = customerServicesOf({ database, clock, log, projects });
  eventDelivery.onSequenced(customers.segmentUpkeep.wake);
  const promotions = promotionService({ database, clock, projects, rulebooks });
  const usage = usageService({ database, committer, log });
  const facts = factsService({ database, usage, wrongCodes });
  const pricing = pricingService({ log, metrics });
  const redemptions = redemptionService({
    database,
    clock,
    rulebooks,
    facts,
    pricing,
    committer,
    wrongCodes,
    alarms,
  });
  const returns = returnService({ database, rulebooks, committer });
  const orderSettlement = orderSettlementService({
    database,
    clock,
    log,
    redemptions: orderRedemptions(redemptions, returns),
  });
  const orderWriter = orderWriteService({ database, clock, settlement: orderSettlement });
  const evaluations = evaluationService({ database, clock, rulebooks, facts, pricing });
  const offlineKeys = offlineKeyService({ database, clock });
  const jobs = jobService({ database, clock, log, listener, pollMilliseconds: jobPollMilliseconds });
  const couponPools = couponPoolService({
    database,
    clock,
    pendingCodes: (connection, projectId, poolId) => pendingCodes(jobs, connection, projectId, poolId),
  });
  return {
    eventDelivery,
    ...customers,
    audit: auditService({ database }),
    auditExports: auditExportService({ database }),
    auditSealer: auditSealerService({ database, log }),
    jobs,
    tracking: trackingService({ database, clock }),
    couponPools,
    coupons: couponService({
      database,
      clock,
      projects,
      wrongCodes,
      rulebooks,
      evaluate: (context, cart) => evaluations.evaluate(context, cart),
    }),
    couponClaims: couponClaimService({ database, clock, projects, committer }),
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
    promotionReview: promotionReviewService({
      clock,
      rulebooks,
      poolExists: couponPools.exists,
      missingSegments: customers.segments.missing,
    }),
    evaluations,
    catalog: catalogPriceService({ clock, rulebooks, facts, pricing }),
    committer,
    usage,
    redemptions,
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
    loyalty: loyaltyServices({ database, clock, log, projects, eventDelivery }),
  };
}

export type Services = ReturnType<typeof servicesOf>;

/** Every operation there is; the order is that of the documents generated from them. */
export function operationsOf(services: Services): Operation[] {
  const { projects, apiKeys, promotions, promotionReview, evaluations, catalog } = services;
  return [
    ...evaluationOperations(evaluations, catalog),
    ...promotionOperations(promotions, promotionReview, promotionCopyService(promotions)),
    ...promotionApprovalOperations(services.promotionApprovals, services.scheduledChanges),
    ...redemptionOperations(services.redemptions),
    ...returnOperations(services.returns),
    ...loyaltyOperations(services.loyalty),
    ...offlineOperations({
      keys: services.offlineKeys,
      vouchers: services.offlineVouchers,
      redemptions: services.offlineRedemptions,
      flags: services.offlineFlags,
    }),
    ...orderOperations(services.orders),
    ...couponPoolOperations(services.couponPools, services.couponGeneration),
    ...couponOperations(services.coupons, services.couponClaims),
    ...jobOperations(services.jobs),
    ...eventOperations(services.eventDelivery.events),
    ...trackingOperations(services.tracking),
    ...webhookOperations(services.eventDelivery.webhooks),
    ...projectOperations(projects),
    ...safeguardOperations(services.safeguards),
    ...apiKeyOperations(apiKeys),
    ...customerOperationsOf(services),
    ...auditOperations(services.audit),
  ];
}

/** Those that read or answer a stream; over REST only. */
export function streamOperationsOf(services: Services): StreamOperation[] {
  return [
    ...couponPoolStreams(services.couponExports, services.couponImports),
    ...couponStreams(services.coupons),
    ...orderStreamOperations(services.orderBulk),
    ...customerStreamsOf(services),
    ...eventStreams(services.eventDelivery.streams),
    ...auditStreams(services.auditExports),
  ];
}

export function apiDocument(
  operations: readonly Operation[],
  streams: readonly StreamOperation[],
): OpenApiDocument {
  const info = {
    title: "Dealwright",
    version: "1",
    description: "A headless promotion engine: the best price, exact to the cent, with reasons.",
  };
  return openApiDocument(operations, info, streams);
}

/** What the parts of this process have at hand when Prometheus asks. */
function measureServices(metrics: Metrics, { pool }: Database, { committer, rulebooks }: Services): void {
  measurePool(metrics, pool);
  gaugeOf(metrics, "committer_waiting", "Commands that wait for their batch.", () => committer.waiting());
  gaugeOf(metrics, "rulebooks", "Projects whose rulebook is in memory.", () => rulebooks.inMemory().count);
  const help = "How long ago the rulebook that was longest not compared with the database was.";
  gaugeOf(metrics, "rulebook_age_seconds", help, () => rulebooks.inMemory().oldestSeconds);
}

async function reachable(database: Database): Promise<void> {
  await database.outside.execute("select 1");
}
