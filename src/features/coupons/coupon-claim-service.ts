import { armsOf, whyApart } from "../../engine/assignment.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import type { CounterName, Hold } from "../../ledger/books.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import {
  findIdempotencyRecord,
  type IdempotencyRecord,
  idempotencyOf,
  requestHash,
  requireSameRequest,
  whileHolding,
} from "../../platform/idempotency.ts";
import { newId } from "../../platform/ids.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";
import { customersMeant } from "../customers/customer-alias-service.ts";
import type { ExposureService } from "../exposures/exposure-service.ts";
import type { CommitterService } from "../ledger/committer-service.ts";
import type { Granted, Result } from "../ledger/ledger-commands.ts";
import { holderOf, type Who, whoIs } from "../ledger/promotion-counters.ts";
import type { ProjectService } from "../projects/project-service.ts";
import type { RulebookService } from "../promotions/rulebook-service.ts";
import { printCode } from "./code-form.ts";
import { existingPool, expiryOf, formOf } from "./coupon-pool-service.ts";
import type { ClaimRequest, CouponClaim } from "./coupon-schemas.ts";
import type { CouponPoolRow } from "./coupon-tables.ts";

export interface CouponClaimService {
  /** A free code of the pool becomes the customer's. */
  claim(
    projectId: string,
    key: string,
    request: ClaimRequest,
    idempotencyKey: string | null,
  ): Promise<{ claim: CouponClaim; isReplay: boolean }>;
}

export interface CouponClaimOptions {
  database: Database;
  clock: Clock;
  projects: ProjectService;
  committer: CommitterService;
  rulebooks: Pick<RulebookService, "rulesOf">;
  exposures: Pick<ExposureService, "noterOf">;
}

const operation = "claimCoupon";

/** Every limit, whose claims it counts, and what a refusal is about. Empty paths are about nothing that was sent. */
const scopes = [
  { limit: "total", who: null, path: "" },
  { limit: "perCustomer", who: "customer", path: "/customer" },
  { limit: "perDevice", who: "device", path: "/identifiers/device" },
  { limit: "perPhone", who: "phone", path: "/identifiers/phone" },
  { limit: "perIp", who: "ip", path: "/identifiers/ip" },
] as const satisfies readonly {
  limit: keyof NonNullable<CouponPoolRow["document"]["claim"]>;
  who: keyof Who | null;
  path: string;
}[];

