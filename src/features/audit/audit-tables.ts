/** One entry as the database has it. `json` columns as their own text: the seal is over these very bytes. */
export interface AuditRow {
  readonly projectId: string;
  readonly id: string;
  /** In UTC, to the microsecond. */
  readonly at: string;
  readonly operation: string;
  readonly resource: string;
  readonly resourceId: string;
  readonly apiKeyId: string;
  readonly apiKeyName: string | null;
  readonly role: string;
  readonly address: string | null;
  readonly requestId: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly sequence: number | null;
  /** In hex. */
  readonly hash: string | null;
}

export type NewAuditRow = Omit<AuditRow, "at" | "apiKeyName" | "sequence" | "hash">;

/** The end of a project's chain, and where it begins since older entries were forgotten. Hashes in hex. */
export interface AuditHeadRow {
  readonly projectId: string;
  readonly sequence: number;
  readonly hash: string;
  readonly sealedAt: string;
  readonly checkpointSequence: number;
  readonly checkpointHash: string;
}
