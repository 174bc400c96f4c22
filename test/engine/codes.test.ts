import fc from "fast-check";
import { expect, it, test } from "vitest";
import { foldLookAlikes, normalizeCode } from "../../src/engine/codes.ts";

it.each([
  ["lower case", "save30", "SAVE30"],
  ["dashes", "WELCOME-7Q2M", "WELCOME7Q2M"],
  ["every Unicode dash and the minus sign", "a‐b‑c‒d–e—f―g−h﹘i-j", "ABCDEFGHIJ"],
  ["spaces of every kind", " S A\tV\u00a0E\u30003 0\n", "SAVE30"],
  ["invisible characters", "S\u200bA\u200dV\ufeffE\u00ad30\u2060", "SAVE30"],
  ["full-width letters", "SAVE30", "SAVE30"],
  ["ligatures", "offer", "OFFER"],
  ["Chinese stays", "双十一-2026", "双十一2026"],
  ["underscores and dots stay", "a_b.c", "A_B.C"],
  ["sharp s", "straße", "STRASSE"],
  ["nothing left", " - \u200b ", ""],
])("normalising: %s", (_, text, code) => {
  expect(normalizeCode(text)).toBe(code);
});

test("normalising twice changes nothing more", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      const code = normalizeCode(text);
      expect(normalizeCode(code)).toBe(code);
    }),
    { numRuns: 1_000 },
  );
});

test("a code typed with dashes, spaces or in lower case is the same code", () => {
  const code = fc.string({
    unit: fc.constantFrom(..."ABCDEFGHJKMNPQRSTUVWXYZ0123456789"),
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(code, (printed) => {
      expect(normalizeCode([...printed.toLowerCase()].join("-"))).toBe(printed);
      expect(normalizeCode([...printed].join(" "))).toBe(printed);
    }),
    { numRuns: 200 },
  );
});

it("folds look-alikes to digits and nothing else", () => {
  expect(foldLookAlikes("OIL0123ABZ")).toBe("0110123ABZ");
});
