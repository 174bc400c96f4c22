/**
 * Who met what is split, and in which arm: the first time for each customer. Noted in memory while carts are priced and written a
 * moment later, so that no cart waits for it; what there is no room for is dropped, and counted. It is dropped whatever the arm, so
 * that what is left may be compared. What a redemption was priced by is exact without it: its stored facts name the holdouts.
 */

import { type Arm, type CampaignArm, campaignArm, pointOf } from "../../engine/assignment.ts";
import type { Cart } from "../../engine/cart.ts";
import { millisecondsPerDay } from "../../engine/zone.ts";
import { repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Connection, Database } from "../../platform/database.ts";
import { groupBy } from "../../platform/group-by.ts";
import type { Log } from "../../platform/log.ts";
import type { ProjectRules } from "../promotions/rulebook-service.ts";
import {
  forgetExposures,
  hasExposures,
  insertExposures,
  projectsWithOldExposures,
} from "./exposure-store.ts";
import type { ExposureRow } from "./exposure-tables.ts";

export interface ExposureService {
  /** Undefined where nothing is split, or the request is a trial: then nobody has to work out arms. */
  noterOf(rules: ProjectRules, request: ExposedRequest): ((arms: readonly Arm[]) => void) | undefined;
  /**
   * Of a campaign's own gifts beside carts: in which arm the customer is, and from now on it is noted that they met it; null where
   * it holds nobody out.
   */
  meet(projectId: string, campaign: HoldingOut, customerId: string): CampaignArm | null;
  readonly figures: {
    /** Written, or found to be written already. */
    readonly written: number;
    /** For want of room, or because the database did not take them in time. */
    readonly dropped: number;
  };
  /** Writes what is noted. */
  flush(): Promise<void>;
  start(): void;
  close(): Promise<void>;
}

export const isCampaignMet = (connection: Connection, projectId: string, campaign: string) =>
  hasExposures(connection, projectId, "campaign", campaign);
export const isExperimentMet = (
  connection: Connection,
  projectId: string,
  experiment: string,
  before?: Date,
) => hasExposures(connection, projectId, "experiment", experiment, before);

/** What says of a request whether it is one of a shop's: trials choose their own time or rules. */
type ExposedRequest = Pick<Cart, "at" | "channel" | "customer"> & {
  readonly promotions?: readonly unknown[] | undefined;
  readonly only?: boolean | undefined;
};

/** What of a campaign says who is held out, and of whom it is noted. */
export interface HoldingOut {
  readonly key: string;
  readonly holdout?: { readonly percent: number } | undefined;
  readonly exposures?: { readonly samplePercent: number } | undefined;
}

/** Waiting to be written. */
const mostWaiting = 20_000;
/** Remembered as written, so that a customer who comes again costs nothing; twice as many at most. */
const mostRemembered = 20_000;
const rowsPerStatement = 2_000;
const flushMilliseconds = 1_000;
const forgetMilliseconds = 3_600_000;
/** Longer than a campaign and the same period of the year before. */
const keptDays = 800;
const mostProjects = 100;

export function exposureService({
  database,
  clock,
  log,
}: {
  database: Database;
  clock: Clock;
  log: Log;
}): ExposureService {
  const figures = { written: 0, dropped: 0 };
  let waiting = new Map<string, ExposureRow>();
  let remembered = new Set<string>();
  let rememberedBefore = new Set<string>();

  function noteSampled(row: Omit<ExposureRow, "at">, samplePercent: number): void {
    const { projectId, kind, name, customerId } = row;
    if (samplePercent < 100 && pointOf("sample", name, customerId) >= samplePercent) return;
    const id = `${projectId}\n${kind}\n${name}\n${customerId}`;
    if (remembered.has(id) || rememberedBefore.has(id) || waiting.has(id)) return;
    wait(id, { ...row, at: new Date(clock.now()) });
  }

  function wait(id: string, row: ExposureRow): void {
    if (waiting.size >= mostWaiting && !waiting.has(id)) figures.dropped += 1;
    else waiting.set(id, row);
  }

  function remember(id: string): void {
    if (remembered.size >= mostRemembered) {
      rememberedBefore = remembered;
      remembered = new Set();
    }
    remembered.add(id);
  }

  async function write(projectId: string, entries: readonly [string, ExposureRow][]) {
    try {
      await insertExposures(
        database.of(projectId),
        projectId,
        entries.map(([, row]) => row),
      );
      figures.written += entries.length;
      for (const [id] of entries) remember(id);
    } catch (error) {
      log.warn({ err: error, projectId }, "exposures could not be written");
      // In the place of what was noted of the same customers meanwhile: the first time counts.
      for (const [id, row] of entries) wait(id, row);
    }
  }

  async function flush(): Promise<void> {
    if (waiting.size === 0) return;
    const taken = [...waiting].sort(([a], [b]) => (a < b ? -1 : 1));
    waiting = new Map();
    for (const [projectId, entries] of groupBy(taken, ([, { projectId }]) => projectId))
      for (let from = 0; from < entries.length; from += rowsPerStatement)
        await write(projectId, entries.slice(from, from + rowsPerStatement));
  }

  async function forget(): Promise<void> {
    const before = new Date(clock.now() - keptDays * millisecondsPerDay);
    for (const projectId of await projectsWithOldExposures(database.outside, before, mostProjects)) {
      while (!forgetting.signal.aborted) {
        const gone = await forgetExposures(database.of(projectId), projectId, before, rowsPerStatement);
        if (gone < rowsPerStatement) break;
      }
    }
  }

  const writing = repeated(flushMilliseconds, flush, (error) =>
    log.warn({ err: error }, "exposures could not be written"),
  );
  const forgetting = repeated(forgetMilliseconds, forget, (error) =>
    log.warn({ err: error }, "old exposures could not be forgotten"),
  );

  return {
    figures,
    noterOf({ projectId, rulebook, splits }, { at, channel, customer, promotions, only }) {
      if (splits === null && rulebook.experiments.size === 0) return undefined;
      const customerId = customer?.id;
      if (customerId === undefined || at !== undefined || promotions !== undefined || only) return undefined;
      return (arms) => {
        for (const { kind, name, arm } of arms) {
          const sample = kind === "campaign" ? (splits?.samples.get(name) ?? 100) : 100;
          noteSampled({ projectId, kind, name, customerId, arm, channel: channel ?? null }, sample);
        }
      };
    },
    meet(
      projectId,
      { key: name, holdout, exposures: { samplePercent } = { samplePercent: 100 } },
      customerId,
    ) {
      const arm = campaignArm(name, holdout?.percent, customerId);
      if (arm !== null)
        noteSampled({ projectId, kind: "campaign", name, customerId, arm, channel: null }, samplePercent);
      return arm;
    },
    flush,
    start() {
      writing.start();
      forgetting.start();
    },
    async close() {
      await Promise.all([writing.close(), forgetting.close()]);
      await flush();
    },
  };
}
