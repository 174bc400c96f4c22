/** What can be wrong with a dispatcher: a bug that the checker of G16 was seen to catch. Nothing in `src` knows of it. */
import type { Outbound } from "../../src/platform/outbound-http.ts";

/** `noted-unsent`: an event in twenty is noted as delivered and was not sent. */
export type DispatcherBug = "noted-unsent";

export function breakDispatcher(outbound: Outbound, bug: DispatcherBug | undefined): Outbound {
  if (bug === undefined) return outbound;
  let count = 0;
  const answer = { status: 204, retryAfter: null, text: "", failure: null, milliseconds: 1 };
  return {
    ...outbound,
    async post(...request) {
      count += 1;
      return count % 20 === 0 ? answer : outbound.post(...request);
    },
  };
}
