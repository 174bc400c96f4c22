import type { FastifyInstance } from "fastify";
import type { Config } from "./config.ts";
import { type ApiKeyAuthenticator, apiKeyAuthenticator } from "./features/api-keys/api-key-authenticator.ts";
import { apiKeyOperations } from "./features/api-keys/api-key-operations.ts";
import { type ApiKeyService, apiKeyService } from "./features/api-keys/api-key-service.ts";
import {
  type CatalogPriceService,
  catalogPriceService,
} from "./features/evaluations/catalog-price-service.ts";
import { evaluationOperations } from "./features/evaluations/evaluation-operations.ts";
import { type EvaluationService, evaluationService } from "./features/evaluations/evaluation-service.ts";
import { type OrderBulkService, orderBulkService } from "./features/orders/order-bulk-service.ts";
import { orderOperations, orderStreamOperations } from "./features/orders/order-operations.ts";
import { absentRedemptions } from "./features/orders/order-redemptions-service.ts";
import { type OrderService, orderService } from "./features/orders/order-service.ts";
import {
  type OrderSettlementService,
  orderSettlementService,
} from "./features/orders/order-settlement-service.ts";
import { orderWriteService } from "./features/orders/order-write-service.ts";
import { projectOperations } from "./features/projects/project-operations.ts";
import { type ProjectService, projectService } from "./features/projects/project-service.ts";
import { promotionOperations } from "./features/promotions/promotion-operations.ts";
import {
  type PromotionReviewService,
  promotionReviewService,
} from "./features/promotions/promotion-review-service.ts";
import { type PromotionService, promotionService } from "./features/promotions/promotion-service.ts";
import { type RulebookService, rulebookService } from "./features/promotions/rulebook-service.ts";
import type { Clock } from "./platform/clock.ts";
import type { Database } from "./platform/database.ts";
import { mountApiReference, mountGraphiql } from "./platform/documentation.ts";
import { mountGraphql } from "./platform/graphql.ts";
import { mountHealth, type ReadinessCheck } from "./platform/health.ts";
import type { Listener } from "./platform/listen.ts";
import type { Log } from "./platform/log.ts";
import { type OpenApiDocument, openApiDocument } from "./platform/openapi.ts";
import type { Operation } from "./platform/operation.ts";
import { mountRest } from "./platform/rest.ts";
import { createServer } from "./platform/server.ts";
import { mountStreams, type StreamOperation } from "./platform/stream-operation.ts";
import { compileInputs } from "./platform/validation.ts";

export interface AppOptions {
  config: Pick<Config, "environment" | "logLevel">;
  database: Database;
  clock: Clock;
  /** What must be there besides the database before traffic may come. */
  readiness?: readonly ReadinessCheck[];
  /** Tells of changes that other processes make; without it they are found by asking, once a second. */
  listener?: Listener;
  rulebookPollMilliseconds?: number;
}

/** The composition root: the process and the tests build the same app. It listens to nothing and migrates nothing. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { config, database, clock, readiness = [], listener, rulebookPollMilliseconds } = options;
  const isProduction = config.environment === "production";
  const app = createServer({ logLevel: config.logLevel });
  const services = servicesOf({ database, clock, log: app.log, listener, rulebookPollMilliseconds });
  const operations = operationsOf(services);
  const streams = streamOperationsOf(services);
  const validation = compileInputs(operations);

  mountHealth(app, [() => reachable(database), ...readiness]);
  mountRest(app, operations, validation, services.authenticator, streams);
  mountStreams(app, streams, services.authenticator);
  await mountGraphql(app, {
    operations,
    validation,
    authenticator: services.authenticator,
    showsSchema: !isProduction,
  });
  await mountApiReference(app, apiDocument(operations, streams));
  if (!isProduction) {
    mountGraphiql(app);
  }
  app.addHook("onClose", () => services.rulebooks.close());
  await services.rulebooks.start();
  return app;
}

export interface Services {
  authenticator: ApiKeyAuthenticator;
  apiKeys: ApiKeyService;
  projects: ProjectService;
  rulebooks: RulebookService;
  promotions: PromotionService;
  promotionReview: PromotionReviewService;
  evaluations: EvaluationService;
  catalog: CatalogPriceService;
  orders: OrderService;
  orderBulk: OrderBulkService;
  orderSettlement: OrderSettlementService;
}

/** The features, wired to each other. Nothing here touches the database yet. */
export function servicesOf({
  database,
  clock,
  log,
  listener,
  rulebookPollMilliseconds: pollMilliseconds,
}: {
  database: Database;
  clock: Clock;
  log: Log;
  listener?: Listener | undefined;
  rulebookPollMilliseconds?: number | undefined;
}): Services {
  const authenticator = apiKeyAuthenticator({ database, clock, log });
  const projects = projectService(database);
  const rulebooks = rulebookService({ database, projects, log, listener, pollMilliseconds });
  const orderSettlement = orderSettlementService({ database, clock, redemptions: absentRedemptions });
  const orderWriter = orderWriteService({ database, clock, settlement: orderSettlement });
  return {
    authenticator,
    apiKeys: apiKeyService({ database, clock, onChange: authenticator.forget }),
    projects,
    rulebooks,
    promotions: promotionService({ database, clock, projects, rulebooks }),
    promotionReview: promotionReviewService({ clock, rulebooks }),
    evaluations: evaluationService({ database, clock, rulebooks }),
    catalog: catalogPriceService({ clock, rulebooks }),
    orders: orderService({ database, clock, writer: orderWriter, returns: absentRedemptions.returnLines }),
    orderBulk: orderBulkService(orderWriter),
    orderSettlement,
  };
}

/** Every operation there is; the order is that of the documents generated from them. */
export function operationsOf(services: Services): Operation[] {
  const { projects, apiKeys, promotions, promotionReview, evaluations, catalog } = services;
  return [
    ...evaluationOperations(evaluations, catalog),
    ...promotionOperations(promotions, promotionReview),
    ...orderOperations(services.orders),
    ...projectOperations(projects),
    ...apiKeyOperations(apiKeys),
  ];
}

/** Those that read or answer a stream; over REST only. */
export function streamOperationsOf(services: Services): StreamOperation[] {
  return [...orderStreamOperations(services.orderBulk)];
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
  await database.pool.query("select 1");
}
