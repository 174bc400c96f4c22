/** Signatures as Standard Webhooks 1.0 has them (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body. */
import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";

const prefix = "whsec_";
const secretBytes = 32;

export function newWebhookSecret(): string {
  return `${prefix}${randomBytes(secretBytes).toString("base64")}`;
}

/** Its beginning, by which its owner recognizes it. */
export function hintOf(secret: string): string {
  return secret.slice(0, prefix.length + 4);
}

/** One signature for each secret: whichever of them the receiver has, it finds its own. */
export function signedHeaders(
  secrets: readonly string[],
  { id, now, body }: { id: string; now: number; body: string },
): Record<string, string> {
  const at = new Date(now);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now / 1_000)),
    "webhook-signature": secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(" "),
  };
}
