/** Codes of members: shown to everybody, worth nothing by themselves, and long enough (50 bits) not to be met by chance. */
import { randomBytes } from "node:crypto";
import { crockford } from "../coupons/code-form.ts";

const length = 10;

export function newReferralCode(): string {
  return [...randomBytes(length)].map((byte) => crockford[byte & 31]).join("");
}

/** As it is stored, however it was typed. */
export function storedReferralCode(typed: string): string {
  return typed
    .normalize("NFKC")
    .toUpperCase()
    .replaceAll(/[\s-]/g, "")
    .replaceAll("O", "0")
    .replaceAll(/[IL]/g, "1");
}

/** Where it leads; null where the programme has no link. */
export function referralLink(template: string | undefined, code: string): string | null {
  return template === undefined ? null : template.replaceAll("{code}", code);
}
