import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import {
  declarationOf,
  drawFaults,
  drawnValue,
  mostOdds,
  prizeAt,
  sha256,
  unbiased,
} from "../../../src/features/play/draw-odds.ts";

const seed = Buffer.from("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "hex");
const bytesOf = (...words: number[]) => {
  const bytes = Buffer.alloc(4 * words.length);
  words.forEach((word, index) => {
    bytes.writeUInt32BE(word, 4 * index);
  });
  return bytes;
};

test("every value stands for as many words as any other: what is left over is passed over", () => {
  // 2^32 = 429 · 10^7 + 4 967 296: each of ten million values has 429 words.
  const total = 10_000_000;
  const bound = 429 * total;
  expect([unbiased(bytesOf(0), total), unbiased(bytesOf(bound - 1), total)]).toEqual([0, total - 1]);
  expect([unbiased(bytesOf(bound), total), unbiased(bytesOf(bound, 5), total)]).toEqual([null, 5]);
  expect(unbiased(bytesOf(2 ** 32 - 1, bound, bound - total), total)).toBe(0);
  // A power of two leaves nothing over.
  expect(unbiased(bytesOf(2 ** 32 - 1), 2 ** 16)).toBe(2 ** 16 - 1);
  expect(unbiased(bytesOf(2 ** 32 - 1), 1)).toBe(0);
});

/** The same in another manner: the documented steps, in big integers. */
function again(number: number, nonce: string, total: number, ticket = "t:1"): number {
  for (let round = 0; ; round += 1) {
    const message = [number, round, nonce, ticket].join(":");
    const hex = createHmac("sha256", seed).update(message).digest("hex");
    const words = (hex.match(/.{8}/g) ?? []).map((word) => BigInt(`0x${word}`));
    const wide = BigInt(total);
    const word = words.find((candidate) => candidate / wide < 2n ** 32n / wide);
    if (word !== undefined) return Number(word % wide);
  }
}

test("values are those of the documented steps, and prizes come as often as the values say", () => {
  const prizes = [
    { key: "a", odds: 1 },
    { key: "never", odds: 0 },
    { key: "b", odds: 29 },
    { key: "c", odds: 70 },
  ];
  const counts = new Map<string, number>();
  const recount = [0, 0, 0];
  for (let number = 1; number <= 20_000; number += 1) {
    const nonce = number % 3 === 0 ? "" : `n-${number}`;
    const value = drawnValue(seed, { number, ticket: "t:1", nonce }, 100);
    expect(value).toBe(again(number, nonce, 100));
    const { key } = prizeAt(prizes, value);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    recount[value < 1 ? 0 : value < 30 ? 1 : 2]! += 1;
  }
  expect([counts.get("a"), counts.get("b"), counts.get("c"), counts.get("never")]).toEqual([
    ...recount,
    undefined,
  ]);
  // Within five standard deviations of 200, 5,800 and 14,000; the seed is fixed, so this never changes.
  const expected = [200, 5_800, 14_000];
  recount.forEach((count, index) => {
    const mean = expected[index]!;
    expect(Math.abs(count - mean)).toBeLessThan(5 * Math.sqrt(mean * (1 - mean / 20_000)));
  });
  for (const total of [1, 2, 3, 997, mostOdds])
    expect(drawnValue(seed, { number: 7, ticket: "t:1", nonce: "x" }, total)).toBe(again(7, "x", total));
  expect(() => prizeAt(prizes, 100)).toThrow(RangeError);
});

test("the number, the ticket, the nonce and the seed all count", () => {
  const name = { number: 1, ticket: "t", nonce: "a" };
  const values = [
    drawnValue(seed, name, mostOdds),
    drawnValue(seed, { ...name, number: 2 }, mostOdds),
    drawnValue(seed, { ...name, nonce: "b" }, mostOdds),
    drawnValue(seed, { ...name, ticket: "u" }, mostOdds),
    drawnValue(Buffer.alloc(32), name, mostOdds),
  ];
  expect(new Set(values).size).toBe(5);
});

test("whoever changes a record, leaves one out, gives more than there are or tells another seed is found out", () => {
  const draw = {
    total: 4,
    consolation: "none",
    prizes: [
      { key: "bag", odds: 3, stock: 2 },
      { key: "none", odds: 1 },
    ],
  };
  const given = { bag: 0 };
  const tickets = Array.from({ length: 12 }, (_, index) => {
    const name = { number: index + 1, ticket: `t-${index}`, nonce: "" };
    const value = drawnValue(seed, name, 4);
    const drawn = value < 3 ? "bag" : "none";
    const prize = drawn === "bag" && given.bag < 2 ? "bag" : "none";
    if (prize === "bag") given.bag += 1;
    return { ...name, value, drawn, prize };
  });
  const declaration = declarationOf(draw, seed);
  const commitment = sha256(declaration);
  const faults = (records: typeof tickets, other: object = {}) =>
    drawFaults({ seed, declaration, commitment, ...other }, records);
  expect(given.bag).toBe(2);
  expect(faults(tickets)).toEqual([]);
  const lost = tickets.findIndex(({ drawn, prize }) => drawn !== prize);
  const changed = (at: number, change: object) =>
    tickets.map((ticket, index) => (index === at ? { ...ticket, ...change } : ticket));
  expect(faults(changed(lost, { prize: "bag" }))).toHaveLength(1);
  expect(faults(changed(0, { nonce: "another" }))).not.toEqual([]);
  expect(faults(tickets.toSpliced(3, 1))).not.toEqual([]);
  expect(faults(changed(0, { ticket: "another" }))).not.toEqual([]);
  expect(faults(tickets, { seed: Buffer.alloc(32) })[0]).toMatch(/^the seed is not the one/);
  // Odds that fit what was given, told only afterwards.
  const later = declarationOf(
    { ...draw, total: 8, prizes: [{ key: "bag", odds: 7 }, ...draw.prizes.slice(1)] },
    seed,
  );
  expect(faults(tickets, { declaration: later })[0]).toMatch(/^the declaration is not the one/);
});
