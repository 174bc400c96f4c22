/** Webhooks under a clock that stands still until it is moved: sequencer, dispatcher and their owner's view, without an app. */
import { eventSequencerService } from "../../../src/features/events/event-sequencer-service.ts";
import { recordEvents } from "../../../src/features/events/event-service.ts";
import { newEvent } from "../../../src/features/events/event-types.ts";
import {
  type WebhookDispatchService,
  webhookDispatchService,
} from "../../../src/features/webhooks/webhook-dispatch-service.ts";
import { type WebhookService, webhookService } from "../../../src/features/webhooks/webhook-service.ts";
import { withTransaction } from "../../../src/platform/database.ts";
import { silentLog } from "../../../src/platform/log.ts";
import type { OperationContext } from "../../../src/platform/operation.ts";
import { type OutboundOptions, openOutbound } from "../../../src/platform/outbound-http.ts";
import type { TestDatabase } from "../../database.ts";
import { type TestClock, testClock } from "../api.ts";
import { projectWithKeys } from "../project-fixture.ts";

export interface Wires {
  readonly clock: TestClock;
  readonly projectId: string;
  /** Of the project's owner. */
  readonly context: OperationContext;
  readonly webhooks: WebhookService;
  readonly dispatch: WebhookDispatchService;
  /** Writes an event for each subject, and has them numbered. */
  tell(...subjects: string[]): Promise<void>;
  number(): Promise<number>;
  cleanUp(): Promise<number>;
  close(): Promise<void>;
}

export async function startWires(
  database: TestDatabase,
  options: Partial<OutboundOptions> & { random?: () => number } = {},
): Promise<Wires> {
  const clock = testClock();
  const { random = () => 0, ...rest } = options;
  // A busy machine is no slow receiver.
  const outbound = openOutbound({ allowsEverything: true, timeoutMilliseconds: 60_000, ...rest });
  const { id: projectId } = await projectWithKeys(database, clock.now());
  const dispatch = webhookDispatchService({ database, clock, log: silentLog, outbound, random });
  const sequencer = eventSequencerService({
    database,
    clock,
    log: silentLog,
    retentionDays: 30,
    fanOut: dispatch.fanOut,
    onDeleted: dispatch.onDeleted,
  });
  return {
    clock,
    projectId,
    context: {
      projectId,
      environment: "live",
      apiKeyId: "key_test",
      role: "admin",
      requestId: "test",
      change: { operation: "test", resource: "webhook", network: null, isTold: false },
    },
    webhooks: webhookService({ database, clock, outbound, wake: () => {} }),
    dispatch,
    async tell(...subjects) {
      await withTransaction(database, projectId, (connection) =>
        recordEvents(
          connection,
          projectId,
          subjects.map((webhook) => newEvent("dealwright.webhook.test", webhook, { webhook })),
        ),
      );
      await sequencer.sequence();
    },
    number: sequencer.sequence,
    cleanUp: sequencer.cleanUp,
    async close() {
      await dispatch.close();
      await outbound.close();
    },
  };
}