export function couponClaimService(options: CouponClaimOptions): CouponClaimService {
  const { database, clock, projects, committer, rulebooks, exposures } = options;

  /** A code with which nothing in force gives the customer anything would be refused with the whole order. */
  async function requireOfUse(projectId: string, pool: CouponPoolRow, customer: string): Promise<void> {
    const rules = await rulebooks.rulesOf(projectId);
    const { rulebook, splits } = rules;
    if (splits === null) return;
    const forPool = rulebook.promotions.filter((promotion) => promotion.pool === pool.key);
    const isHeldOut = ({ document }: CompiledPromotion, id: string) =>
      whyApart(document, splits, id)?.reason === "held_out";
    if (forPool.length === 0) return;
    const meant = await customersMeant(database.of(projectId), projectId, [customer]);
    const id = meant(customer);
    // Whoever is refused never has a code to meet the campaign with: both arms meet it here.
    const documents = forPool.map(({ document }) => document);
    exposures.noterOf(rules, { customer: { id } })?.(armsOf(documents, rulebook.experiments, splits, id));
    if (!forPool.every((promotion) => isHeldOut(promotion, id))) return;
    const message = "By chance the customer gets none of what this pool is for: they are held out of it.";
    throw refused({ path: "/customer", code: "held_out", message });
  }

  async function claim(
    projectId: string,
    key: string,
    request: ClaimRequest,
    idempotencyKey: string | null,
    hash: string,
  ): Promise<{ claim: CouponClaim; isReplay: boolean }> {
    const pool = await existingPool(database.of(projectId), projectId, key);
    const basis = await projects.rulebookBasis(database.of(projectId), projectId);
    if (basis === undefined) throw new Error(`there is no project ${projectId}`);
    if (basis.isStopped) throw problem("project-stopped");
    const { customer, identifiers } = request;
    await requireOfUse(projectId, pool, customer);
    const who = whoIs(basis.identifierKey, { customer: { id: customer }, identifiers });
    const holds = holdsOf(pool, who);
    const now = clock.now();
    const id = newId("clm", now);
    const form = formOf(pool);

    const result = await committer.submit(projectId, {
      command: { kind: "claim", redemption: id, holds },
      pick: {
        poolId: pool.id,
        customerId: customer,
        validForSeconds: validForSeconds(pool, now, basis.settings.timezone),
      },
      idempotency: idempotencyOf(idempotencyKey, operation, hash),
      answer: answerOf,
    });

    function answerOf({ picked, at }: Granted): CouponClaim {
      if (picked === null) throw new Error("a claim was granted without a code");
      const { code, spelling, expiresAt } = picked;
      return {
        id,
        code: printCode(form, code, spelling),
        pool: pool.key,
        customer,
        claimedAt: new Date(at).toISOString(),
        expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
      };
    }

    switch (result.type) {
      case "granted":
        return { claim: answerOf(result), isReplay: false };
      case "answered":
        return replayed(result.record, hash);
      case "refused":
        throw refusalOf(result.refusal);
      case "merged":
        return claim(projectId, key, { ...request, customer: result.customer }, idempotencyKey, hash);
      case "repeated":
        throw new Error("a claim is no redemption and cannot be repeated");
    }
  }

  return {
    claim(projectId, key, request, idempotencyKey) {
      const { customer, identifiers } = request;
      const hash = requestHash(operation, { key, customer, identifiers });
      return whileHolding({ projectId, key: idempotencyKey }, async () => {
        // First of all: by now the customer may be held out, or the project stopped, and what was granted would be refused.
        const record =
          idempotencyKey === null
            ? undefined
            : await findIdempotencyRecord(database.of(projectId), projectId, idempotencyKey);
        if (record !== undefined) return replayed(record, hash);
        return claim(projectId, key, request, idempotencyKey, hash);
      });
    },
  };
}

function replayed(record: IdempotencyRecord, hash: string): { claim: CouponClaim; isReplay: boolean } {
  requireSameRequest(record, operation, hash);
  return { claim: record.answer as CouponClaim, isReplay: true };
}

function validForSeconds(pool: CouponPoolRow, now: number, timezone: string): number | null {
  if (pool.document.validFor === undefined || pool.document.validSince !== "claim") return null;
  const end = expiryOf(pool, "claim", now, timezone);
  return end === null ? null : Math.ceil((end.getTime() - now) / 1_000);
}

/** Claims are counted whether or not they are limited: a limit that is set later then knows of those before it. */
function holdsOf(pool: CouponPoolRow, who: Who): Hold[] {
  const limits = pool.document.claim ?? {};
  return scopes.flatMap(({ limit: name, who: scope, path }): Hold[] => {
    const limit = limits[name] ?? null;
    const holder = scope === null ? "" : holderOf(scope, who);
    if (holder === null) {
      if (limit === null) return [];
      throw refused({ path, code: "identifier_required", message: "A limit of the pool needs to know it." });
    }
    return [{ counter: claimCounter(pool.id, holder), amount: 1, limit }];
  });
}

function claimCounter(poolId: string, holder: string): CounterName {
  return { rule: poolId, measure: "claims", holder, period: "" };
}

function refusalOf(refusal: Extract<Result, { type: "refused" }>["refusal"]) {
  if (refusal.reason === "pool_empty")
    return refused({ path: "", code: "pool_empty", message: "The pool has no free code left." });
  if (refusal.reason !== "short") throw new Error(`a claim was refused as ${refusal.reason}`);
  const errors = refusal.shortages.map(({ counter, limit }): ProblemError => {
    const whose = counter.holder === "" ? null : counter.holder.split(":", 1)[0];
    const scope = scopes.find(({ who }) => who === whose);
    const message = `\`${scope?.limit}\` is ${limit}.`;
    return { path: scope?.path ?? "", code: "limit_reached", message };
  });
  return refused(...errors);
}

function refused(...errors: ProblemError[]) {
  return problem("claim-refused", { errors });
}
