/** How long requests take, for Prometheus. Every request comes by here: it adds one to two numbers, and all else waits for the scrape. */
import type { Registry } from "prom-client";

/** In seconds: an evaluation takes about one millisecond, the longest request ten seconds. */
const bounds = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Times {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  /** How many were within each bound and no lower one; the last beyond all. */
  readonly counts: number[];
  seconds: number;
}

export interface RequestTimes {
  observe(method: string, route: string, status: number, seconds: number): void;
}

/** A histogram by method, route and status. Never by URL: codes and customer ids travel in paths. */
export function requestTimes(registry: Registry): RequestTimes {
  const byRoute = new Map<string, Times[]>();
  const name = "dealwright_http_request_duration_seconds";
  const help = "Time from the head of a request to its answer being handed on.";
  const valuesOf = ({ method, route, status, counts, seconds }: Times) => {
    const labels = { method, route, status };
    let sum = 0;
    const buckets = counts.map((count, i) => {
      sum += count;
      return { metricName: `${name}_bucket`, labels: { le: bounds[i] ?? "+Inf", ...labels }, value: sum };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: seconds },
      { metricName: `${name}_count`, labels, value: sum },
    ];
  };
  // What the registry asks of a metric; its own histogram makes a text of the labels for every request.
  const metric = {
    name,
    help,
    get: async () => ({
      name,
      help,
      type: "histogram",
      values: [...byRoute.values()].flat().flatMap(valuesOf),
      aggregator: "sum",
    }),
  };
  registry.registerMetric(metric as never);
  return {
    observe(method, route, status, seconds) {
      let those = byRoute.get(route);
      if (those === undefined) {
        those = [];
        byRoute.set(route, those);
      }
      let times = those.find((known) => known.status === status && known.method === method);
      if (times === undefined) {
        times = { method, route, status, counts: new Array(bounds.length + 1).fill(0), seconds: 0 };
        those.push(times);
      }
      let place = 0;
      while (place < bounds.length && seconds > bounds[place]!) place += 1;
      times.counts[place]! += 1;
      times.seconds += seconds;
    },
  };
}
