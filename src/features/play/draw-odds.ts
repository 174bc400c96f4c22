/**
 * From a seed, a number and a nonce to a prize. Pure, and written so that anybody can do it again in any language:
 *
 *   commitment  = SHA-256(declaration)                                            (FIPS 180-4, UTF-8)
 *   declaration = the JSON text of the whole declaration, with `seedSha256`, the SHA-256 of the seed
 *
 *   bytes = HMAC-SHA256(key = seed, message = "<number>:<round>:<nonce>:<ticket>")     (RFC 2104)
 *   words = the eight unsigned 32-bit integers of it, big-endian
 *   value = the first word below ⌊2^32 / total⌋ · total, modulo total
 *
 * Words at or above that are passed over: with them the first values would come more often than the others (rejection sampling).
 * The round is 0; where all eight are passed over, 1, 2, … Only the ticket may have a colon, so no two tickets have one message.
 * Whoever is a ticket's owner cannot be changed without another outcome: its name is in the message. A total of up to 10^9 passes over less than one word in four.
 */
import { createHash, createHmac } from "node:crypto";

export const mostOdds = 1_000_000_000;
const words = 2 ** 32;

/** In hex. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What is published before anything is drawn: all of it, and of the seed what everybody may know. */
export function declarationOf(document: DeclaredDraw, seed: Uint8Array): string {
  return JSON.stringify({ ...document, seedSha256: sha256(seed) });
}

export interface TicketName {
  readonly number: number;
  readonly ticket: string;
  readonly nonce: string;
}

/** At least 0, below `total`. */
export function drawnValue(seed: Uint8Array, { number, ticket, nonce }: TicketName, total: number): number {
  for (let round = 0; ; round += 1) {
    const message = `${number}:${round}:${nonce}:${ticket}`;
    const value = unbiased(createHmac("sha256", seed).update(message).digest(), total);
    if (value !== null) return value;
  }
}

/** The first word that stands for a value without bias; null if none does. */
export function unbiased(bytes: Buffer, total: number): number | null {
  const bound = Math.floor(words / total) * total;
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const word = bytes.readUInt32BE(at);
    if (word < bound) return word % total;
  }
  return null;
}

export interface PrizeWithOdds {
  readonly key: string;
  readonly odds: number;
}

/** Prizes lie one after the other as they were declared, each as wide as its odds. */
export function prizeAt<Prize extends PrizeWithOdds>(prizes: readonly Prize[], value: number): Prize {
  let end = 0;
  for (const prize of prizes) {
    end += prize.odds;
    if (value < end) return prize;
  }
  throw new RangeError(`no prize stands at ${value}`);
}

export interface DeclaredDraw {
  readonly total: number;
  readonly consolation: string;
  readonly prizes: readonly (PrizeWithOdds & { readonly stock?: number | undefined })[];
}

export interface DrawnTicket extends TicketName {
  readonly value: number;
  readonly drawn: string;
  readonly prize: string;
}

export interface RevealedDraw {
  readonly seed: Uint8Array;
  readonly declaration: string;
  /** As it was published before the draw began. */
  readonly commitment: string;
}

/**
 * Where tickets, in the order of their numbers from 1 on, are not what the seed and the declaration say; empty if all are.
 * Of the declaration only what was committed to is believed.
 */
export function drawFaults(
  { seed, declaration, commitment }: RevealedDraw,
  tickets: readonly DrawnTicket[],
): string[] {
  const faults: string[] = [];
  const draw = JSON.parse(declaration) as DeclaredDraw & { readonly seedSha256: string };
  if (sha256(declaration) !== commitment) faults.push("the declaration is not the one that was committed to");
  if (sha256(seed) !== draw.seedSha256) faults.push("the seed is not the one that was committed to");
  const given = new Map<string, number>();
  tickets.forEach((ticket, index) => {
    if (ticket.number !== index + 1) faults.push(`ticket ${index + 1} is missing`);
    const value = drawnValue(seed, ticket, draw.total);
    const drawn = prizeAt(draw.prizes, value);
    const isLeft = drawn.stock === undefined || (given.get(drawn.key) ?? 0) < drawn.stock;
    const prize = isLeft ? drawn.key : draw.consolation;
    given.set(prize, (given.get(prize) ?? 0) + 1);
    if (ticket.value !== value || ticket.drawn !== drawn.key || ticket.prize !== prize)
      faults.push(`ticket ${ticket.number} stands for ${value}: ${prize}, not ${ticket.prize}`);
  });
  return faults;
}
