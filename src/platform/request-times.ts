/** How long requests take, for Prometheus. Every request comes by here: it adds one to two numbers, and all else waits for the scrape. */
import type { Registry } from "prom-client";

/** In seconds: an evaluation takes about one millisecond, the longest request ten seconds. */
const bounds = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Times {
  readonly labels: Readonly<Record<string, string | number>>;
  /** How many were within each bound and no lower one; the last beyond all. */
  readonly counts: number[];
  seconds: number;
}

export interface RequestTimes {
  observe(method: string, route: string, status: number, seconds: number): void;
}

/** A histogram by method, route and status. Never by URL: codes and customer ids travel in paths. */
export function requestTimes(registry: Registry): RequestTimes {
  const byRoute = new Map<string, { method: string; status: number; times: Times }[]>();
  const newTimes = histogram(
    registry,
    "dealwright_http_request_duration_seconds",
    "Time from the head of a request to its answer being handed on.",
  );
  return {
    observe(method, route, status, seconds) {
      let those = byRoute.get(route);
      if (those === undefined) {
        those = [];
        byRoute.set(route, those);
      }
      let known = those.find((one) => one.status === status && one.method === method);
      if (known === undefined) {
        known = { method, status, times: newTimes({ method, route, status }) };
        those.push(known);
      }
      add(known.times, seconds);
    },
  };
}

/** How long the fields of GraphQL documents take, each an operation of its own. */
export interface FieldTimes {
  observe(operation: string, hasFailed: boolean, seconds: number): void;
}

export function fieldTimes(registry: Registry): FieldTimes {
  const known = { answered: new Map<string, Times>(), failed: new Map<string, Times>() };
  const newTimes = histogram(
    registry,
    "dealwright_graphql_operation_duration_seconds",
    "Time that an operation took as a field of a GraphQL document, with its turn among others.",
  );
  return {
    observe(operation, hasFailed, seconds) {
      const outcome = hasFailed ? "failed" : "answered";
      let times = known[outcome].get(operation);
      if (times === undefined) {
        times = newTimes({ operation, outcome });
        known[outcome].set(operation, times);
      }
      add(times, seconds);
    },
  };
}

function add(times: Times, seconds: number): void {
  let place = 0;
  while (place < bounds.length && seconds > bounds[place]!) place += 1;
  times.counts[place]! += 1;
  times.seconds += seconds;
}

/** What the registry asks of a metric; its own histogram makes a text of the labels for every request. */
function histogram(registry: Registry, name: string, help: string): (labels: Times["labels"]) => Times {
  const all: Times[] = [];
  const valuesOf = ({ labels, counts, seconds }: Times) => {
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
  const metric = {
    name,
    help,
    get: async () => ({ name, help, type: "histogram", values: all.flatMap(valuesOf), aggregator: "sum" }),
  };
  registry.registerMetric(metric as never);
  return (labels) => {
    const times = { labels, counts: new Array<number>(bounds.length + 1).fill(0), seconds: 0 };
    all.push(times);
    return times;
  };
}
