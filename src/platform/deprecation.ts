/** How an operation says that it will go: RFC 9745 and RFC 8594 over REST, `deprecated` in OpenAPI and in GraphQL. */
export interface Deprecation {
  /** Since when nobody should begin to use it; RFC 3339. */
  readonly since: `${number}-${number}-${number}T${string}Z`;
  /** When it may stop to answer; RFC 3339. */
  readonly sunset?: `${number}-${number}-${number}T${string}Z`;
  /** What to use in its place, in words. */
  readonly instead: string;
}

export function deprecationHeaders({ since, sunset }: Deprecation): Record<string, string> {
  return {
    // A structured-field date: seconds after an @ (RFC 9745 §2.1).
    deprecation: `@${Math.floor(Date.parse(since) / 1_000)}`,
    ...(sunset !== undefined && { sunset: new Date(sunset).toUTCString() }),
  };
}

export function deprecationReason({ sunset, instead }: Deprecation): string {
  return sunset === undefined ? instead : `${instead} It may be gone after ${sunset}.`;
}
