/** What the parts of this process have at hand when Prometheus asks. scripts/operations has the dashboard and the alerts that read it. */
import type { Database } from "./platform/database.ts";
import type { DatabaseShare } from "./platform/database-share.ts";
import { lockWaits } from "./platform/lock-waits.ts";
import type { Log } from "./platform/log.ts";
import { countOf, countsOf, gaugeOf, gaugesOf, type Metrics, measurePool } from "./platform/metrics.ts";
import { loads, type Pressure } from "./platform/pressure.ts";
import type { RefusalCounts } from "./platform/refusal-counts.ts";
import type { Replica } from "./platform/replica.ts";
import { sampled } from "./platform/sampled.ts";
import type { Services } from "./services.ts";

export function measureServices(metrics: Metrics, database: Database, services: Services): void {
  const { committer, rulebooks, pricing, exposures, usage, eventDelivery } = services;
  const gauge = (name: string, help: string, read: () => number | Promise<number>, ofAll?: "max") =>
    gaugeOf(metrics, name, help, read, ofAll);
  const count = (name: string, help: string, read: () => number) => countOf(metrics, name, help, read);
  measurePool(metrics, database.pool);
  gauge("database_away", "1 while the database is away.", () => (database.watch.isAway() ? 1 : 0), "max");

  gauge("committer_waiting", "Commands that wait for their batch.", () => committer.waiting());
  count("committer_batches_total", "Batches that were committed.", () => committer.figures.batches);
  count("committer_commands_total", "Commands in them.", () => committer.figures.commands);
  count("committer_seconds_total", "Time that batches took.", () => committer.figures.seconds);
  count(
    "committer_lock_seconds_total",
    "Of it, time until their rows were read and locked.",
    () => committer.figures.lockSeconds,
  );

  gauge("rulebooks", "Projects whose rulebook is in memory.", () => rulebooks.inMemory().count);
  const age = "How long ago the rulebook that was longest not compared with the database was.";
  gauge("rulebook_age_seconds", age, () => rulebooks.inMemory().oldestSeconds, "max");

  countsOf(metrics, "quotes_total", "Carts priced.", ["strategy"], () =>
    Object.entries(pricing.figures.quotes).map(([strategy, quotes]) => [{ strategy }, quotes] as const),
  );
  count(
    "quotes_proven_total",
    "Those whose plan is proven to be the cheapest.",
    () => pricing.figures.proven,
  );
  count("quotes_degraded_total", "Those priced while the database was away.", () => pricing.figures.degraded);
  count(
    "quotes_gap_ratio_total",
    "What any plan could still have saved at most, as parts of the totals, added up; divide by quotes_total of strategy best.",
    () => pricing.figures.gaps,
  );

  const kept =
    "Since the rulebooks were last kept on the disk, for a start without the database; 0: nothing is.";
  gauge("rulebook_kept_age_seconds", kept, () => rulebooks.keptAgeSeconds(), "max");

  count(
    "exposures_written_total",
    "Exposures to campaigns and experiments.",
    () => exposures.figures.written,
  );
  const dropped = "Exposures that there was no room for.";
  count("exposures_dropped_total", dropped, () => exposures.figures.dropped);

  const budgets = () => usage.budgets();
  gauge(
    "budgets",
    "Promotions that are not over, and campaigns, with a budget, of the projects in memory.",
    () => budgets().all,
    "max",
  );
  gauge("budgets_low", "Of them, those with a tenth or less left.", () => budgets().low, "max");
  gauge("budgets_spent", "Of them, those with nothing left.", () => budgets().spent, "max");

  const { outbox } = eventDelivery;
  gauge(
    "outbox_round_age_seconds",
    "Since events were last numbered in every project.",
    outbox.roundAgeSeconds,
    "max",
  );
  gauge(
    "outbox_lag_seconds",
    "How old the oldest event was that the last round numbered; 0: it found none.",
    outbox.lagSeconds,
    "max",
  );
  countsOf(
    metrics,
    "webhook_attempts_total",
    "Events sent to webhooks.",
    ["outcome"],
    eventDelivery.attempts,
  );
  const died = "Events that webhooks never took, and that are not tried any more.";
  count("webhook_events_died_total", died, eventDelivery.died);
}

