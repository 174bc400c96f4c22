/** What is sent to a receiver, and what is kept of its answer. */
import { signedHeaders } from "./webhook-signature.ts";

const mostAnswerCharacters = 1_000;

export function requestHeaders(
  secrets: readonly string[],
  message: { id: string; now: number; body: string },
): Record<string, string> {
  return {
    ...signedHeaders(secrets, message),
    "content-type": "application/cloudevents+json; charset=utf-8",
    "user-agent": "Dealwright-Webhooks/1",
  };
}

/** What can be stored and shown: PostgreSQL takes no NUL. */
export function answerText(text: string): string {
  return text.slice(0, mostAnswerCharacters).replaceAll("\0", "\ufffd");
}
