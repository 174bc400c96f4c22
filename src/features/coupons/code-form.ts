/**
 * How the codes of a pool look: which characters they are made of, how they are stored and how they are printed.
 *
 * Stored is what typed codes are compared with (normalised, look-alikes folded where the alphabet allows); printed is
 * what a customer gets to see. The one follows from the other and the pool.
 */
import { foldLookAlikes, normalizeCode } from "../../engine/codes.ts";

/** Crockford's: digits and letters but I, L, O and U. 5 bits a character, nothing to confuse, few words. */
export const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/**
 * How many times as many codes there must be as are given out: a guess then hits with a probability of at most 2^-32.
 *
 * Whoever makes 1,000 guesses a second without a pause needs seven weeks for the first hit, and is noticed before. At 2^-20,
 * which looks small, the same takes a quarter of an hour. So 12 random characters of Crockford's alphabet (60 bits)
 * are enough for 2^28 codes, 10 for 262,144 and 8 for 256.
 */
export const guessBits = 32;

export interface CodeSettings {
  readonly alphabet: string;
  readonly length?: number | undefined;
  readonly pattern?: string | undefined;
  readonly prefix?: string | undefined;
  readonly checkCharacter: boolean;
}

export interface CodeForm {
  /** In ascending order, so that codes sort as their digits do. */
  readonly alphabet: string;
  /** Characters drawn at random; those of the check come on top. */
  readonly randomLength: number;
  readonly hasCheck: boolean;
  /** O is read as 0, I and L as 1. */
  readonly folds: boolean;
  /** The code as it is stored: text, and a null for every drawn or check character. */
  readonly stored: readonly (string | null)[];
  /** The same as it is printed. */
  readonly printed: readonly (string | null)[];
}

export function codeForm({
  alphabet,
  length = 12,
  pattern,
  prefix = "",
  checkCharacter,
}: CodeSettings): CodeForm {
  const sorted = [...alphabet].sort().join("");
  const folds = isFoldable(sorted);
  const places = pattern === undefined ? length + (checkCharacter ? 1 : 0) : countPlaces(pattern);
  const text = pattern === undefined ? prefix + "#".repeat(places) : prefix + pattern;
  const printed = [...text].map((character) => (character === "#" ? null : character));
  const stored = printed.flatMap((character): (string | null)[] => {
    if (character === null) return [null];
    const normal = normalizeCode(character);
    return [...(folds ? foldLookAlikes(normal) : normal)];
  });
  return {
    alphabet: sorted,
    randomLength: places - (checkCharacter ? 1 : 0),
    hasCheck: checkCharacter,
    folds,
    stored,
    printed,
  };
}

function countPlaces(pattern: string): number {
  return pattern.split("#").length - 1;
}

/** At most one of each pair that people confuse. */
function isFoldable(alphabet: string): boolean {
  const count = (characters: string) => [...characters].filter((one) => alphabet.includes(one)).length;
  return count("0O") <= 1 && count("1IL") <= 1;
}

/** The same of forms whose codes cannot be told apart: whoever guesses one guesses at the codes of all their pools. */
export function spaceOf({ alphabet, hasCheck, folds, stored }: CodeForm): string {
  return JSON.stringify([folds ? foldLookAlikes(alphabet) : alphabet, hasCheck, stored]);
}

/** How many codes of the form may be given out, all in all, by all pools that have it. */
export function mostCodes({ alphabet, randomLength }: CodeForm): number {
  return Math.floor(alphabet.length ** randomLength / 2 ** guessBits);
}

/**
 * A character that catches every single mistyped character, so that a till can tell a typing error from an unknown code
 * without asking. It makes no code harder to guess.
 *
 * ISO 7064's hybrid system for an even alphabet; where its multiplier 2 has no inverse, alternating weights 1 and 2 do.
 */
export function checkDigit(digits: ArrayLike<number>, base: number): number {
  if (base % 2 === 0) {
    let state = base;
    for (let place = 0; place < digits.length; place += 1) {
      const sum = (state + digits[place]!) % base;
      state = ((sum === 0 ? base : sum) * 2) % (base + 1);
    }
    return (base + 1 - state) % base;
  }
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) sum += digits[place]! * (1 + (place % 2));
  return (base - (sum % base)) % base;
}

/** The drawn and check characters of a stored code as digits of the alphabet; null if it is not of this form. */
function digitsOf(form: CodeForm, stored: string): number[] | null {
  if (stored.length !== form.stored.length) return null;
  const alphabet = form.folds ? foldLookAlikes(form.alphabet) : form.alphabet;
  const digits: number[] = [];
  for (const [place, expected] of form.stored.entries()) {
    const character = stored.charAt(place);
    if (expected === null) {
      const digit = alphabet.indexOf(character);
      if (digit === -1) return null;
      digits.push(digit);
    } else if (character !== expected) return null;
  }
  if (form.hasCheck && checkDigit(digits.slice(0, -1), form.alphabet.length) !== digits.at(-1)) return null;
  return digits;
}

/** A stored code as customers see it. An imported one of another form is printed as it was spelled: its `spelling`, null if it is no other. */
export function printCode(form: CodeForm, stored: string, spelling: string | null): string {
  if (spelling !== null) return spelling;
  const digits = digitsOf(form, stored);
  if (digits === null) return stored;
  let place = 0;
  return form.printed.map((text) => text ?? form.alphabet.charAt(digits[place++]!)).join("");
}

/** How a code from elsewhere is stored: as the pool compares codes, and how it was spelled, should that not follow from its form. */
export function storedCode(form: CodeForm, code: string): { stored: string; spelling: string | null } {
  const normal = normalizeCode(code);
  const stored = form.folds ? foldLookAlikes(normal) : normal;
  const isSpelled = stored !== normal && digitsOf(form, stored) === null;
  return { stored, spelling: isSpelled ? normal : null };
}

/** What a typed code may be stored as, the likelier first: as it is, and with its look-alikes folded. */
export function candidatesOf(code: string): string[] {
  const normal = normalizeCode(code);
  const folded = foldLookAlikes(normal);
  return folded === normal ? [normal] : [normal, folded];
}
