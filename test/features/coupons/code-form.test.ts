import fc from "fast-check";
import { expect, test } from "vitest";
import { normalizeCode } from "../../../src/engine/codes.ts";
import {
  candidatesOf,
  checkDigit,
  codeForm,
  crockford,
  mostCodes,
  printCode,
  storedCode,
} from "../../../src/features/coupons/code-form.ts";
import { type CodeRange, codeRows } from "../../../src/features/coupons/code-rows.ts";

const digits = fc.integer({ min: 2, max: 36 }).chain((base) =>
  fc.record({
    base: fc.constant(base),
    digits: fc.array(fc.nat(base - 1), { minLength: 1, maxLength: 24 }),
  }),
);

test("one mistyped character always fails the check, in every alphabet", () => {
  fc.assert(
    fc.property(digits, fc.nat(), fc.nat(), ({ base, digits }, at, by) => {
      const place = at % digits.length;
      const wrong = digits.with(place, (digits[place]! + 1 + (by % (base - 1))) % base);
      expect(checkDigit(wrong, base)).not.toBe(checkDigit(digits, base));
      expect(checkDigit(digits, base)).toBeLessThan(base);
    }),
  );
});

test("two neighbours that change places fail the check 49 times in 50, in Crockford's alphabet", () => {
  let all = 0;
  let unseen = 0;
  for (let before = 0; before < 32; before += 1)
    for (let a = 0; a < 32; a += 1)
      for (let b = 0; b < 32; b += 1) {
        if (a === b) continue;
        all += 1;
        if (checkDigit([before, a, b], 32) === checkDigit([before, b, a], 32)) unseen += 1;
      }
  expect(unseen / all).toBeLessThan(0.02);
});

async function codesOf(
  form: ReturnType<typeof codeForm>,
  count: number,
  range?: CodeRange,
): Promise<string[]> {
  const row = { projectId: "p", poolId: "q", maxUses: 1, expiresAt: null, createdAt: new Date(0) };
  const pieces: Buffer[] = [];
  for await (const piece of codeRows(form, row, count, range)) pieces.push(piece);
  const rows = Buffer.concat(pieces).subarray(19, -2);
  const size = rows.length / count;
  return Array.from({ length: count }, (_, index) =>
    rows.subarray(index * size + 11, index * size + 11 + form.stored.length).toString("latin1"),
  );
}

const settings = fc.record({
  alphabet: fc
    .uniqueArray(fc.constantFrom(..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), { minLength: 2, maxLength: 36 })
    .map((characters) => characters.join("")),
  pattern: fc
    .array(fc.constantFrom("#", "#", "#", "-", "A", "o", "L", "7"), { minLength: 2, maxLength: 40 })
    .map((characters) => `##${characters.join("")}`),
  prefix: fc.constantFrom("", "Mai-", "I0"),
  checkCharacter: fc.boolean(),
});

test("what is drawn is printed in the pool's form, and whatever is printed leads back to it", async () => {
  await fc.assert(
    fc.asyncProperty(settings, async (given) => {
      const form = codeForm(given);
      for (const stored of await codesOf(form, 5)) {
        const printed = printCode(form, stored, null);
        const places = (given.prefix + given.pattern).replaceAll("#", `[${given.alphabet}]`);
        expect(printed).toMatch(new RegExp(`^${places}$`));
        expect(candidatesOf(printed)).toContain(stored);
        expect(storedCode(form, printed)).toEqual({ stored, spelling: null });
        expect(storedCode(form, printed.toLowerCase().replaceAll("-", " ")).stored).toBe(stored);
      }
    }),
    { numRuns: 60 },
  );
});

test("a code of another form is compared as the pool compares codes, and printed as it is spelled", () => {
  const form = codeForm({ alphabet: crockford, checkCharacter: true });
  for (const code of ["HELLO", "O0O0O0O0O0O0O", "ПРИВЕТ-1"]) {
    const { stored, spelling } = storedCode(form, code);
    expect(candidatesOf(code)).toContain(stored);
    expect(printCode(form, stored, spelling)).toBe(normalizeCode(code));
    const asSpelled = codeForm({ alphabet: `${crockford}O`, checkCharacter: true });
    expect(storedCode(asSpelled, code)).toEqual({ stored: normalizeCode(code), spelling: null });
  }
});

test("codes are drawn in ascending order, from their own part of all codes", async () => {
  const form = codeForm({ alphabet: crockford, length: 16, checkCharacter: false });
  const whole = await codesOf(form, 2_000);
  expect(whole).toEqual(whole.toSorted());
  const quarter = await codesOf(form, 2_000, { from: 0.25, to: 0.5 });
  expect(quarter).toEqual(quarter.toSorted());
  for (const code of quarter) expect(crockford.indexOf(code.charAt(0)) >> 3).toBe(1);
});

test("every character is drawn as often as any other, at the beginning as at the end", async () => {
  const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const codes = await codesOf(codeForm({ alphabet, length: 30, checkCharacter: false }), 20_000);
  for (const [from, to] of [
    [0, 10],
    [10, 30],
  ] as const) {
    const times = new Map<string, number>();
    for (const code of codes)
      for (const character of code.slice(from, to)) times.set(character, (times.get(character) ?? 0) + 1);
    const expected = (20_000 * (to - from)) / alphabet.length;
    const deviation = Math.sqrt(expected * (1 - 1 / alphabet.length));
    // One run in ten million goes beyond six deviations somewhere; bytes taken modulo 36 go beyond eleven.
    for (const character of alphabet)
      expect(Math.abs((times.get(character) ?? 0) - expected), character).toBeLessThan(6 * deviation);
  }
});

test.each([
  [12, 2 ** 28],
  [10, 2 ** 18],
  [8, 2 ** 8],
  [7, 8],
  [6, 0],
])("%i random characters of Crockford's alphabet are enough for %i codes", (length, most) => {
  expect(mostCodes(codeForm({ alphabet: crockford, length, checkCharacter: true }))).toBe(most);
});
