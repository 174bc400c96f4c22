// Numbers and delivers events in a process of its own, for tests that kill it. It ends with its parent. `seededBug` breaks it on purpose.
import { eventSequencerService } from "../../src/features/events/event-sequencer-service.ts";
import { webhookDispatchService } from "../../src/features/webhooks/webhook-dispatch-service.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { openDatabase } from "../../src/platform/database.ts";
import { silentLog } from "../../src/platform/log.ts";
import { openOutbound } from "../../src/platform/outbound-http.ts";
import { breakDispatcher, type DispatcherBug } from "./event-bugs.ts";

export interface DispatcherOptions {
  connectionString: string;
  seededBug?: DispatcherBug;
}

const { connectionString, seededBug } = JSON.parse(process.argv[2] ?? "{}") as DispatcherOptions;
process.on("disconnect", () => process.exit(0));

const database = openDatabase({ connectionString, log: silentLog });
// A busy machine is no slow receiver.
const outbound = openOutbound({ allowsEverything: true, timeoutMilliseconds: 60_000 });
const parts = { database, clock: systemClock, log: silentLog };
// A lease that is soon over: whoever waits for a dead process here waits for a second.
const dispatch = webhookDispatchService({
  ...parts,
  outbound: breakDispatcher(outbound, seededBug),
  leaseSeconds: 2,
});
const sequencer = eventSequencerService({
  ...parts,
  retentionDays: 30,
  fanOut: dispatch.fanOut,
  onDeleted: dispatch.onDeleted,
});
sequencer.onSequenced(dispatch.wake);
await sequencer.start();
dispatch.start();
process.send?.("ready");
