import type { FastifyInstance } from "fastify";
import type { Config } from "./config.ts";
import { apiKeyOperations } from "./features/api-keys/api-key-operations.ts";
import { auditOperations, auditStreams } from "./features/audit/audit-operations.ts";
import { couponOperations, couponStreams } from "./features/coupons/coupon-operations.ts";
import { couponPoolOperations, couponPoolStreams } from "./features/coupons/coupon-pool-operations.ts";
import { evaluationOperations } from "./features/evaluations/evaluation-operations.ts";
import { eventOperations, eventStreams } from "./features/events/event-operations.ts";
import { jobOperations } from "./features/jobs/job-operations.ts";
import { marketOperations } from "./features/market/market-operations.ts";
import { monthEndStreams } from "./features/month-end/month-end-operations.ts";
import { offlineOperations } from "./features/offline/offline-operations.ts";
import { orderOperations, orderStreamOperations } from "./features/orders/order-operations.ts";
import { planningOperations } from "./features/planning/planning-operations.ts";
import { projectOperations } from "./features/projects/project-operations.ts";
import { safeguardOperations } from "./features/projects/safeguard-operations.ts";
import { promotionDayOperations } from "./features/promotion-days/promotion-day-operations.ts";
import { promotionApprovalOperations } from "./features/promotions/promotion-approval-operations.ts";
import { promotionCopyService } from "./features/promotions/promotion-copy-service.ts";
import { promotionOperations } from "./features/promotions/promotion-operations.ts";
import { quoteOperations } from "./features/redemptions/quote-operations.ts";
import { redemptionOperations } from "./features/redemptions/redemption-operations.ts";
import { returnOperations } from "./features/redemptions/return-operations.ts";
import { trackingOperations } from "./features/tracking/tracking-operations.ts";
import type { EventDeliverySettings } from "./features/webhooks/event-delivery-service.ts";
import { webhookOperations } from "./features/webhooks/webhook-operations.ts";
import { measureBacklogs, measureReading, measureRequests, measureServices } from "./measures.ts";
import type { Clock } from "./platform/clock.ts";
import { newCohort } from "./platform/cohort.ts";
import type { Database } from "./platform/database.ts";
import { type DatabaseShare, halfOf } from "./platform/database-share.ts";
import { mountApiReference, mountGraphiql } from "./platform/documentation.ts";
import { frontDoor } from "./platform/front-door.ts";
import { mountGraphql } from "./platform/graphql.ts";
import { readGraphqlDocuments } from "./platform/graphql-documents.ts";
import { mountHealth, type ReadinessCheck } from "./platform/health.ts";
import type { Listener } from "./platform/listen.ts";
import { createMetrics, type Metrics, mountMetrics } from "./platform/metrics.ts";
import { followRequests, type OpenRequestOptions } from "./platform/open-requests.ts";
import { type OpenApiDocument, openApiDocument } from "./platform/openapi.ts";
import type { Operation } from "./platform/operation.ts";
import { operationSchemas } from "./platform/operation-schemas.ts";
import { defaultOutage, type Outage } from "./platform/outage.ts";
import { type PressureOptions, pressure, tooMuchToDo } from "./platform/pressure.ts";
import { countedOperations, limitRequests, rateLimiter } from "./platform/rate-limit.ts";
import { refusalCounts } from "./platform/refusal-counts.ts";
import type { Replica } from "./platform/replica.ts";
import {
  operationsWithReplica,
  readBy,
  readsReplica,
  streamReadsReplica,
  streamsWithReplica,
} from "./platform/replica-reads.ts";
import { mountRest } from "./platform/rest.ts";
import { setSecurityHeaders } from "./platform/security-headers.ts";
import { createServer } from "./platform/server.ts";
import { mountStreams, type StreamOperation } from "./platform/stream-operation.ts";
import { traceRequests } from "./platform/tracing.ts";
import { compileInputs } from "./platform/validation.ts";
import { type Services, servicesOf } from "./services.ts";
import { automationOperationsOf } from "./wiring/automations.ts";
import { mountConsole } from "./wiring/console.ts";
import { customerOperationsOf, customerStreamsOf } from "./wiring/customers.ts";
import { growthOperations, growthStreams } from "./wiring/growth.ts";
import { loyaltyOperations, loyaltyStreams } from "./wiring/loyalty.ts";

