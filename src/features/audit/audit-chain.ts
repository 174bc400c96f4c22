/**
 * The chain of a project's audit entries: each is sealed with its place and the hash of the one before, so that none can
 * be changed, left out, moved or added without every later hash changing as well.
 */
import { createHash } from "node:crypto";
import type { AuditRow } from "./audit-tables.ts";

/** Before the first entry. */
export const emptyHash = "0".repeat(64);

export type Unsealed = Omit<AuditRow, "sequence" | "hash">;

/** SHA-256, in hex, of `[previous hash, sequence, every other column in the order of the table]` as JSON in UTF-8. */
export function sealOf(previousHash: string, sequence: number, row: Unsealed): string {
  const sealed = [
    previousHash,
    sequence,
    row.projectId,
    row.id,
    row.at,
    row.operation,
    row.resource,
    row.resourceId,
    row.apiKeyId,
    row.apiKeyName,
    row.role,
    row.address,
    row.requestId,
    row.before,
    row.after,
  ];
  return createHash("sha256").update(JSON.stringify(sealed), "utf8").digest("hex");
}

/** A place in a chain that was seen: everything up to it is as it was, if the chain still passes through it. */
export interface ChainPoint {
  readonly sequence: number;
  readonly hash: string;
}

export interface Chain {
  /** Where it begins: the empty hash, or the last entry that retention has forgotten. */
  readonly checkpoint: ChainPoint;
  /** Where the database says that it ends. */
  readonly head: ChainPoint;
  /** Heads that somebody noted elsewhere. */
  readonly witnesses: readonly ChainPoint[];
}

export interface ChainFault {
  readonly sequence: number;
  readonly fault:
    | "entry_missing"
    | "entry_repeated"
    | "entry_changed"
    | "head_differs"
    | "witness_differs"
    | "checkpoint_unexplained";
  readonly detail: string;
}

/** Follows a chain entry by entry, in the order of their sequence; constant memory, whatever its length. */
export class ChainWalk {
  readonly #chain: Chain;
  readonly #witnesses: Map<number, string>;
  #at: ChainPoint;
  #isCheckpointExplained: boolean;
  readonly faults: ChainFault[] = [];

  constructor(chain: Chain) {
    this.#chain = chain;
    this.#at = chain.checkpoint;
    this.#witnesses = new Map(chain.witnesses.map(({ sequence, hash }) => [sequence, hash]));
    this.#isCheckpointExplained = chain.checkpoint.sequence === 0;
    if (this.#isCheckpointExplained && chain.checkpoint.hash !== emptyHash)
      this.#find(0, "entry_changed", "The chain does not begin at its beginning.");
    this.#witness();
  }

  take(row: AuditRow): void {
    const sequence = row.sequence ?? 0;
    const expected = this.#at.sequence + 1;
    if (sequence < expected) this.#find(sequence, "entry_repeated", `Expected ${expected}.`);
    else if (sequence > expected)
      this.#find(expected, "entry_missing", `${sequence - expected} before ${sequence} are not there.`);
    const hash = row.hash ?? "";
    if (sealOf(this.#at.hash, sequence, row) !== hash)
      this.#find(
        sequence,
        "entry_changed",
        `${row.id}: its hash is not that of its contents after the one before.`,
      );
    this.explain(row);
    this.#at = { sequence, hash };
    this.#witness();
  }

  /** Retention says in the trail itself what it has forgotten, in an entry that may not be sealed yet. */
  explain({ operation, after }: Pick<AuditRow, "operation" | "after">): void {
    if (operation !== forgetting || after === null) return;
    const { sequence, hash } = this.#chain.checkpoint;
    const said = JSON.parse(after) as { sequence?: unknown; hash?: unknown };
    if (said.sequence === sequence && said.hash === hash) this.#isCheckpointExplained = true;
  }

  /** What is wrong, once all entries were taken. */
  end(): readonly ChainFault[] {
    const { head, checkpoint } = this.#chain;
    const { sequence, hash } = this.#at;
    if (head.sequence !== sequence || head.hash !== hash)
      this.#find(head.sequence, "head_differs", `The entries end at ${sequence}.`);
    for (const [sequence] of this.#witnesses)
      if (sequence > this.#at.sequence)
        this.#find(sequence, "witness_differs", `It was seen; the entries end at ${this.#at.sequence}.`);
    if (!this.#isCheckpointExplained)
      this.#find(
        checkpoint.sequence,
        "checkpoint_unexplained",
        "No entry says that retention forgot what came before.",
      );
    return this.faults;
  }

  #witness(): void {
    const seen = this.#witnesses.get(this.#at.sequence);
    if (seen !== undefined && seen !== this.#at.hash)
      this.#find(this.#at.sequence, "witness_differs", "Another hash was seen at this place.");
  }

  #find(sequence: number, fault: ChainFault["fault"], detail: string): void {
    this.faults.push({ sequence, fault, detail });
  }
}

/** The operation of the entry by which retention says up to where it has forgotten. */
export const forgetting = "forgetAudit";
