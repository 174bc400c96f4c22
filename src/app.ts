import type { FastifyInstance } from "fastify";
import type { Config } from "./config.ts";
import { type ApiKeyAuthenticator, apiKeyAuthenticator } from "./features/api-keys/api-key-authenticator.ts";
import { apiKeyOperations } from "./features/api-keys/api-key-operations.ts";
import { type ApiKeyService, apiKeyService } from "./features/api-keys/api-key-service.ts";
import { type AuditExportService, auditExportService } from "./features/audit/audit-export-service.ts";
import { auditOperations, auditStreams } from "./features/audit/audit-operations.ts";
import { type AuditSealerService, auditSealerService } from "./features/audit/audit-sealer-service.ts";
import { type AuditService, auditService } from "./features/audit/audit-service.ts";
import { type CouponClaimService, couponClaimService } from "./features/coupons/coupon-claim-service.ts";
import { couponCustomerData } from "./features/coupons/coupon-customer-service.ts";
import { type CouponExportService, couponExportService } from "./features/coupons/coupon-export-service.ts";
import {
  type CouponGenerationService,
  couponGenerationService,
  pendingCodes,
} from "./features/coupons/coupon-generation-service.ts";
import { type CouponImportService, couponImportService } from "./features/coupons/coupon-import-service.ts";
import { couponOperations, couponStreams } from "./features/coupons/coupon-operations.ts";
import { couponPoolOperations, couponPoolStreams } from "./features/coupons/coupon-pool-operations.ts";
import { type CouponPoolService, couponPoolService } from "./features/coupons/coupon-pool-service.ts";
import { type CouponService, couponService } from "./features/coupons/coupon-service.ts";
import { customerOperations } from "./features/customers/customer-operations.ts";
import { type CustomerService, customerService } from "./features/customers/customer-service.ts";
import {
  type CatalogPriceService,
  catalogPriceService,
} from "./features/evaluations/catalog-price-service.ts";
import { evaluationCustomerData } from "./features/evaluations/evaluation-customer-service.ts";
import { evaluationOperations } from "./features/evaluations/evaluation-operations.ts";
import { type EvaluationService, evaluationService } from "./features/evaluations/evaluation-service.ts";
import { pricingService } from "./features/evaluations/pricing-service.ts";
import { factsService } from "./features/facts/facts-service.ts";
import { type UsageService, usageService } from "./features/facts/usage-service.ts";
import { jobOperations } from "./features/jobs/job-operations.ts";
import { type JobService, jobService } from "./features/jobs/job-service.ts";
import { type CommitterService, committerService } from "./features/ledger/committer-service.ts";
import { voucherCustomerData } from "./features/offline/offline-customer-service.ts";
import { type OfflineFlagService, offlineFlagService } from "./features/offline/offline-flag-service.ts";
import { type OfflineKeyService, offlineKeyService } from "./features/offline/offline-key-service.ts";
import { offlineOperations } from "./features/offline/offline-operations.ts";
import {
  type OfflineRedemptionService,
  offlineRedemptionService,
} from "./features/offline/offline-redemption-service.ts";
import {
  type OfflineVoucherService,
  offlineVoucherService,
} from "./features/offline/offline-voucher-service.ts";
import { type OrderBulkService, orderBulkService } from "./features/orders/order-bulk-service.ts";
import { orderCustomerData } from "./features/orders/order-customer-service.ts";
import { orderOperations, orderStreamOperations } from "./features/orders/order-operations.ts";
import { orderRedemptions, redemptionReturns } from "./features/orders/order-redemptions-service.ts";
import { type OrderService, orderService } from "./features/orders/order-service.ts";
import {
  type OrderSettlementService,
  orderSettlementService,
} from "./features/orders/order-settlement-service.ts";
import { orderWriteService } from "./features/orders/order-write-service.ts";
import { projectOperations } from "./features/projects/project-operations.ts";
import { type ProjectService, projectService } from "./features/projects/project-service.ts";
import { promotionApprovalOperations } from "./features/promotions/promotion-approval-operations.ts";
import {
  type PromotionApprovalService,
  promotionApprovalService,
} from "./features/promotions/promotion-approval-service.ts";
import { promotionOperations } from "./features/promotions/promotion-operations.ts";
import {
  type PromotionReviewService,
  promotionReviewService,
} from "./features/promotions/promotion-review-service.ts";
import { type PromotionService, promotionService } from "./features/promotions/promotion-service.ts";
import { type RulebookService, rulebookService } from "./features/promotions/rulebook-service.ts";
import {
  type ScheduledChangeService,
  scheduledChangeService,
} from "./features/promotions/scheduled-change-service.ts";
import { redemptionCustomerData } from "./features/redemptions/redemption-customer-service.ts";
import {
  type RedemptionExpiryService,
  redemptionExpiryService,
} from "./features/redemptions/redemption-expiry-service.ts";
import { redemptionOperations } from "./features/redemptions/redemption-operations.ts";
import { type RedemptionService, redemptionService } from "./features/redemptions/redemption-service.ts";
import { returnOperations } from "./features/redemptions/return-operations.ts";
import { type ReturnService, returnService } from "./features/redemptions/return-service.ts";
import type { Clock } from "./platform/clock.ts";
import type { Database } from "./platform/database.ts";
import { mountApiReference, mountGraphiql } from "./platform/documentation.ts";
import { mountGraphql } from "./platform/graphql.ts";
import { readGraphqlDocuments } from "./platform/graphql-documents.ts";
import { mountHealth, type ReadinessCheck } from "./platform/health.ts";
import type { Listener } from "./platform/listen.ts";
import type { Log } from "./platform/log.ts";
import { createMetrics, gaugeOf, type Metrics, measureRequests, mountMetrics } from "./platform/metrics.ts";
import { type OpenApiDocument, openApiDocument } from "./platform/openapi.ts";
import type { Operation } from "./platform/operation.ts";
import { mountRest } from "./platform/rest.ts";
import { createServer } from "./platform/server.ts";
import { mountStreams, type StreamOperation } from "./platform/stream-operation.ts";
import { compileInputs } from "./platform/validation.ts";

