/** Whether an order was shipped where its dealer may sell [窜货]. Without a database. */
import { createHash } from "node:crypto";
import type { Territory } from "./dealer-schemas.ts";

/** Where an order went, as far as it says. */
export interface Destination {
  readonly region: string | null;
  readonly postalCode: string | null;
  readonly store: string | null;
}

/** `unknown`: the order says nothing of what the territory names. */
export function placeOf(
  { regions = [], postalPrefixes = [], stores = [] }: Territory,
  { region, postalCode, store }: Destination,
): "inside" | "outside" | "unknown" {
  if (regions.length + postalPrefixes.length + stores.length === 0) return "inside";
  const answers: boolean[] = [];
  if (regions.length > 0 && region !== null) answers.push(regions.includes(region));
  if (postalPrefixes.length > 0 && postalCode !== null) {
    const code = plain(postalCode);
    answers.push(postalPrefixes.some((prefix) => code.startsWith(plain(prefix))));
  }
  if (stores.length > 0 && store !== null) answers.push(stores.includes(store));
  if (answers.length === 0) return "unknown";
  return answers.includes(true) ? "inside" : "outside";
}

function plain(postalCode: string): string {
  return postalCode.replaceAll(/\s/g, "").toUpperCase();
}

/** Equal for the same dealer and destination: what was cleared stays so until one of them is another. */
export function destinationHash(dealer: string, { region, postalCode, store }: Destination): string {
  return createHash("sha256")
    .update(JSON.stringify([dealer, region, postalCode, store]))
    .digest("base64url");
}
