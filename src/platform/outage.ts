/** How long a process goes on while the database is away, and what it keeps on its disk to begin again with. */
export interface Outage {
  /** Rules and keys that were last known to be valid longer ago than this are not used any more. */
  readonly milliseconds: number;
  /** Null: nothing is kept, and a process that begins while the database is away has nothing to go by. */
  readonly directory: string | null;
  /** How often what is known is kept. */
  readonly keepMilliseconds: number;
}

export const defaultOutage: Outage = { milliseconds: 15 * 60_000, directory: null, keepMilliseconds: 10_000 };
