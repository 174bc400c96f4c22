import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { settingsSchema } from "../../engine/settings.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";
import { recordChange } from "../audit/audit-service.ts";
import type { JobService } from "../jobs/job-service.ts";
import { compileDrafts } from "../promotions/promotion-document.ts";
import type { RulebookService } from "../promotions/rulebook-service.ts";
import { countOrders } from "./past-order-store.ts";
import { periodOf, type ReplayOptions, replayKind, replayOrders } from "./replay-service.ts";
import type { Simulation, SimulationRequest, SimulationSummary } from "./simulation-schemas.ts";
import {
  countSimulations,
  deleteSimulation,
  findSimulation,
  insertSimulation,
  type ShownSimulation,
  shownSimulations,
} from "./simulation-store.ts";

export interface SimulationService {
  create(context: OperationContext, request: SimulationRequest): Promise<SimulationSummary>;
  simulation(projectId: string, id: string): Promise<Simulation>;
  list(
    projectId: string,
    query: { limit: number; after?: string | undefined },
  ): Promise<Page<SimulationSummary>>;
  /** Refused while its job is not over. */
  remove(context: OperationContext, id: string): Promise<{ id: string }>;
}

const cursor = cursorOf("simulations", z.string());
/** Before there is any point in remembering an order; after that PostgreSQL and JavaScript write years differently. */
const bounds = [Date.parse("1970-01-01T00:00:00Z"), Date.parse("9999-12-31T00:00:00Z")] as const;

export function simulationService({
  database,
  clock,
  rulebooks,
  jobs,
  ...replay
}: ReplayOptions & {
  database: Database;
  clock: Clock;
  rulebooks: Pick<RulebookService, "rulesOf">;
  jobs: JobService;
}): SimulationService {
  jobs.define(replayKind, (job) => replayOrders({ database, ...replay }, job));

  async function shownOne(projectId: string, id: string): Promise<Simulation> {
    const [row] = await shownSimulations(database.of(projectId), projectId, { id, limit: 1 });
    if (row === undefined) throw problem("simulation-not-found");
    return { ...summary(row), report: row.report };
  }

  return {
    async create(context, request) {
      const { projectId, apiKeyId } = context;
      requireSoundPeriod(request);
      const rules = await rulebooks.rulesOf(projectId);
      compileDrafts(request.promotions, rules.settings.timezone);
      const id = newId("sim", clock.now());
      await withTransaction(database, projectId, async (connection) => {
        const { all, live } = await countSimulations(connection, projectId);
        if (all >= limits.simulationsPerProject || live >= limits.runningSimulationsPerProject)
          throw problem("too-many-simulations");
        const total = await countOrders(connection, projectId, periodOf(request));
        if (total > limits.ordersPerSimulation)
          throw invalid("/from", "too_many_orders", `The period has ${total} orders.`);
        const input = { simulation: id };
        const job = await jobs.enqueue(connection, context, { kind: replayKind, input, total });
        await insertSimulation(connection, {
          projectId,
          id,
          jobId: job.id,
          request,
          revision: rules.revision,
          settings: settingsSchema.strip().parse(rules.settings),
          checkpoint: null,
          reachedAt: null,
          reachedId: null,
          report: null,
          createdBy: apiKeyId,
          createdAt: new Date(clock.now()),
        });
        await recordChange(connection, context, { id, before: null, after: audited(request) });
      });
      jobs.wake();
      const { report: _none, ...made } = await shownOne(projectId, id);
      return made;
    },

    simulation: shownOne,

    async list(projectId, { limit, after }) {
      const before = cursor.decode(after);
      const rows = await shownSimulations(database.of(projectId), projectId, { before, limit: limit + 1 });
      return cursor.page(rows, limit, ({ id }) => id, summary);
    },

    remove(context, id) {
      const { projectId } = context;
      return withTransaction(database, projectId, async (connection) => {
        // Also keeps others from beginning or deleting one meanwhile.
        await countSimulations(connection, projectId);
        const row = await findSimulation(connection, projectId, id);
        const [state] = await shownSimulations(connection, projectId, { id, limit: 1 });
        if (row === undefined || state === undefined) throw problem("simulation-not-found");
        if (["queued", "running", "cancelling"].includes(state.state)) throw problem("simulation-running");
        await deleteSimulation(connection, projectId, id);
        await recordChange(connection, context, { id, before: audited(row.request), after: null });
        return { id };
      });
    },
  };
}

function summary({ jobId, revision, request, report: _report, ...row }: ShownSimulation): SimulationSummary {
  return { ...row, name: request.name ?? null, job: jobId, request, rulebook: String(revision) };
}

/** The drafts by their keys: they are kept with the simulation, and change nothing. */
function audited({ promotions, ...request }: SimulationRequest) {
  return { ...request, promotions: promotions.map(({ key }) => key) };
}

function requireSoundPeriod({ from, to }: SimulationRequest): void {
  const errors: ProblemError[] = [];
  for (const [name, text] of Object.entries({ from, to })) {
    const instant = Date.parse(text);
    if (!(instant >= bounds[0] && instant <= bounds[1]))
      errors.push({ path: `/${name}`, code: "time_invalid", message: "There are no orders of that time." });
  }
  if (errors.length > 0) throw problem("invalid-request", { errors });
  if (Date.parse(from) >= Date.parse(to))
    throw invalid("/to", "period_empty", "The period ends before it begins.");
}

function invalid(path: string, code: string, message: string) {
  return problem("invalid-request", { errors: [{ path, code, message }] });
}