/** What the database knows better than any process: told by each of them, and the same. */
export function measureBacklogs(
  metrics: Metrics,
  beside: Pick<Database, "outside">,
  { jobs, eventDelivery }: Pick<Services, "jobs" | "eventDelivery">,
  log: Log,
): void {
  const failed = (err: unknown) => log.debug({ err }, "the database could not be asked for its figures");
  const most = (name: string, help: string, read: () => Promise<number>) =>
    gaugeOf(metrics, name, help, read, "max");

  const noLocks = { waiting: 0, longestSeconds: 0, deadlocks: 0 };
  const locks = sampled(noLocks, () => lockWaits(beside.outside), failed);
  most("database_lock_waits", "Connections that wait for a lock.", async () => (await locks()).waiting);
  const longest = "How long the longest of them has waited.";
  most("database_lock_wait_seconds", longest, async () => (await locks()).longestSeconds);
  most("database_deadlocks", "Deadlocks so far, by PostgreSQL.", async () => (await locks()).deadlocks);

  const noWebhooks = { undelivered: 0, overdueSeconds: 0, failingSeconds: 0 };
  const webhooks = sampled(noWebhooks, eventDelivery.backlog, failed);
  const undelivered = "Events that webhooks are still to get, counted up to a hundred thousand.";
  most("webhook_events_undelivered", undelivered, async () => (await webhooks()).undelivered);
  const overdue = "For how long the longest overdue attempt has been due.";
  most("webhook_overdue_seconds", overdue, async () => (await webhooks()).overdueSeconds);
  const failing = "For how long a webhook has been failing, the longest of them.";
  most("webhook_failing_seconds", failing, async () => (await webhooks()).failingSeconds);

  const backlog = sampled([], jobs.backlog, failed);
  gaugesOf(metrics, "jobs_waiting", "Jobs that no process has taken yet.", "kind", async () =>
    (await backlog()).map(({ kind, waiting }) => [kind, waiting] as const),
  );
  gaugesOf(metrics, "jobs_oldest_seconds", "How long the oldest of them has waited.", "kind", async () =>
    (await backlog()).map(({ kind, oldestSeconds }) => [kind, oldestSeconds] as const),
  );
  const ended = "Jobs that a process had in its hands, by how they ended.";
  countsOf(metrics, "jobs_total", ended, ["kind", "outcome"], jobs.ended);
  countsOf(metrics, "jobs_seconds_total", "How long it had them.", ["kind"], jobs.seconds);
}

/** Of lists, exports and reports. Told without a replica, too: a dashboard then shows that there is none. */
export function measureReading(
  metrics: Metrics,
  shares: readonly Pick<DatabaseShare, "waiting">[],
  replica: Replica | undefined,
): void {
  const waited = "Lists, exports and reports that wait for one of their part of the connections.";
  gaugeOf(metrics, "database_connections_for_reading_waited_for", waited, () =>
    shares.reduce((sum, { waiting }) => sum + waiting(), 0),
  );
  const used = "1 while lists, exports and reports are read from the replica.";
  gaugeOf(metrics, "replica_in_use", used, () => (replica?.isFit() ? 1 : 0), "max");
  const lag = "The replica shows at least what was committed so long ago; 0 without one.";
  gaugeOf(metrics, "replica_lag_seconds", lag, () => replica?.behindSeconds() ?? 0, "max");
  const help = "Reads that a replica may answer: by it, by the primary, or by the primary after it.";
  countsOf(metrics, "replica_reads_total", help, ["by"], () =>
    Object.entries(replica?.figures ?? { replica: 0, primary: 0, repeated: 0 }).map(
      ([by, count]) => [{ by }, count] as const,
    ),
  );
}

export function measureRequests(
  metrics: Metrics,
  open: () => number,
  { waiting, refused }: Pick<Pressure, "waiting" | "refused">,
  refusals: RefusalCounts,
): void {
  gaugeOf(metrics, "requests_open", "Requests under way.", open);
  gaugeOf(metrics, "requests_waiting", "Requests whose turn has not come.", waiting);
  countsOf(
    metrics,
    "requests_shed_total",
    "Requests refused because there was too much to do.",
    ["load"],
    () => loads.map((load) => [{ load }, refused(load)] as const),
  );
  const help = "Requests that were refused, by problem and by what the first of its errors says.";
  countsOf(metrics, "refusals_total", help, ["problem", "status", "reason"], refusals.counted);
}
