/** What can be wrong with a dispatcher: the bugs that the checker of G16 was seen to catch. Nothing in `src` knows of them. */
import pg from "pg";
import type { Outbound } from "../../src/platform/outbound-http.ts";

/**
 * `noted-unsent`: an event in twenty is noted as delivered and was not sent. `any-order`: what is due is sent, whatever earlier
 * event of its subject is still to be sent; one in five fails the first time.
 */
export type DispatcherBug = "noted-unsent" | "any-order";

/** Where the dispatcher keeps the order of a subject, by a part of the statement, and what becomes of it. */
const keepsOrder: readonly { part: string; place: RegExp; broken: string }[] = [
  {
    // The condition stays in the text, as its parameters would have no type without it.
    part: "webhook_deliveries head",
    place:
      /and (not exists \(\s*select from webhook_deliveries earlier[\s\S]*?earlier\.position < head\.position\))/,
    broken: "and (true or $1)",
  },
  {
    part: "), waiting as (",
    place: /(\), waiting as \([\s\S]*?) and exists \(select from served\)/,
    broken: "$1 and false",
  },
];

export function breakDispatcher(outbound: Outbound, bug: DispatcherBug | undefined): Outbound {
  if (bug === undefined) return outbound;
  let count = 0;
  const answer = { retryAfter: null, text: "", failure: null, milliseconds: 1 };
  if (bug === "noted-unsent")
    return {
      ...outbound,
      async post(...request) {
        count += 1;
        return count % 20 === 0 ? { ...answer, status: 204 } : outbound.post(...request);
      },
    };
  forgetOrder();
  const failed = new Set<string | undefined>();
  return {
    ...outbound,
    async post(...request) {
      const id = request[1]["webhook-id"];
      count += 1;
      if (count % 5 !== 0 || failed.has(id)) return outbound.post(...request);
      failed.add(id);
      return { ...answer, status: 400 };
    },
  };
}

/** What follows one that waits for its next attempt waits no longer. Ends the process if there is no such statement any more. */
function forgetOrder(): void {
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function (this: pg.Client, given: unknown, ...rest: unknown[]) {
    // Changed in place: it may be a query of a class of its own, of which a copy would answer to nobody.
    const statement = given as { text?: string };
    const { text } = statement;
    const one = keepsOrder.find(({ part }) => text?.includes(part));
    if (one !== undefined && text !== undefined) {
      statement.text = text.replace(one.place, one.broken);
      if (statement.text === text) process.exit(1);
    }
    return Reflect.apply(query, this, [given, ...rest]);
  } as typeof query;
}
