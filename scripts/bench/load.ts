import autocannon from "autocannon";

export const connections = 16;

export interface Route {
  readonly name: string;
  readonly url: string;
  readonly key?: string;
  readonly body: string;
  readonly requestsPerSecond: number[];
}

/** Requests a second; throws where one is not answered as it should be. */
export async function load(
  { url, key, body }: Pick<Route, "url" | "key" | "body">,
  seconds: number,
): Promise<number> {
  const headers = {
    "content-type": "application/json",
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };
  const result = await autocannon({ url, method: "POST", headers, body, connections, duration: seconds });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} refusals, ${result.errors} errors`);
  return result.requests.total / result.duration;
}
