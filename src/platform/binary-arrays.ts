/**
 * Arrays as PostgreSQL takes them in binary (`array_send` and `array_recv` in its sources; pg sends a Buffer as a binary parameter).
 *
 * For statements that bring many rows at once: as text, every quote and backslash of every element is escaped here and parsed
 * there, which took longer than writing the rows.
 */

const oid = { bytea: 17, bigint: 20, text: 25, tid: 27 } as const;
const headerBytes = 20;

/** For a parameter of type `text[]`. */
export function textArray(values: readonly (string | null | undefined)[]): Buffer {
  let size = headerBytes;
  for (const value of values) size += 4 + (value == null ? 0 : Buffer.byteLength(value));
  const array = begin(oid.text, values.length, size);
  let at = headerBytes;
  for (const value of values) at = value == null ? putNull(array, at) : putString(array, at, value, "utf8");
  return array;
}

/** For `bytea[]`, from hexadecimal digits. */
export function bytesArray(values: readonly string[]): Buffer {
  let size = headerBytes;
  for (const value of values) size += 4 + (value.length >> 1);
  const array = begin(oid.bytea, values.length, size);
  let at = headerBytes;
  for (const value of values) at = putString(array, at, value, "hex");
  return array;
}

/** For `bigint[]`. */
export function bigintArray(values: readonly (number | null | undefined)[]): Buffer {
  let size = headerBytes;
  for (const value of values) size += value == null ? 4 : 12;
  const array = begin(oid.bigint, values.length, size);
  let at = headerBytes;
  for (const value of values) {
    if (value == null) at = putNull(array, at);
    else {
      array.writeInt32BE(8, at);
      array.writeInt32BE(Math.floor(value / 2 ** 32), at + 4);
      array.writeUInt32BE(value >>> 0, at + 8);
      at += 12;
    }
  }
  return array;
}

/** For `tid[]`, from places of rows as `ctid::text` writes them: (17,4). */
export function placesArray(places: readonly string[]): Buffer {
  const array = begin(oid.tid, places.length, headerBytes + 10 * places.length);
  let at = headerBytes;
  for (const place of places) {
    const comma = place.indexOf(",");
    array.writeInt32BE(6, at);
    array.writeUInt32BE(Number(place.slice(1, comma)), at + 4);
    array.writeUInt16BE(Number(place.slice(comma + 1, -1)), at + 8);
    at += 10;
  }
  return array;
}

/** One dimension, counted from 1; an array without elements has none. */
function begin(elementType: number, length: number, size: number): Buffer {
  const array = Buffer.allocUnsafe(length === 0 ? 12 : size);
  array.writeInt32BE(length === 0 ? 0 : 1, 0);
  array.writeInt32BE(1, 4);
  array.writeInt32BE(elementType, 8);
  if (length === 0) return array;
  array.writeInt32BE(length, 12);
  array.writeInt32BE(1, 16);
  return array;
}

function putNull(array: Buffer, at: number): number {
  array.writeInt32BE(-1, at);
  return at + 4;
}

function putString(array: Buffer, at: number, value: string, encoding: "utf8" | "hex"): number {
  const length = array.write(value, at + 4, encoding);
  array.writeInt32BE(length, at);
  return at + 4 + length;
}
