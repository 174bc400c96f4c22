/** Webhooks as their owners see them. Who delivers to them: webhook-dispatch-service.ts. */
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { OperationContext } from "../../platform/operation.ts";
import type { Outbound } from "../../platform/outbound-http.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import type { TargetFault } from "../../platform/public-address.ts";
import { recordChange } from "../audit/audit-service.ts";
import { cloudEventOf } from "../events/cloud-event.ts";
import { answerText, requestHeaders } from "./webhook-request.ts";
import { verdictOf } from "./webhook-schedule.ts";
import {
  mostWebhooks,
  type Webhook,
  type WebhookChange,
  type WebhookDelivery,
  type WebhookDeliveryQuery,
  type WebhookTest,
  type WebhookToCreate,
  type WebhookWithSecret,
} from "./webhook-schemas.ts";
import { hintOf, newWebhookSecret } from "./webhook-signature.ts";
import {
  countWebhooks,
  deleteWebhook,
  findWebhook,
  findWebhookSecrets,
  hurryDeliveries,
  insertWebhook,
  insertWebhookSecret,
  listDeliveries,
  listWebhooks,
  lockWebhook,
  lockWebhooks,
  replayDead,
  replayDelivery,
  retireWebhookSecrets,
  updateWebhook,
} from "./webhook-store.ts";
import type { WebhookDeliveryRow, WebhookRow, WebhookSecretRow } from "./webhook-tables.ts";

export interface WebhookService {
  create(context: OperationContext, request: WebhookToCreate): Promise<WebhookWithSecret>;
  list(projectId: string, page: { limit: number; after?: string | undefined }): Promise<Page<Webhook>>;
  webhook(projectId: string, id: string): Promise<Webhook>;
  change(context: OperationContext, id: string, change: WebhookChange): Promise<Webhook>;
  /** As it was. */
  remove(context: OperationContext, id: string): Promise<Webhook>;
  rotate(context: OperationContext, id: string, graceSeconds: number): Promise<WebhookWithSecret>;
  /** Sends an event of its own at once, and waits for the answer. */
  test(projectId: string, id: string): Promise<WebhookTest>;
  deliveries(projectId: string, id: string, query: WebhookDeliveryQuery): Promise<Page<WebhookDelivery>>;
  replay(projectId: string, id: string, eventId: string): Promise<WebhookDelivery>;
  /** All that are dead. */
  replayDead(projectId: string, id: string): Promise<{ replayed: number }>;
}

export interface WebhookServiceOptions {
  database: Database;
  clock: Clock;
  outbound: Outbound;
  /** There is, or may be, something to deliver. */
  wake: () => void;
}

const listCursor = cursorOf("webhooks", z.string());
const deliveryCursor = cursorOf("webhookDeliveries", z.int());
const replayedAtOnce = 5_000;
/** Of a test. Whoever asked for it gets its answer: requests are cut at nine seconds. */
const testMilliseconds = 5_000;

