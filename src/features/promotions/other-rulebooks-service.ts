/** Rules other than those in force: of another time zone, and of an earlier revision. */
import { buildRulebook, type Rulebook } from "../../engine/rulebook.ts";
import type { Database } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import { remembered } from "../../platform/remembered.ts";
import { promotionsAsOf } from "./promotion-store.ts";
import { compileRules, promotionsOf } from "./rule-compiler.ts";
import type { ProjectRules } from "./rulebook-service.ts";

const mostPastRulebooks = 16;
const mostZonesPerRulebook = 4;

export interface OtherRulebooks {
  /** The same rules with another time zone for the schedules that name none. */
  inTimezone(rules: ProjectRules, timezone: string): Promise<ProjectRules>;
  /** The rules of an earlier revision, from the history; `ids`: those of these promotions, and perhaps more. */
  rulebookAsOf(
    projectId: string,
    revision: number,
    timezone: string,
    ids?: readonly string[],
  ): Promise<Rulebook>;
}

/** `inForce`: the newest rules of a project, if they are in memory. */
export function otherRulebooks({
  database,
  log,
  inForce,
}: {
  database: Pick<Database, "of">;
  log: Log;
  inForce: (projectId: string) => ProjectRules | null | undefined;
}): OtherRulebooks {
  const past = new Map<string, Promise<Rulebook>>();
  const inZones = new WeakMap<ProjectRules, Map<string, Promise<ProjectRules>>>();

  async function makePast(
    projectId: string,
    revision: number,
    timezone: string,
    ids?: readonly string[],
  ): Promise<Rulebook> {
    const rows = await promotionsAsOf(database.of(projectId), projectId, revision, ids);
    const compiled = await compileRules(rows, { timezone, selectors: new Map(), log, projectId });
    return buildRulebook(String(revision), promotionsOf(compiled));
  }

  async function makeInZone(rules: ProjectRules, timezone: string): Promise<ProjectRules> {
    const rows = rules.rulebook.promotions.map(({ id, document }) => ({
      id: id ?? "",
      version: 0,
      document,
    }));
    const { projectId } = rules;
    const compiled = await compileRules(rows, { timezone, selectors: new Map(), log, projectId });
    return {
      ...rules,
      settings: { ...rules.settings, timezone },
      rulebook: buildRulebook(rules.rulebook.version, promotionsOf(compiled), rules.rulebook.resting),
    };
  }

  return {
    async inTimezone(rules, timezone) {
      if (timezone === rules.settings.timezone) return rules;
      const zones = inZones.get(rules) ?? new Map<string, Promise<ProjectRules>>();
      inZones.set(rules, zones);
      return remembered(zones, timezone, mostZonesPerRulebook, () => makeInZone(rules, timezone));
    },

    async rulebookAsOf(projectId, revision, timezone, ids) {
      const current = inForce(projectId);
      if (current?.revision === revision && current.settings.timezone === timezone) return current.rulebook;
      if (ids !== undefined) return makePast(projectId, revision, timezone, ids);
      return remembered(past, `${projectId} ${revision} ${timezone}`, mostPastRulebooks, () =>
        makePast(projectId, revision, timezone),
      );
    },
  };
}
