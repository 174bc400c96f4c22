import { setImmediate as nextTurn } from "node:timers/promises";
import type { CompiledPromotion, SelectorTable } from "../../engine/promotion.ts";
import type { Log } from "../../platform/log.ts";
import { checkDocument } from "./promotion-document.ts";

/** Requests are answered between two slices. */
const rulesPerSlice = 100;

export interface Rule {
  readonly version: number;
  readonly promotion: CompiledPromotion;
}

/** By promotion id. */
export type CompiledRules = Map<string, Rule>;

/**
 * Compiles stored documents without holding up the event loop. One that no longer compiles, which only an older version
 * of the engine can have let in, is left out with an error in the log: the others must go on.
 */
export async function compileRules(
  rows: readonly { id: string; version: number; document: unknown }[],
  {
    timezone,
    selectors,
    log,
    projectId,
  }: { timezone: string; selectors: SelectorTable; log: Log; projectId: string },
): Promise<CompiledRules> {
  const rules: CompiledRules = new Map();
  for (const [index, { id, version, document }] of rows.entries()) {
    if (index > 0 && index % rulesPerSlice === 0) await nextTurn();
    const { compiled, errors } = checkDocument(document, { id, timezone, selectors });
    if (compiled !== null) rules.set(id, { version, promotion: compiled });
    else log.error({ projectId, promotionId: id, version, errors }, "a stored promotion does not compile");
  }
  return rules;
}
