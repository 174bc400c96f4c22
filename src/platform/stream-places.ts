/** How many streams of a kind may be open at once: nobody takes the places of all others by opening streams. */
import { type Caller, projectOf } from "./auth.ts";
import { problem } from "./problem.ts";

/** In one process. A project's environments count together. */
export const streamPlaces = { streamsOfAll: 200, streamsPerProject: 50, streamsPerKey: 20 };

const retryAfterSeconds = 5;

export interface StreamPlaces {
  /** The pieces of `inner`, with a place taken from the first one to the end; a 429 or 503 where none is free. */
  hold<Piece>(caller: Caller, inner: AsyncGenerator<Piece>): AsyncGenerator<Piece>;
}

export function newStreamPlaces(most = streamPlaces): StreamPlaces {
  const taken = new Map<string, number>();

  function take(name: string, by: 1 | -1): void {
    const count = (taken.get(name) ?? 0) + by;
    if (count === 0) taken.delete(name);
    else taken.set(name, count);
  }

  return {
    async *hold({ projectId, apiKeyId }, inner) {
      const project = projectOf(projectId);
      const places = [
        { name: `key ${apiKeyId}`, limit: most.streamsPerKey, whose: "The key" },
        { name: `project ${project}`, limit: most.streamsPerProject, whose: "The project" },
        { name: "all", limit: most.streamsOfAll, whose: null },
      ];
      const full = places.find(({ name, limit }) => (taken.get(name) ?? 0) >= limit);
      if (full !== undefined) throw refusal(full);
      for (const { name } of places) take(name, 1);
      try {
        yield* inner;
      } finally {
        for (const { name } of places) take(name, -1);
      }
    },
  };
}

function refusal({ whose, limit }: { whose: string | null; limit: number }) {
  const headers = { "retry-after": String(retryAfterSeconds) };
  if (whose === null) return problem("unavailable", { headers });
  return problem("too-many-requests", {
    detail: `${whose} has ${limit} of these streams open, as many as it may.`,
    headers,
    extensions: { retryAfterSeconds },
  });
}
