import type { StockSource } from "../../engine/facts.ts";

/** What is on the shelves as the engine asked for it: kept as it was then, for that is what a replay needs. */
export class StockFacts extends Map<string, number> implements StockSource {
  private readonly levels: ReadonlyMap<string, number>;

  constructor(levels: ReadonlyMap<string, number>) {
    super();
    this.levels = levels;
  }

  override get(name: string): number | undefined {
    const known = super.get(name);
    if (known !== undefined) return known;
    const units = this.levels.get(name);
    if (units !== undefined) this.set(name, units);
    return units;
  }
}
