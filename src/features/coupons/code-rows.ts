/** Codes drawn at random, as rows for a binary COPY: sorted, and without a JavaScript value for each. */
import { randomFillSync } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type CodeForm, checkDigit } from "./code-form.ts";

export interface CodeRow {
  readonly projectId: string;
  readonly poolId: string;
  readonly maxUses: number;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
}

/** The columns of the rows, in their order. */
export const codeRowColumns = [
  "project_id",
  "code",
  "pool_id",
  "max_uses",
  "expires_at",
  "created_at",
] as const;

const rowsPerPiece = 5_000;
const copyHeader = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
const copyTrailer = Buffer.from([0xff, 0xff]);

/** A part of all codes of a form, in their order: from 0 to 1 is all of them. */
export interface CodeRange {
  readonly from: number;
  readonly to: number;
}

const allCodes: CodeRange = { from: 0, to: 1 };

/**
 * A whole COPY of `count` rows, in pieces; between them others get their turn.
 *
 * Codes come in ascending order (COPY into an index is then nearly twice as fast): the leading digits are drawn as numbers
 * of the range and sorted, and each gets its other digits, which are independent of them, afterwards. Within the range
 * every code is as likely as any other. Equal ones are as unlikely as the space is large; whoever stores them must cope.
 */
export async function* codeRows(
  form: CodeForm,
  row: CodeRow,
  count: number,
  range: CodeRange = allCodes,
): AsyncGenerator<Buffer> {
  const base = form.alphabet.length;
  const leadingLength = Math.min(form.randomLength, Math.floor(53 / Math.log2(base)));
  const numbers = base ** leadingLength;
  const first = Math.floor(numbers * range.from);
  const leading = randomNumbers(count, first, Math.max(Math.floor(numbers * range.to), first + 1)).sort();
  const trailing = randomDigits(count * (form.randomLength - leadingLength), base);
  const { template, codeAt } = rowTemplate(form, row);
  const places = form.stored.flatMap((text, index) => (text === null ? [codeAt + index] : []));
  const digits = new Uint8Array(form.randomLength);
  const characters = Buffer.from(foldedAlphabet(form), "latin1");

  yield copyHeader;
  let used = 0;
  for (let from = 0; from < count; from += rowsPerPiece) {
    const rows = Math.min(rowsPerPiece, count - from);
    const piece = Buffer.allocUnsafe(rows * template.length);
    for (let index = 0; index < rows; index += 1) {
      let rest = leading[from + index]!;
      for (let place = leadingLength - 1; place >= 0; place -= 1) {
        const next = Math.floor(rest / base);
        digits[place] = rest - next * base;
        rest = next;
      }
      for (let place = leadingLength; place < form.randomLength; place += 1)
        digits[place] = trailing[used++]!;
      const at = index * template.length;
      template.copy(piece, at);
      for (let place = 0; place < digits.length; place += 1)
        piece[at + places[place]!] = characters[digits[place]!]!;
      if (form.hasCheck) piece[at + places[digits.length]!] = characters[checkDigit(digits, base)]!;
    }
    yield piece;
    await nextTurn();
  }
  yield copyTrailer;
}

/** Folding may break the order of the alphabet by one place; codes then sort nearly as well. */
function foldedAlphabet({ alphabet, folds }: CodeForm): string {
  return folds ? alphabet.replace("O", "0").replace(/[IL]/, "1") : alphabet;
}

/** Uniform over the whole numbers from `first` on and below `end`, which is at most 2^53. */
function randomNumbers(count: number, first: number, end: number): Float64Array {
  const numbers = new Float64Array(count);
  const size = end - first;
  const fair = Math.floor(2 ** 53 / size) * size;
  let words = new Uint32Array(0);
  let next = 0;
  for (let index = 0; index < count; ) {
    if (next === words.length) {
      words = randomFillSync(new Uint32Array(2 * Math.min(8_192, count)));
      next = 0;
    }
    const number = (words[next]! & 0x1fffff) * 2 ** 32 + words[next + 1]!;
    next += 2;
    // What does not divide evenly would favour the small ones.
    if (number < fair) numbers[index++] = first + (number % size);
  }
  return numbers;
}

function randomDigits(count: number, base: number): Uint8Array {
  const digits = new Uint8Array(count);
  const fair = 256 - (256 % base);
  const bytes = Buffer.allocUnsafe(8_192);
  for (let index = 0; index < count; ) {
    randomFillSync(bytes);
    for (let next = 0; next < bytes.length && index < count; next += 1)
      if (bytes[next]! < fair) digits[index++] = bytes[next]! % base;
  }
  return digits;
}

/** One row as COPY wants it, with room for the code. All codes of a form are of one length. */
function rowTemplate(form: CodeForm, { projectId, poolId, maxUses, expiresAt, createdAt }: CodeRow) {
  const code = Buffer.from(form.stored.map((text) => text ?? "#").join(""), "latin1");
  const fields = [
    Buffer.from(projectId),
    code,
    Buffer.from(poolId),
    int32(maxUses),
    expiresAt === null ? null : timestamp(expiresAt),
    timestamp(createdAt),
  ];
  const count = Buffer.alloc(2);
  count.writeInt16BE(fields.length);
  const parts = fields.flatMap((field) => (field === null ? [int32(-1)] : [int32(field.length), field]));
  const template = Buffer.concat([count, ...parts]);
  return { template, codeAt: 2 + 4 + fields[0]!.length + 4 };
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Microseconds since 2000. */
function timestamp(at: Date): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(at.getTime() - Date.UTC(2000, 0, 1)) * 1000n);
  return bytes;
}
