/**
 * The rulebooks as this machine last knew them, on its disk: what a process prices by that begins while the database is away.
 * Nothing secret is among them, not even the key of the hashes; so nothing can be counted or redeemed by them.
 */
import { join } from "node:path";
import { z } from "zod";
import { buildRulebook } from "../../engine/rulebook.ts";
import { repeated } from "../../platform/background.ts";
import { keepFile, keepNewest, readHeading, readKept, readNotes } from "../../platform/kept-file.ts";
import type { Log } from "../../platform/log.ts";
import type { Outage } from "../../platform/outage.ts";
import { projectSettings } from "../projects/project-schemas.ts";
import { safeguards } from "../projects/safeguard-schemas.ts";
import { type CampaignInForce, splitsOf } from "./campaign-in-force.ts";
import { compileRules } from "./rule-compiler.ts";
import type { ProjectRules } from "./rulebook-service.ts";

export interface RulebookKeeper {
  /** Null where nothing is kept of the project, or nothing that can be believed. */
  read(projectId: string): Promise<ProjectRules | null>;
  /** `current`: the rules in memory, to be kept now and again. */
  start(current: () => Iterable<ProjectRules>): void;
  /** Since everything that was to be kept was last on the disk. */
  ageSeconds(): number;
  /** Keeps them a last time. */
  close(): Promise<void>;
}

const rulesKind = "rules";
const confirmedKind = "confirmed";

const keptHeading = z.object({
  projectId: z.string(),
  revision: z.int(),
  asOf: z.number(),
  settings: projectSettings,
  safeguards,
  isStopped: z.boolean(),
  /** What carts are priced by. Files of earlier versions have none. */
  campaigns: z.array(z.custom<CampaignInForce>((value) => typeof value === "object")).default([]),
  priceListScopes: z.array(z.string()).default([]),
});
const keptRule = z.object({ id: z.string(), document: z.unknown() });

export function rulebookKeeper({
  directory,
  milliseconds,
  keepMilliseconds,
  log,
  now,
}: Outage & { directory: string; log: Log; now: () => number }): RulebookKeeper {
  const confirmedPath = join(directory, "confirmed.jsonl");
  const pathOf = (projectId: string) => join(directory, "rules", `${projectId.replaceAll(":", ".")}.jsonl`);
  /** As last written by this process: when the rules of a project were confirmed. */
  const written = new Map<string, number>();
  let current: () => Iterable<ProjectRules> = () => [];
  let keptAt = now();

  async function keep(): Promise<void> {
    const began = now();
    await keepFresh();
    keptAt = began;
  }

  async function keepFresh(): Promise<void> {
    const fresh = [...current()].filter((rules) => rules.asOf() > (written.get(rules.projectId) ?? 0));
    if (fresh.length === 0) return;
    const notes = fresh.map((rules) => ({
      name: rules.projectId,
      at: rules.asOf(),
      revision: rules.revision,
    }));
    for (const rules of fresh) await keepRules(rules);
    await keepNewest(confirmedPath, confirmedKind, notes, { oldest: now() - milliseconds });
    for (const { name, at } of notes) written.set(name, at);
  }

  async function keepRules(rules: ProjectRules): Promise<void> {
    const { projectId, revision, settings, safeguards, isStopped, rulebook } = rules;
    const campaigns = [...rules.campaigns.values()];
    const priceListScopes = [...rules.priceListScopes];
    const path = pathOf(projectId);
    // Another process of this machine may have been first.
    if (Number((await readHeading(path))?.revision ?? -1) === revision) return;
    const heading = {
      projectId,
      revision,
      asOf: rules.asOf(),
      settings,
      safeguards,
      isStopped,
      campaigns,
      priceListScopes,
    };
    const lines = rulebook.promotions.map(({ id, document }) => ({ id, document }));
    await keepFile(path, rulesKind, heading, lines);
  }

  const keeping = repeated(keepMilliseconds, keep, (error) =>
    log.warn({ err: error }, "the rulebooks could not be kept on the disk"),
  );

  return {
    async read(projectId) {
      const kept = await readKept(pathOf(projectId), rulesKind);
      const heading = keptHeading.safeParse(kept?.heading);
      if (kept === null || !heading.success || heading.data.projectId !== projectId) return null;
      const { asOf: writtenAt, ...known } = heading.data;
      const rows = z
        .array(keptRule)
        .parse(kept.lines)
        .map((row) => ({ ...row, version: 0 }));
      const { timezone } = known.settings;
      const compiled = await compileRules(rows, { timezone, selectors: new Map(), log, projectId });
      const notes = (await readNotes(confirmedPath, confirmedKind)) as {
        name: string;
        at: number;
        revision?: number;
      }[];
      const confirmed = notes.find(({ name, revision }) => name === projectId && revision === known.revision);
      const asOf = Math.max(writtenAt, confirmed?.at ?? 0);
      const rulebook = buildRulebook(
        String(known.revision),
        [...compiled.values()].map(({ promotion }) => promotion),
      );
      return {
        ...known,
        campaigns: new Map(known.campaigns.map((campaign) => [campaign.key, campaign])),
        identifierKey: new Uint8Array(),
        isFromDisk: true,
        asOf: () => asOf,
        killed: new Set(),
        rulebook,
        priceListScopes: new Set(known.priceListScopes),
        splits: splitsOf(known.campaigns, rulebook),
      };
    },
    ageSeconds: () => Math.max(0, now() - keptAt) / 1_000,
    start(given) {
      current = given;
      keeping.start();
    },
    async close() {
      await keeping.close();
      await keep().catch((error: unknown) =>
        log.warn({ err: error }, "the rulebooks could not be kept on the disk"),
      );
    },
  };
}