export interface AppOptions {
  config: Pick<Config, "environment" | "logLevel"> & Partial<Pick<Config, "metrics" | "graphqlDocuments">>;
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
    metrics = createMetrics(),
  } = options;
  const isProduction = config.environment === "production";
  const app = createServer({ logLevel: config.logLevel });
  if (config.metrics !== "off") measureRequests(app, metrics);
  const services = servicesOf({
    database,
    clock,
    log: app.log,
    metrics,
    listener,
    rulebookPollMilliseconds,
    jobPollMilliseconds,
  });
  const operations = operationsOf(services);
  const streams = streamOperationsOf(services);
  const validation = compileInputs(operations);

  measureServices(metrics, database, services);
  if ((config.metrics ?? "on") === "on") mountMetrics(app, metrics);
  mountHealth(app, [() => reachable(database), ...readiness]);
  mountRest(app, operations, validation, services.authenticator, streams);
  mountStreams(app, streams, services.authenticator);
  await mountGraphql(app, {
    operations,
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
  app.addHook("onClose", async () => {
    await services.scheduledChanges.close();
    await services.auditSealer.close();
    await services.usage.close();
    await services.jobs.close();
    await services.redemptionExpiry.close();
    await services.orderSettlement.close();
    await services.committer.close();
    await services.rulebooks.close();
  });
  await services.rulebooks.start();
  await services.jobs.start();
  services.auditSealer.start();
  services.scheduledChanges.start();
  services.usage.start();
  services.redemptionExpiry.start();
  services.orderSettlement.start();
  return app;
}

export interface Services {
  promotionApprovals: PromotionApprovalService;
  scheduledChanges: ScheduledChangeService;
  customers: CustomerService;
  audit: AuditService;
  auditExports: AuditExportService;
  auditSealer: AuditSealerService;
  jobs: JobService;
  couponPools: CouponPoolService;
  coupons: CouponService;
  couponClaims: CouponClaimService;
  couponGeneration: CouponGenerationService;
  couponImports: CouponImportService;
  couponExports: CouponExportService;
  authenticator: ApiKeyAuthenticator;
  apiKeys: ApiKeyService;
  projects: ProjectService;
  rulebooks: RulebookService;
  promotions: PromotionService;
  promotionReview: PromotionReviewService;
  evaluations: EvaluationService;
  catalog: CatalogPriceService;
  committer: CommitterService;
  usage: UsageService;
  redemptions: RedemptionService;
  redemptionExpiry: RedemptionExpiryService;
  returns: ReturnService;
  orders: OrderService;
  orderBulk: OrderBulkService;
  orderSettlement: OrderSettlementService;
  offlineKeys: OfflineKeyService;
  offlineVouchers: OfflineVoucherService;
  offlineRedemptions: OfflineRedemptionService;
  offlineFlags: OfflineFlagService;
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
}: {
  database: Database;
  clock: Clock;
  log: Log;
  metrics?: Metrics;
  listener?: Listener | undefined;
  rulebookPollMilliseconds?: number | undefined;
  jobPollMilliseconds?: number | undefined;
}): Services {
  const authenticator = apiKeyAuthenticator({ database, clock, log });
  const projects = projectService(database);
  const rulebooks = rulebookService({ database, projects, log, listener, pollMilliseconds });
  const committer = committerService({ database, log });
  const promotions = promotionService({ database, clock, projects, rulebooks });
  const usage = usageService({ database, committer, log });
  const facts = factsService({ database, usage });
  const pricing = pricingService({ log, metrics });
  const redemptions = redemptionService({ database, clock, rulebooks, facts, committer });
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
  return {
    customers: customerService({
      database,
      projects,
      data: [
        redemptionCustomerData,
        orderCustomerData,
        couponCustomerData,
        evaluationCustomerData,
        voucherCustomerData,
      ],
    }),
    audit: auditService({ database }),
    auditExports: auditExportService({ database }),
    auditSealer: auditSealerService({ database, log }),
    jobs,
    couponPools: couponPoolService({
      database,
      clock,
      pendingCodes: (connection, projectId, poolId) => pendingCodes(jobs, connection, projectId, poolId),
    }),
    coupons: couponService({
      database,
      clock,
      projects,
      evaluate: (context, cart) => evaluations.evaluate(context, cart),
    }),
    couponClaims: couponClaimService({ database, clock, projects, committer }),
    couponGeneration: couponGenerationService({ database, clock, projects, jobs }),
    couponImports: couponImportService({ database, clock, projects }),
    couponExports: couponExportService({ database, clock }),
    authenticator,
    apiKeys: apiKeyService({ database, clock, onChange: authenticator.forget }),
    projects,
    rulebooks,
    promotions,
    promotionApprovals: promotionApprovalService(database),
    scheduledChanges: scheduledChangeService({ database, clock, projects, promotions, log }),
    promotionReview: promotionReviewService({ clock, rulebooks }),
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
  };
}

