import autocannon from "autocannon";

export const connections = 16;

export interface Route {
  readonly name: string;
  readonly url: string;
  readonly key?: string;
  readonly body: string;
  readonly requestsPerSecond: number[];
}

/** A server that shares its cores with others sheds a request now and then: those are not counted. */
const mostRefused = 0.01;

/** Requests a second that were answered as they should be; throws where others were more than a few. */
export async function load(
  { url, key, body }: Pick<Route, "url" | "key" | "body">,
  seconds: number,
  isWarmUp = false,
): Promise<number> {
  const headers = {
    "content-type": "application/json",
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };
  const result = await autocannon({ url, method: "POST", headers, body, connections, duration: seconds });
  const answered = result.requests.total - result.non2xx;
  if (!isWarmUp && (result.non2xx > mostRefused * answered || result.errors > 0))
    throw new Error(`${url}: ${result.non2xx} refusals, ${result.errors} errors`);
  return answered / result.duration;
}
