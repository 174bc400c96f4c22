/**
 * Delivers events to webhooks. A webhook is served by one process at a time, which has a lease of it; so what comes one after
 * another is sent one after another, and whatever a process leaves behind when it dies is taken up when its lease is over. Each
 * webhook is served beside the others: a slow one holds up nobody but itself.
 *
 * At least once: an event whose answer nobody noted is sent again, with the same `webhook-id`.
 */
import { repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import type { Outbound } from "../../platform/outbound-http.ts";
import { cloudEventOf } from "../events/cloud-event.ts";
import type { FanOut } from "../events/event-sequencer-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import {
  type Attempt,
  type DueDelivery,
  disableWebhook,
  dueDeliveries,
  leaseSeconds,
  noteDelivered,
  noteFailed,
  postponeFollowers,
  releaseWebhook,
  type ServedWebhook,
  takeWebhook,
  type WebhookBacklog,
  type WebhookName,
  webhookBacklog,
  webhooksToServe,
} from "./webhook-dispatch-store.ts";
import { answerText, requestHeaders } from "./webhook-request.ts";
import {
  failingMilliseconds,
  nextAttemptAt,
  restUntil,
  retryAfterOf,
  verdictOf,
} from "./webhook-schedule.ts";
import { deleteDeliveries, insertDeliveries } from "./webhook-store.ts";

const pollMilliseconds = 1_000;
const servedAtOnce = 64;
const sentAtOnce = 8;
const dueAtOnce = 64;
/** Nothing new is begun after so long. With the ten seconds of a last attempt it stays well within a lease. */
const roundMilliseconds = 10_000;

export interface WebhookDispatchService {
  /** For the sequencer: queues the events that it numbers, and forgets those that are deleted. */
  readonly fanOut: FanOut;
  onDeleted(connection: Connection, projectId: string, through: number): Promise<void>;
  /** Delivers until nothing is due any more that this process may deliver. */
  deliverDue(): Promise<void>;
  /** What came of all attempts so far. */
  attempts(): (readonly [labels: { readonly outcome: string }, count: number])[];
  /** Events that no attempt is made for any more, by this process: the receiver never took them. */
  died(): number;
  backlog(): Promise<WebhookBacklog>;
  wake(): void;
  start(): void;
  /** Waits for the attempts that are under way. */
  close(): Promise<void>;
}

export interface WebhookDispatchOptions {
  database: Database;
  clock: Clock;
  log: Log;
  outbound: Outbound;
  /** In [0, 1). */
  random?: () => number;
  /** How long nobody else takes a webhook whose process may be dead. */
  leaseSeconds?: number;
}

