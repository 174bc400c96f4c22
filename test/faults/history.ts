/**
 * What clients saw: every request with its answer and the times at which it was sent and answered. A checker reads the
 * history against the database; what was acknowledged must be there, what was refused must have had a reason.
 */
export interface Attempt {
  readonly request: Readonly<Record<string, unknown>>;
  readonly key: string | null;
  /** By the monotonic clock of the process that asked. */
  readonly sentAt: number;
  readonly answeredAt: number;
  /** As over REST; of GraphQL the `status` of the error. Null: the connection broke, nobody knows what happened. */
  readonly status: number | null;
  /** The problem's code, or the error of a broken connection. */
  readonly code: string | null;
  readonly retryAfter: string | null;
  readonly redemption: string | null;
  /** What was answered, byte for byte. */
  readonly text: string;
}

export class History {
  readonly attempts: Attempt[] = [];

  add(attempt: Attempt): Attempt {
    this.attempts.push(attempt);
    return attempt;
  }

  granted(): Attempt[] {
    return this.attempts.filter(({ status }) => status === 201);
  }

  refused(): Attempt[] {
    return this.attempts.filter(({ status }) => status !== 201);
  }

  /** How often each answer was given, such as `{ "201": 100, "409 code-not-applied": 1900 }`. */
  tally(): Record<string, number> {
    const tally: Record<string, number> = {};
    for (const { status, code } of this.attempts) {
      const name = code === null ? `${status}` : `${status ?? "broken"} ${code}`;
      tally[name] = (tally[name] ?? 0) + 1;
    }
    return tally;
  }
}

/**
 * A refusal is true only if the supply could have been taken by then: by requests sent before it was answered. Requests
 * that nobody knows the outcome of may have taken some. `amountOf`: what a granted request took.
 */
export function falseRefusals(
  history: History,
  supply: number,
  amountOf: (attempt: Attempt) => number = () => 1,
): Attempt[] {
  const granted = history.granted().sort((a, b) => a.sentAt - b.sentAt);
  const refused = history
    .refused()
    .filter(({ status }) => status !== null)
    .sort((a, b) => a.answeredAt - b.answeredAt);
  let next = 0;
  let taken = 0;
  return refused.filter(({ answeredAt }) => {
    for (; next < granted.length && granted[next]!.sentAt < answeredAt; next++)
      taken += amountOf(granted[next]!);
    return taken < supply;
  });
}

/** Answers under one key that differ, though every one of them says that it was granted. */
export function contradictions(history: History): string[] {
  const first = new Map<string, string>();
  const found = new Set<string>();
  for (const { key, text } of history.granted()) {
    if (key === null) continue;
    const known = first.get(key);
    if (known === undefined) first.set(key, text);
    else if (known !== text) found.add(key);
  }
  return [...found];
}
