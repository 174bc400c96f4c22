/** When an event is sent again that was not taken, and what an answer means. */

/** Ten seconds to eight hours, growing; then every eight hours, until three days are over. */
export const retryDelaysSeconds: readonly number[] = [
  10,
  60,
  300,
  1_500,
  5_400,
  21_600,
  ...Array.from({ length: 8 }, () => 28_800),
];

/** Added to each delay, at random: what failed together does not come again together. */
export const mostJitter = 0.1;

/** A receiver that has taken nothing for so long is not served any more. */
export const failingMilliseconds = 72 * 3_600_000;

const longestRetryAfterMilliseconds = 24 * 3_600_000;
/** After an answer that speaks of the receiver, not of the event, so that a backlog does not become a hail. */
const restMilliseconds = 5_000;

/** Epoch milliseconds of the next attempt, after so many; null: there is none. `random` is in [0, 1). */
export function nextAttemptAt(attempts: number, now: number, random: number): number | null {
  const seconds = retryDelaysSeconds[attempts - 1];
  return seconds === undefined ? null : now + Math.round(seconds * 1_000 * (1 + mostJitter * random));
}

/** Until when the receiver asks to be left alone (RFC 9110 §10.2.3): seconds or a date; null if it does not. At most a day. */
export function retryAfterOf(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  const at = /^\d{1,9}$/.test(text) ? now + Number(text) * 1_000 : Date.parse(text);
  if (!(at > now)) return null;
  return Math.min(at, now + longestRetryAfterMilliseconds);
}

export type Verdict = "delivered" | "gone" | "failed";

/** Only 2xx is a yes. Redirects are not followed: where they lead is for whoever registered the URL to say. */
export function verdictOf(status: number | null): Verdict {
  if (status !== null && status >= 200 && status < 300) return "delivered";
  return status === 410 ? "gone" : "failed";
}

/** Until when nothing at all is sent to the receiver; null: the failure speaks of one event only. */
export function restUntil(status: number | null, retryAfter: number | null, now: number): number | null {
  if (retryAfter !== null) return retryAfter;
  const isOfOneEvent = status !== null && status >= 400 && status < 500 && ![408, 425, 429].includes(status);
  return isOfOneEvent ? null : now + restMilliseconds;
}
