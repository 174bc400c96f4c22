import { setImmediate as nextTurn } from "node:timers/promises";
import type { CompiledPromotion, SelectorTable } from "../../engine/promotion.ts";
import type { Log } from "../../platform/log.ts";
import { checkDocument } from "./promotion-document.ts";

/** So long before requests get their turn. */
const turnMilliseconds = 8;

export interface Rule {
  readonly version: number;
  readonly promotion: CompiledPromotion;
}

/** By promotion id. */
export type CompiledRules = Map<string, Rule>;

export function promotionsOf(rules: CompiledRules): CompiledPromotion[] {
  return [...rules.values()].map(({ promotion }) => promotion);
}

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
  let began = performance.now();
  for (const { id, version, document } of rows) {
    if (performance.now() - began > turnMilliseconds) {
      await nextTurn();
      began = performance.now();
    }
    const { compiled, errors } = checkDocument(document, { id, timezone, selectors });
    if (compiled !== null) rules.set(id, { version, promotion: compiled });
    else log.error({ projectId, promotionId: id, version, errors }, "a stored promotion does not compile");
  }
  return rules;
}
