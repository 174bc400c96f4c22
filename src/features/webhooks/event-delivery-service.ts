/** Everything between an event that was written and whoever wants to know of it, wired together. */
import type { Config } from "../../config.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import type { Listener } from "../../platform/listen.ts";
import type { Log } from "../../platform/log.ts";
import { openOutbound } from "../../platform/outbound-http.ts";
import { eventSequencerService, type FanOut, type Outbox } from "../events/event-sequencer-service.ts";
import { type EventService, eventService } from "../events/event-service.ts";
import { type EventStreamService, eventStreamService } from "../events/event-stream-service.ts";
import { type WebhookDispatchService, webhookDispatchService } from "./webhook-dispatch-service.ts";
import { type WebhookService, webhookService } from "./webhook-service.ts";

export interface EventDeliveryService {
  readonly events: EventService;
  readonly streams: EventStreamService;
  readonly webhooks: WebhookService;
  readonly outbox: Outbox;
  /** What came of all attempts at delivery so far. */
  readonly attempts: WebhookDispatchService["attempts"];
  readonly died: WebhookDispatchService["died"];
  readonly backlog: WebhookDispatchService["backlog"];
  /** Events were written by this process, perhaps. */
  wake(): void;
  /** Called whenever there is something new to read in a project; null: perhaps in any. */
  onSequenced(listener: (projectId: string | null) => void): void;
  start(): Promise<void>;
  /** Before the server waits for its connections: streams would stay open as long as their clients do. */
  endStreams(): void;
  close(): Promise<void>;
}

export interface EventDeliverySettings
  extends Partial<Pick<Config, "eventRetentionDays" | "webhookTargets">> {
  /** How long a receiver may take; left out, ten seconds. */
  deliveryTimeoutMilliseconds?: number;
}

export interface EventDeliveryOptions extends EventDeliverySettings {
  database: Database;
  clock: Clock;
  log: Log;
  listener?: Listener | undefined;
  /** Who else follows events, in the transaction that numbers them. */
  followers?: readonly FanOut[];
}

export function eventDeliveryService(options: EventDeliveryOptions): EventDeliveryService {
  const { database, clock, log, listener, followers = [] } = options;
  const { eventRetentionDays = 30, webhookTargets = "public" } = options;
  const outbound = openOutbound({
    allowsEverything: webhookTargets === "any",
    timeoutMilliseconds: options.deliveryTimeoutMilliseconds,
  });
  const events = eventService({ database });
  const streams = eventStreamService({ events });
  const dispatch = webhookDispatchService({ database, clock, log, outbound });
  const sequencer = eventSequencerService({
    database,
    clock,
    log,
    listener,
    retentionDays: eventRetentionDays,
    async fanOut(connection, projectId, sequenced) {
      for (const follow of [dispatch.fanOut, ...followers]) await follow(connection, projectId, sequenced);
    },
    onDeleted: dispatch.onDeleted,
  });
  sequencer.onSequenced(streams.wake);
  sequencer.onSequenced(dispatch.wake);
  return {
    events,
    streams,
    webhooks: webhookService({ database, clock, outbound, wake: dispatch.wake }),
    wake: sequencer.wake,
    onSequenced: sequencer.onSequenced,
    outbox: sequencer.outbox,
    attempts: dispatch.attempts,
    died: dispatch.died,
    backlog: dispatch.backlog,
    async start() {
      await sequencer.start();
      dispatch.start();
    },
    endStreams: streams.close,
    async close() {
      await sequencer.close();
      await dispatch.close();
      await outbound.close();
    },
  };
}
