import type { RestingSource } from "../../engine/facts.ts";

/** Which SKUs rest, as the engine asked for them: kept as they were then, for that is what a replay needs. */
export class RestingFacts extends Set<string> implements RestingSource {
  private readonly skus: ReadonlySet<string>;

  constructor(skus: ReadonlySet<string>) {
    super();
    this.skus = skus;
  }

  override has(sku: string): boolean {
    if (!this.skus.has(sku)) return false;
    this.add(sku);
    return true;
  }
}