/** Every operation there is; the order is that of the documents generated from them. */
export function operationsOf(services: Services): Operation[] {
  const { projects, apiKeys, promotions, promotionReview, evaluations, catalog } = services;
  return [
    ...evaluationOperations(evaluations, catalog),
    ...promotionOperations(promotions, promotionReview),
    ...promotionApprovalOperations(services.promotionApprovals, services.scheduledChanges),
    ...redemptionOperations(services.redemptions),
    ...returnOperations(services.returns),
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
    ...projectOperations(projects),
    ...apiKeyOperations(apiKeys),
    ...customerOperations(services.customers),
    ...auditOperations(services.audit),
  ];
}

/** Those that read or answer a stream; over REST only. */
export function streamOperationsOf(services: Services): StreamOperation[] {
  return [
    ...couponPoolStreams(services.couponExports, services.couponImports),
    ...couponStreams(services.coupons),
    ...orderStreamOperations(services.orderBulk),
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
function measureServices(
  metrics: Metrics,
  { pool }: Database,
  { committer, rulebooks }: Pick<Services, "committer" | "rulebooks">,
): void {
  gaugeOf(metrics, "database_connections", "Connections of the pool.", () => pool.totalCount);
  gaugeOf(
    metrics,
    "database_connections_in_use",
    "Connections that somebody works with.",
    () => pool.totalCount - pool.idleCount,
  );
  gaugeOf(metrics, "database_connections_waited_for", "Who waits for a connection.", () => pool.waitingCount);
  gaugeOf(metrics, "committer_waiting", "Commands that wait for their batch.", () => committer.waiting());
  gaugeOf(metrics, "rulebooks", "Projects whose rulebook is in memory.", () => rulebooks.inMemory().count);
  gaugeOf(
    metrics,
    "rulebook_age_seconds",
    "How long ago the rulebook that was longest not compared with the database was.",
    () => rulebooks.inMemory().oldestSeconds,
  );
}

async function reachable(database: Database): Promise<void> {
  await database.outside.execute("select 1");
}