export function webhookDispatchService(options: WebhookDispatchOptions): WebhookDispatchService {
  const { database, clock, log, outbound, random = Math.random } = options;
  const seconds = options.leaseSeconds ?? leaseSeconds;
  const serving = new Map<string, Promise<void>>();
  const outcomes = { delivered: 0, failed: 0 };
  let died = 0;

  /** Takes up what is due, as far as there are hands. */
  async function look(): Promise<void> {
    const now = new Date(clock.now());
    const names = await webhooksToServe(database.outside, { now, most: servedAtOnce });
    for (const name of names) {
      if (background.signal.aborted || serving.size >= servedAtOnce) return;
      if (!serving.has(name.id)) serving.set(name.id, serveBeside(name));
    }
  }

  async function serveBeside(name: WebhookName): Promise<void> {
    try {
      await serve(name);
      // There may be more to do for it by now, or for one that found no hands.
      background.wake();
    } catch (error) {
      log.warn({ err: error, webhookId: name.id }, "a webhook could not be served; tried again later");
    } finally {
      serving.delete(name.id);
    }
  }

  async function serve(name: WebhookName): Promise<void> {
    const take = { runner: newId("run"), now: new Date(clock.now()), seconds };
    const connection = database.of(name.projectId);
    const webhook = await takeWebhook(connection, name, take);
    if (webhook === undefined) return;
    const endsAt = performance.now() + Math.min(roundMilliseconds, (seconds * 1_000) / 3);
    const isOver = () => background.signal.aborted || performance.now() > endsAt;
    try {
      while (!isOver()) {
        const due = { now: new Date(clock.now()), most: dueAtOnce };
        const deliveries = await dueDeliveries(connection, webhook, due);
        if (deliveries.length === 0) {
          await postponeFollowers(connection, webhook, due.now);
          break;
        }
        if (!(await deliverAll(webhook, deliveries, isOver))) break;
      }
    } finally {
      await releaseWebhook(connection, webhook);
    }
  }

  /** Side by side, as they are of different subjects. False once nothing more should be sent in this round. */
  async function deliverAll(
    webhook: ServedWebhook,
    deliveries: readonly DueDelivery[],
    isOver: () => boolean,
  ): Promise<boolean> {
    const waiting = deliveries.values();
    let goesOn = true;
    const hand = async () => {
      for (const delivery of waiting) {
        if (!goesOn || isOver()) return;
        goesOn = (await deliver(webhook, delivery)) && goesOn;
      }
    };
    // One that has failed last is asked once, not eight times at once.
    await Promise.all(Array.from({ length: webhook.isFailing ? 1 : sentAtOnce }, hand));
    return goesOn;
  }

  /** False: nothing more should be sent for now. */
  async function deliver(webhook: ServedWebhook, delivery: DueDelivery): Promise<boolean> {
    const { eventId: id, attempts } = delivery;
    const connection = database.of(webhook.projectId);
    const body = JSON.stringify(cloudEventOf({ ...delivery, id, projectId: webhook.projectId }));
    const headers = requestHeaders(webhook.secrets, { id, now: clock.now(), body });
    const { status, retryAfter, text, failure, milliseconds } = await outbound.post(
      webhook.url,
      headers,
      body,
    );
    const now = clock.now();
    const attempt: Attempt = {
      now: new Date(now),
      responseStatus: status,
      durationMilliseconds: milliseconds,
      response: answerText(text),
      failure,
    };
    const verdict = verdictOf(status);
    outcomes[verdict === "delivered" ? "delivered" : "failed"] += 1;
    if (verdict === "delivered") return noteDelivered(connection, webhook, delivery, attempt);
    const asked = retryAfterOf(retryAfter, now);
    const next = verdict === "gone" ? null : nextAttemptAt(attempts + 1, now, random());
    const rest = restUntil(status, asked, now);
    const failingSince = await noteFailed(connection, webhook, delivery, attempt, {
      dueAt: next === null ? null : new Date(Math.max(next, asked ?? 0)),
      notBefore: rest === null ? null : new Date(rest),
    });
    if (failingSince === null) return false;
    if (next === null) died += 1;
    const isGivenUp = now - failingSince.getTime() >= failingMilliseconds;
    if (verdict === "gone" || isGivenUp) await disable(webhook, verdict === "gone" ? "gone" : "failing");
    return rest === null && verdict !== "gone" && !isGivenUp;
  }

  async function disable(webhook: ServedWebhook, reason: "gone" | "failing"): Promise<void> {
    const { projectId, id } = webhook;
    await withTransaction(database, projectId, async (connection) => {
      if (!(await disableWebhook(connection, webhook, reason, new Date(clock.now())))) return;
      const event = newEvent("dealwright.webhook.disabled", id, { webhook: id, reason });
      await recordEvents(connection, projectId, [event]);
      log.warn({ webhookId: id, reason }, "a webhook is not served any more");
    });
  }

  const background = repeated(pollMilliseconds, look, (error) => {
    log.warn({ err: error }, "could not look for events to deliver; tried again in a second");
  });

  return {
    fanOut: (connection, projectId, events) =>
      insertDeliveries(connection, projectId, events, new Date(clock.now())),
    onDeleted: deleteDeliveries,
    died: () => died,
    backlog: () => webhookBacklog(database.outside),
    attempts: () => Object.entries(outcomes).map(([outcome, count]) => [{ outcome }, count] as const),

    async deliverDue() {
      do {
        await look();
        await Promise.all(serving.values());
        // What was under way may have left something to do.
        await look();
      } while (serving.size > 0);
    },

    wake: background.wake,
    start: background.start,
    async close() {
      await background.close();
      await Promise.all(serving.values());
    },
  };
}
