/**
 * Who tries wrong codes is stopped before finding a right one. Different wrong codes are counted, over ten minutes, by
 * whoever is buying (customer, device, phone and address as they were given), by key and by project; the same one again, as
 * a cart that is priced anew brings it, counts once. Beyond a limit no code is looked up for the rest of the ten minutes,
 * so that the answer can tell nothing of it.
 */
import { normalizeCode } from "../../engine/codes.ts";
import type { Rulebook } from "../../engine/rulebook.ts";
import type { SharedCounts } from "../../platform/exchanged-counts.ts";
import { problem } from "../../platform/problem.ts";
import { holdersOf, whoIs } from "../ledger/promotion-counters.ts";
import { wrongCodeWindowSeconds as windowSeconds } from "../projects/safeguard-schemas.ts";
import type { ProjectRules, RulebookService } from "../promotions/rulebook-service.ts";
import type { AlarmService } from "./alarm-service.ts";

/** With which key, and for whom where that is known. */
export interface Asker {
  readonly projectId: string;
  readonly apiKeyId: string;
}

type Buyer = Parameters<typeof whoIs>[1];

export interface WrongCodeService {
  /**
   * False beyond a limit: the codes must then not be looked at. To be asked before they are looked up and again before it is
   * told what was found: those who asked at once all come through the first time.
   */
  mayTry(rules: ProjectRules, apiKeyId: string, buyer: Buyer): boolean;
  /** Codes, normalised, that turned out to be nobody's. */
  note(rules: ProjectRules, apiKeyId: string, buyer: Buyer, wrong: readonly string[]): void;
  /**
   * For look-ups of one code: refused beyond a limit, and counted where `find` finds nothing. What `find` is given it calls
   * when it has read and not yet changed anything: many who asked at once are then told apart, too. `buyer`: for whom, where
   * that is known.
   */
  guard<Found>(
    asker: Asker,
    code: string,
    find: (requireTry: () => void) => Promise<Found | undefined>,
    buyer?: Buyer,
  ): Promise<Found | undefined>;
}

export interface WrongCodeServiceOptions {
  counts: SharedCounts;
  rulebooks: RulebookService;
  alarms: AlarmService;
}

export function wrongCodeService({ counts, rulebooks, alarms }: WrongCodeServiceOptions): WrongCodeService {
  /** What was counted already in this window, by count and code. */
  let counted = new Set<string>();
  let countedUntil = 0;

  function limitsOf({ projectId, identifierKey, safeguards }: ProjectRules, apiKeyId: string, buyer: Buyer) {
    const { perCustomer, perKey, perProject } = safeguards.wrongCodes;
    return [
      { name: ofProject(projectId), limit: perProject },
      { name: `wrong-codes key ${apiKeyId}`, limit: perKey },
      ...holdersOf(whoIs(identifierKey, buyer)).map((holder) => ({
        name: `wrong-codes ${projectId} ${holder}`,
        limit: perCustomer,
      })),
    ];
  }

  function mayTry(rules: ProjectRules, apiKeyId: string, buyer: Buyer): boolean {
    const { perCustomer, perKey, perProject } = rules.safeguards.wrongCodes;
    // Every wrong code counts for the project: below the lowest limit nobody need be asked who they are.
    const most = counts.known(ofProject(rules.projectId), windowSeconds);
    if (most < Math.min(perCustomer, perKey, perProject)) return true;
    return limitsOf(rules, apiKeyId, buyer).every(
      ({ name, limit }) => counts.known(name, windowSeconds) < limit,
    );
  }

  function note(rules: ProjectRules, apiKeyId: string, buyer: Buyer, wrong: readonly string[]): void {
    if (wrong.length === 0) return;
    forgetPast();
    for (const { name } of limitsOf(rules, apiKeyId, buyer))
      for (const code of wrong) {
        const key = `${name} ${code}`;
        if (counted.has(key)) continue;
        counted.add(key);
        counts.add(name, windowSeconds, 1);
        if (name === ofProject(rules.projectId)) alarms.wrongCode(rules);
      }
  }

  function forgetPast(): void {
    const endsAt = counts.windowEnd(windowSeconds);
    if (endsAt === countedUntil) return;
    counted = new Set();
    countedUntil = endsAt;
  }

  return {
    mayTry,
    note,
    async guard({ projectId, apiKeyId }, code, find, buyer = {}) {
      const rules = await rulebooks.rulesOf(projectId);
      const requireTry = () => {
        if (!mayTry(rules, apiKeyId, buyer)) throw tooManyAttempts(counts.secondsLeft(windowSeconds));
      };
      requireTry();
      const found = await find(requireTry);
      if (found === undefined) note(rules, apiKeyId, buyer, [normalizeCode(code)]);
      return found;
    },
  };
}

const ofProject = (projectId: string) => `wrong-codes ${projectId}`;

function tooManyAttempts(seconds: number) {
  return problem("too-many-attempts", {
    headers: { "retry-after": String(seconds) },
    extensions: { retryAfterSeconds: seconds },
  });
}

const shared = new WeakMap<Rulebook, ReadonlySet<string>>();

/** Codes that all customers share, of the promotions in force; normalised. */
export function sharedCodes(rulebook: Rulebook): ReadonlySet<string> {
  let codes = shared.get(rulebook);
  if (codes === undefined) {
    codes = new Set(rulebook.promotions.flatMap(({ code }) => code ?? []));
    shared.set(rulebook, codes);
  }
  return codes;
}
