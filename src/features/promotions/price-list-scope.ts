/** Whom price lists of a project are meant for: what tells, without asking the database, that none can be meant for a shopper. */
export type PriceListScope = "group" | "customer" | "dealer" | "level";

export function scopeName(currency: string, kind: PriceListScope): string {
  return `${currency} ${kind}`;
}
