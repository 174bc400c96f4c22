/** Redemptions written by the committer itself, for tests of what stands on its tables. */
import { type CommitterService, committerService } from "../src/features/ledger/committer-service.ts";
import type { ReturnNote } from "../src/features/ledger/ledger-commands.ts";
import type { Hold } from "../src/ledger/books.ts";
import { newId } from "../src/platform/ids.ts";
import { silentLog } from "../src/platform/log.ts";
import type { TestDatabase } from "./database.ts";

export interface Ledger {
  readonly committer: CommitterService;
  /** A redemption of an order of its own with one line of three units; answers its id. */
  redeem(projectId: string, holds: readonly Hold[], mode?: "reserve" | "commit"): Promise<string>;
  settle(projectId: string, redemption: string, kind: "commit" | "cancel"): Promise<void>;
  giveBack(
    projectId: string,
    redemption: string,
    fields: { expectedSteps: number; release: readonly Hold[]; isWhole: boolean; note: ReturnNote },
  ): Promise<void>;
}

export function ledgerOn(database: TestDatabase): Ledger {
  const committer = committerService({ database, log: silentLog });
  const granted = async (submission: Parameters<CommitterService["submit"]>[1], projectId: string) => {
    const result = await committer.submit(projectId, submission);
    if (result.type !== "granted") throw new Error(JSON.stringify(result));
  };
  return {
    committer,
    async redeem(projectId, holds, mode = "commit") {
      const id = newId("rdm");
      await granted(
        {
          command: {
            kind: "redeem",
            redemption: id,
            mode,
            order: `test\n${id}`,
            requestHash: "00".repeat(32),
            ttlMilliseconds: 600_000,
            holds,
          },
          newRedemption: {
            source: "test",
            orderRef: id,
            mode,
            customerId: null,
            currency: "CNY",
            total: 3000,
            discount: 0,
            revision: 1,
            evaluatedAt: Date.parse("2026-11-11T00:00:00Z"),
            request: JSON.stringify({ lines: [{ id: "1", quantity: 3 }] }),
            facts: "{}",
            settings: "{}",
            quote: "{}",
            createdBy: "key_test",
          },
        },
        projectId,
      );
      return id;
    },
    settle: (projectId, redemption, kind) => granted({ command: { kind, redemption } }, projectId),
    giveBack: (projectId, redemption, { note, ...command }) =>
      granted({ command: { kind: "return", redemption, ...command }, returnNote: note }, projectId),
  };
}

export function holdOf(
  rule: string,
  measure: string,
  amount = 1,
  fields: Partial<{ holder: string; period: string; limit: number }> = {},
): Hold {
  const { holder = "", period = "", limit = null } = fields;
  return { counter: { rule, measure, holder, period }, amount, limit };
}

/** A pool with one code of it. */
export async function addCoupon(database: TestDatabase, projectId: string, code: string): Promise<void> {
  await database.pool.query(
    `insert into coupons (project_id, code, pool_id, max_uses, created_at) values ($1, $2, 'pol_1', 3, now())`,
    [projectId, code],
  );
}