export interface AppOptions {
  config: Pick<Config, "environment" | "logLevel"> &
    Partial<
      Pick<
        Config,
        | "metrics"
        | "graphqlDocuments"
        | "isTraced"
        | "trustedProxies"
        | "simulationThreads"
        | "trackedEventMonths"
      >
    > &
    EventDeliverySettings;
  database: Database;
  /** What lists, exports and reports may be read from. Closed by whoever opened it. */
  replica?: Replica;
  clock: Clock;
  /** The process's own; left out, the app has a registry without figures of the process. */
  metrics?: Metrics;
  /** What all processes of a machine tell together; left out, this one speaks for itself. */
  metricsOfAll?: () => Promise<string>;
  /** What must be there besides the database before traffic may come. */
  readiness?: readonly ReadinessCheck[];
  /** Tells of changes that other processes make; without it they are found by asking, once a second. */
  listener?: Listener;
  rulebookPollMilliseconds?: number;
  jobPollMilliseconds?: number;
  countsExchangeMilliseconds?: number;
  deadlines?: OpenRequestOptions & PressureOptions;
  /** Left out: nothing is kept on the disk. */
  outage?: Outage;
  /** The same database by connections of its own: what it says of locks is asked for when those of the pool wait for them. */
  beside?: Pick<Database, "outside">;
}

/** The composition root: the process and the tests build the same app. It listens to nothing and migrates nothing. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const {
    config,
    database,
    replica,
    clock,
    readiness = [],
    listener,
    rulebookPollMilliseconds,
    jobPollMilliseconds,
    countsExchangeMilliseconds,
    deadlines,
    metrics = createMetrics(),
    outage = defaultOutage,
    beside = database,
  } = options;
  const isProduction = config.environment === "production";
  const cohort = newCohort();
  const load = pressure(() => open(), cohort.waiting, deadlines);
  const refusals = refusalCounts();
  const times = config.metrics === "off" ? undefined : metrics.times;
  // Known once the operations are, and before anybody is listened to.
  const cartPaths = new Set<string>();
  const front = frontDoor({
    pressure: load,
    cartPaths,
    onRefused(path, seconds) {
      refusals.note(tooMuchToDo);
      times?.observe("POST", path, tooMuchToDo.status, seconds);
    },
  });
  const app = createServer({ ...config, ...deadlines, front });
  app.server.on("connection", load.noteConnection);
  setSecurityHeaders(app);
  if (config.isTraced) traceRequests(app);
  const open = followRequests(app, { ...deadlines, ...(times !== undefined && { times }) });
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
    outage,
    simulationThreads: config.simulationThreads,
    trackedEventMonths: config.trackedEventMonths,
  });
  const half = halfOf(database);
  // An export has its connection for as long as its client takes to read.
  const quarter = halfOf(half.database);
  const { operations, streams } = facesOf(services, { half, quarter }, replica, (readable) =>
    // Of these nothing is started: all they do is read when they are asked.
    servicesOf({ database: readable, clock, log: app.log }),
  );
  const limiter = rateLimiter(services.counts);
  const schemas = operationSchemas(operations);
  const validation = compileInputs(operations, schemas);

  for (const { isComputed, path } of operations) if (isComputed) cartPaths.add(path);
  const { gate, door } = load;
  app.noteProblem = refusals.note;
  measureServices(metrics, database, services);
  measureBacklogs(metrics, beside, services, app.log);
  measureReading(metrics, [half, quarter], replica);
  measureRequests(metrics, open, load, refusals);
  if ((config.metrics ?? "on") === "on")
    mountMetrics(app, options.metricsOfAll ?? (() => metrics.registry.metrics()));
  const { watch } = database;
  mountHealth(app, [() => reachable(database), ...readiness], () => {
    return watch.isAway() && watch.awayMilliseconds() <= outage.milliseconds;
  });
  limitRequests(app, limiter);
  mountRest(
    app,
    countedOperations(operations, limiter, 1),
    validation,
    services.authenticator,
    streams,
    gate,
    schemas,
    cohort,
  );
  mountStreams(app, streams, services.authenticator, undefined, gate);
  await mountGraphql(app, {
    operations: countedOperations(operations, limiter, 0),
    validation,
    authenticator: services.authenticator,
    showsSchema: !isProduction,
    gate,
    door,
    times: metrics.fieldTimes,
    schemas,
    cohort,
    documents:
      config.graphqlDocuments === undefined ? null : await readGraphqlDocuments(config.graphqlDocuments),
  });
  await mountApiReference(app, () => apiDocument(operations, streams));
  mountConsole(app);
  if (!isProduction) {
    mountGraphiql(app);
  }
  app.addHook("preClose", async () => {
    services.eventDelivery.endStreams();
    services.campaigns.endStreams();
  });
  app.addHook("onClose", async () => {
    await services.eventDelivery.close();
    await services.scheduledChanges.close();
    await services.promotionTurns.close();
    await services.auditSealer.close();
    await services.usage.close();
    await services.stock.close();
    await services.segmentUpkeep.close();
    await services.customerMerges.close();
    await services.automationRounds.close();
    await services.automationRetention.close();
    await services.jobs.close();
    await services.exposures.close();
    await services.redemptionExpiry.close();
    await services.groupBuying.close();
    await services.policies.close();
    await services.orderSettlement.close();
    await services.loyalty.close();
    await services.growth.close();
    await services.dealers.close();
    await services.contracts.rounds.close();
    await services.committer.close();
    await services.alarms.close();
    await services.counts.close();
    await services.rulebooks.close();
    await services.authenticator.close();
  });
  replica?.start();
  await watch.start();
  const listening = Promise.all([
    services.rulebooks.start(),
    services.jobs.start(),
    services.counts.start(listener),
    services.eventDelivery.start(),
    services.stock.start(),
  ]);
  await services.authenticator.start();
  services.auditSealer.start();
  services.scheduledChanges.start();
  services.promotionTurns.start();
  services.usage.start();
  services.segmentUpkeep.start();
  services.customerMerges.start();
  services.automationRounds.start();
  services.automationRetention.start();
  services.exposures.start();
  services.redemptionExpiry.start();
  services.groupBuying.start();
  services.policies.start();
  services.orderSettlement.start();
  services.loyalty.start();
  services.growth.start();
  services.dealers.start();
  services.contracts.rounds.start();
  // While the database is away there is nobody to listen to; that begins by itself when it is back.
  if (watch.isAway()) listening.catch((err: unknown) => app.log.error({ err }, "listening did not begin"));
  else await listening;
  return app;
}

/** What is asked and answered: by the services, lists and streams over parts of the connections, and by a replica where there is one. */
function facesOf(
  services: Services,
  { half, quarter }: Record<"half" | "quarter", DatabaseShare>,
  replica: Replica | undefined,
  readersOf: (database: Database) => Services,
): { operations: Operation[]; streams: StreamOperation[] } {
  const listing = operationsOf(readersOf(half.database));
  const streaming = streamOperationsOf(readersOf(quarter.database));
  const operations = readBy(listing, operationsOf(services), readsReplica);
  const streams = readBy(streaming, streamOperationsOf(services), streamReadsReplica);
  if (replica === undefined) return { operations, streams };
  const readers = readersOf(replica.database);
  return {
    operations: operationsWithReplica(operations, operationsOf(readers), replica),
    streams: streamsWithReplica(streams, streamOperationsOf(readers), replica),
  };
}