export function webhookService(options: WebhookServiceOptions): WebhookService {
  const { database, clock, outbound, wake } = options;
  const now = () => new Date(clock.now());

  async function requirePublic(url: string): Promise<void> {
    const fault = await outbound.faultOf(url);
    if (fault === null) return;
    throw problem("invalid-request", { errors: [{ path: "/url", code: fault, message: faultWords[fault] }] });
  }

  async function find(projectId: string, id: string): Promise<WebhookRow> {
    const row = await findWebhook(database.of(projectId), projectId, id);
    if (row === undefined) throw problem("webhook-not-found");
    return row;
  }

  async function lock(connection: Connection, projectId: string, id: string): Promise<WebhookRow> {
    const row = await lockWebhook(connection, projectId, id);
    if (row === undefined) throw problem("webhook-not-found");
    return row;
  }

  return {
    async create(context, { url, types, description, enabled }) {
      await requirePublic(url);
      const { projectId } = context;
      const createdAt = now();
      const secret = newWebhookSecret();
      const row: WebhookRow = {
        projectId,
        id: newId("whk", createdAt.getTime()),
        url,
        types,
        description: description ?? null,
        enabled,
        revision: 1,
        disabledReason: enabled ? null : "by_hand",
        failingSince: null,
        notBefore: null,
        runner: null,
        leaseUntil: null,
        servedAt: null,
        createdAt,
        updatedAt: createdAt,
      };
      const stored: WebhookSecretRow = { projectId, webhookId: row.id, secret, createdAt, expiresAt: null };
      await withTransaction(database, projectId, async (connection) => {
        await lockWebhooks(connection, projectId);
        if ((await countWebhooks(connection, projectId)) >= mostWebhooks) throw problem("too-many-webhooks");
        await insertWebhook(connection, row);
        await insertWebhookSecret(connection, stored);
        await recordChange(connection, context, {
          id: row.id,
          before: null,
          after: shownWebhook(row, [stored]),
        });
      });
      return { ...shownWebhook(row, [stored]), secret };
    },

    async list(projectId, { limit, after }) {
      const beforeId = listCursor.decode(after);
      const rows = await listWebhooks(database.of(projectId), projectId, { beforeId, limit: limit + 1 });
      const ids = rows.map(({ id }) => id);
      const secrets = await findWebhookSecrets(database.of(projectId), projectId, ids, now());
      const own = (id: string) => secrets.filter(({ webhookId }) => webhookId === id);
      return listCursor.page(
        rows,
        limit,
        ({ id }) => id,
        (row) => shownWebhook(row, own(row.id)),
      );
    },

    async webhook(projectId, id) {
      const row = await find(projectId, id);
      return shownWebhook(row, await findWebhookSecrets(database.of(projectId), projectId, [id], now()));
    },

    async change(context, id, { enabled, ...change }) {
      if (change.url !== undefined) await requirePublic(change.url);
      const { projectId } = context;
      const changed = await withTransaction(database, projectId, async (connection) => {
        const before = await lock(connection, projectId, id);
        const updatedAt = now();
        if (enabled === true) await hurryDeliveries(connection, projectId, id, updatedAt);
        const after = await updateWebhook(connection, projectId, id, {
          ...(change.url !== undefined && { url: change.url }),
          ...(change.types !== undefined && { types: change.types }),
          ...(change.description !== undefined && { description: change.description }),
          ...(enabled === true && { enabled, disabledReason: null, failingSince: null, notBefore: null }),
          ...(enabled === false && before.enabled && { enabled, disabledReason: "by_hand" as const }),
          updatedAt,
        });
        const secrets = await findWebhookSecrets(connection, projectId, [id], updatedAt);
        const shown = shownWebhook(after, secrets);
        await recordChange(connection, context, { id, before: shownWebhook(before, secrets), after: shown });
        return shown;
      });
      wake();
      return changed;
    },

    remove(context, id) {
      const { projectId } = context;
      return withTransaction(database, projectId, async (connection) => {
        const row = await lock(connection, projectId, id);
        const before = shownWebhook(row, await findWebhookSecrets(connection, projectId, [id], now()));
        await deleteWebhook(connection, projectId, id);
        await recordChange(connection, context, { id, before, after: null });
        return before;
      });
    },

    rotate(context, id, graceSeconds) {
      const secret = newWebhookSecret();
      const { projectId } = context;
      return withTransaction(database, projectId, async (connection) => {
        const row = await lock(connection, projectId, id);
        const createdAt = now();
        const liveAt = () => findWebhookSecrets(connection, projectId, [id], createdAt);
        const before = shownWebhook(row, await liveAt());
        const until = new Date(createdAt.getTime() + graceSeconds * 1_000);
        await retireWebhookSecrets(connection, projectId, id, until);
        await insertWebhookSecret(connection, {
          projectId,
          webhookId: id,
          secret,
          createdAt,
          expiresAt: null,
        });
        const changed = await updateWebhook(connection, projectId, id, { updatedAt: createdAt });
        const after = shownWebhook(changed, await liveAt());
        await recordChange(connection, context, { id, before, after });
        return { ...after, secret };
      });
    },

    async test(projectId, id) {
      const { url } = await find(projectId, id);
      const at = now();
      const secrets = await findWebhookSecrets(database.of(projectId), projectId, [id], at);
      const event = {
        projectId,
        id: newId("evt", at.getTime()),
        type: "dealwright.webhook.test",
        subject: id,
        data: { webhook: id },
        position: 0,
        createdAt: at,
      };
      const body = JSON.stringify(cloudEventOf(event));
      const signing = secrets.map(({ secret }) => secret);
      const headers = requestHeaders(signing, { id: event.id, now: at.getTime(), body });
      const { status, text, failure, milliseconds } = await outbound.post(url, headers, body, {
        mostMilliseconds: testMilliseconds,
      });
      return {
        delivered: verdictOf(status) === "delivered",
        responseStatus: status,
        durationMilliseconds: milliseconds,
        response: answerText(text),
        failure,
      };
    },

    async deliveries(projectId, id, { limit, after, status }) {
      await find(projectId, id);
      const before = deliveryCursor.decode(after);
      const rows = await listDeliveries(database.of(projectId), projectId, id, {
        status,
        before,
        limit: limit + 1,
      });
      return deliveryCursor.page(rows, limit, ({ position }) => position, shownDelivery);
    },

    async replay(projectId, id, eventId) {
      await find(projectId, id);
      const row = await replayDelivery(database.of(projectId), projectId, id, eventId, now());
      if (row === undefined) throw problem("webhook-delivery-not-found");
      wake();
      return shownDelivery(row);
    },

    async replayDead(projectId, id) {
      await find(projectId, id);
      let replayed = 0;
      let batch: number;
      do {
        batch = await replayDead(database.of(projectId), projectId, id, { now: now(), most: replayedAtOnce });
        replayed += batch;
      } while (batch === replayedAtOnce);
      wake();
      return { replayed };
    },
  };
}

const faultWords: Readonly<Record<TargetFault, string>> = {
  url_invalid: "This is no URL.",
  url_not_https: "Must begin with https://.",
  url_has_credentials: "A URL with a user name or password is not taken: requests are signed instead.",
  url_not_public: "The host is not on the public internet.",
};

function shownWebhook(row: WebhookRow, secrets: readonly WebhookSecretRow[]): Webhook {
  const { id, url, types, description, enabled, disabledReason, failingSince, createdAt, updatedAt } = row;
  return {
    id,
    url,
    types,
    description,
    enabled,
    disabledReason,
    failingSince: failingSince?.toISOString() ?? null,
    secrets: secrets.map((secret) => ({
      hint: hintOf(secret.secret),
      createdAt: secret.createdAt.toISOString(),
      expiresAt: secret.expiresAt?.toISOString() ?? null,
    })),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

function shownDelivery(row: WebhookDeliveryRow): WebhookDelivery {
  const { eventId, type, subject, status, attempts, dueAt, createdAt, attemptedAt } = row;
  const { responseStatus, durationMilliseconds, response, failure } = row;
  return {
    id: eventId,
    type,
    subject,
    status,
    attempts,
    dueAt: status === "pending" ? dueAt.toISOString() : null,
    createdAt: createdAt.toISOString(),
    attemptedAt: attemptedAt?.toISOString() ?? null,
    responseStatus,
    durationMilliseconds,
    response,
    failure,
  };
}
