import { createHash, randomBytes } from "node:crypto";
import type { Environment } from "../../platform/auth.ts";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const nameLength = 8;
const randomLength = 32;
const checksumLength = 6;
const ownForm = new RegExp(
  `^(dw_(?:live|test)_[${alphabet}]{${nameLength}}_[${alphabet}]{${randomLength}})_([${alphabet}]{${checksumLength}})$`,
);
export const shortestForeignSecret = 24;

export interface NewSecret {
  secret: string;
  hash: Buffer;
  hint: string;
}

/** `dw_live_<name>_<160 random bits>_<checksum>`: a scanner recognizes it, and a typo is told without the database. */
export function newSecret(environment: Environment): NewSecret {
  const body = `dw_${environment}_${randomText(nameLength)}_${randomText(randomLength)}`;
  return describeSecret(`${body}_${checksumOf(body)}`);
}

export function describeSecret(secret: string): NewSecret {
  return { secret, hash: hashOf(secret), hint: hintOf(secret) };
}

export function hashOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

/** False if this cannot be a key, so that guessing and mistyping cost no query. A bootstrap key may have any form. */
export function isPlausible(secret: string): boolean {
  const match = ownForm.exec(secret);
  return match === null
    ? secret.length >= shortestForeignSecret && !secret.startsWith("dw_")
    : match[2] === checksumOf(match[1] ?? "");
}

/** Prefix and name of a key of ours. Of another only four characters, as nothing is known of how random the rest is. */
function hintOf(secret: string): string {
  return ownForm.test(secret) ? secret.split("_", 3).join("_") : `${secret.slice(0, 4)}…`;
}

function checksumOf(body: string): string {
  return textOf(createHash("sha256").update(body).digest(), checksumLength);
}

function randomText(length: number): string {
  return textOf(randomBytes(length), length);
}

function textOf(bytes: Uint8Array, length: number): string {
  return Array.from(bytes.subarray(0, length), (byte) => alphabet.charAt(byte & 31)).join("");
}