/** Every operation there is; the order is that of the documents generated from them. */
export function operationsOf(services: Services): Operation[] {
  const { projects, apiKeys, promotions, promotionReview, evaluations, catalog } = services;
  const operations = [
    ...evaluationOperations(evaluations, catalog),
    ...promotionOperations(promotions, promotionReview, promotionCopyService(promotions)),
    ...promotionApprovalOperations(services.promotionApprovals, services.scheduledChanges),
    ...redemptionOperations(services.redemptions, services.quoteRedemptions),
    ...quoteOperations(services.quotes),
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
    ...growthOperations(services.growth),
    ...webhookOperations(services.eventDelivery.webhooks),
    ...planningOperations(),
    ...marketOperations(services.market),
    ...services.simulations.operations,
    ...projectOperations(projects),
    ...safeguardOperations(services.safeguards),
    ...apiKeyOperations(apiKeys),
    ...customerOperationsOf(services),
    ...services.stock.operations,
    ...promotionDayOperations(services.promotionDays),
    ...services.dealers.operations,
    ...services.contracts.operations,
    ...services.priceLists.operations,
    ...automationOperationsOf(services),
    ...services.groupBuying.operations,
    ...services.campaigns.operations,
    ...services.policies.operations,
    ...services.measurement.operations,
    ...services.launchChecks.operations,
    ...auditOperations(services.audit),
  ];
  return services.meantForCustomers(operations);
}

/** Those that read or answer a stream; over REST only. */
export function streamOperationsOf(services: Services): StreamOperation[] {
  return [
    ...couponPoolStreams(services.couponExports, services.couponImports),
    ...couponStreams(services.coupons),
    ...orderStreamOperations(services.orderBulk),
    ...loyaltyStreams(services.loyalty),
    ...growthStreams(services.growth),
    ...customerStreamsOf(services),
    ...services.stock.streams,
    ...services.campaigns.streams,
    ...services.dealers.streams,
    ...services.priceLists.streams,
    ...eventStreams(services.eventDelivery.streams),
    ...auditStreams(services.auditExports),
    ...monthEndStreams(services.monthEnd),
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

async function reachable(database: Database): Promise<void> {
  await database.outside.execute("select 1");
}
