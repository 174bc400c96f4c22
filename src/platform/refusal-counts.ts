/** How often requests were refused, and why: for Prometheus. */
import type { Problem } from "./problem.ts";

export interface RefusalCounts {
  note(failure: Problem): void;
  /** By problem, its status, and by what the first of its errors says. */
  counted(): Iterable<readonly [labels: Refusal, count: number]>;
}

interface Refusal {
  readonly problem: string;
  /** Over GraphQL it is not that of the answer. */
  readonly status: string;
  readonly reason: string;
}

/** More are counted together. The codes of problems and errors are ours, but nobody need rely on there being few. */
const mostReasons = 300;

export function refusalCounts(): RefusalCounts {
  const counts = new Map<string, { labels: Refusal; count: number }>();
  return {
    note({ code, status, errors }) {
      const reason = errors?.[0]?.code ?? "";
      const known = counts.get(`${code} ${reason}`);
      if (known !== undefined) {
        known.count += 1;
        return;
      }
      const labels = {
        problem: code,
        status: String(status),
        reason: counts.size < mostReasons ? reason : "other",
      };
      const key = `${labels.problem} ${labels.reason}`;
      counts.set(key, { labels, count: (counts.get(key)?.count ?? 0) + 1 });
    },
    *counted() {
      for (const { labels, count } of counts.values()) yield [labels, count];
    },
  };
}
