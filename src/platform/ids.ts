import { randomFillSync } from "node:crypto";

// Crockford's alphabet leaves out i, l, o and u, so that an id read over the telephone is unambiguous.
export const idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const timeDigits = 10;
const randomDigits = 16;

let latestTime = 0;
const tail = new Uint8Array(randomDigits);
// Asking the system for a few bytes costs as much as asking for many.
const pool = new Uint8Array(256 * randomDigits);
let drawn = pool.length;

/**
 * A new id such as `prm_01k8v3s6m2x4…`: the prefix, 48 bits of time and 80 bits of randomness, ordered by time.
 *
 * Ids made by one process never go backwards, even within one millisecond or when the wall clock is set back:
 * rows written together then stay together in the index, and a cursor over ids follows the order of creation.
 */
export function newId(prefix: string, now: number = Date.now()): string {
  if (now > latestTime) {
    latestTime = now;
    drawTail();
  } else {
    incrementTail();
  }
  let id = `${prefix}_${timePart(latestTime)}`;
  for (const digit of tail) id += idAlphabet.charAt(digit);
  return id;
}

function drawTail(): void {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  for (let index = 0; index < randomDigits; index += 1) tail[index] = pool[drawn + index]! & 31;
  drawn += randomDigits;
}

function incrementTail(): void {
  for (let index = randomDigits - 1; index >= 0; index -= 1) {
    if (tail[index]! < 31) {
      tail[index] = tail[index]! + 1;
      return;
    }
    tail[index] = 0;
  }
  // Every digit overflowed: 2^80 ids in one millisecond, or a random tail that began at the very end.
  latestTime += 1;
}

function timePart(time: number): string {
  let rest = time;
  let digits = "";
  for (let index = 0; index < timeDigits; index += 1) {
    digits = idAlphabet.charAt(rest % 32) + digits;
    rest = Math.floor(rest / 32);
  }
  return digits;
}
