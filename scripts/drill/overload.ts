/** G33: three times as much is asked for as can be done. */
import { setTimeout as delay } from "node:timers/promises";
import { startTraffic } from "./clients.ts";
import { cartBody, type Place, redemptionBody } from "./place.ts";
import type { Sample, Stream } from "./traffic.ts";
import { atMost, type Finding, longest, named, none, secondsUntilWell, tallyOf } from "./verdict.ts";

const clientsAtPeak = 32;
/** What the checkouts of many shops keep open together: more than are ever worked on at a time, by far. */
const connectionsInFlood = 1_000;
/** An answer that comes later is none: who wanted it has given up. */
const usefulMilliseconds = 1_000;

const asRest = { method: "POST", path: "/v1/evaluations", bodies: [cartBody] } as const;
const asGraphql = {
  method: "POST",
  path: "/graphql",
  bodies: [
    JSON.stringify({
      query:
        "query ($input: EvaluationRequestInput!) { evaluate(input: $input) { total discount promotions { promotion } } }",
      variables: { input: JSON.parse(cartBody) },
    }),
  ],
} as const;

export async function overload(place: Place, { seconds }: { seconds: number }): Promise<Finding[]> {
  const service = await place.startService();
  const findings: Finding[] = [];
  for (const [face, stream] of [
    ["REST", asRest],
    ["GraphQL", asGraphql],
  ] as const)
    findings.push(...(await overloadOf(place, service.url, face, stream, seconds)));
  await service.end();
  return findings;
}

async function overloadOf(
  place: Place,
  url: string,
  face: string,
  stream: Omit<Stream, "name" | "by" | "count">,
  seconds: number,
): Promise<Finding[]> {
  const work = async (asked: Pick<Stream, "by" | "count" | "connections">, forSeconds: number) => {
    const traffic = startTraffic(url, place.key, { ...stream, name: "carts", ...asked });
    await delay(forSeconds * 1_000);
    return traffic.stop();
  };
  const atPeak = { by: "clients", count: clientsAtPeak } as const;
  await work(atPeak, 3);
  const peak = perSecond(await work(atPeak, 5));

  // In a process of its own: that the flood's client is busy delays nobody here.
  const probe = startTraffic(
    url,
    place.key,
    { name: "health", method: "GET", path: "/livez", by: "rate", count: 20 },
    {
      name: "redemptions",
      method: "POST",
      path: "/v1/redemptions",
      bodies: [redemptionBody],
      by: "rate",
      count: 10,
    },
    { name: "carts", ...stream, by: "rate", count: 10 },
  );
  await delay(1_500);
  const beganAt = performance.timeOrigin + performance.now();
  const flood = await work({ by: "rate", count: 3 * peak, connections: connectionsInFlood }, seconds);
  const endedAt = latestOf(flood);
  await delay(6_000);
  const probed = await probe.stop();
  const during = probed.filter(({ at }) => at > beganAt && at < endedAt);
  const redemptions = named(during, "redemptions");
  const goodput = perSecond(flood);
  const what = (text: string) => `${face}: ${text}`;
  return [
    {
      promise: "G33",
      what: what(`carts priced within a second, asked for at 3 × ${Math.round(peak).toLocaleString("en")}/s`),
      allowed: "≥ 80 % of the peak",
      measured: `${Math.round((goodput / peak) * 100)} % (${tallyOf(flood)})`,
      holds: goodput >= 0.8 * peak,
    },
    atMost("G33", what("slowest answer of `/livez` meanwhile"), 100, longest(named(during, "health")), "ms"),
    none(
      "G33",
      what("redemptions turned away meanwhile"),
      redemptions.filter(({ status }) => status !== 201).length,
      redemptions.length,
    ),
    atMost(
      "G33",
      what("until all carts are priced within 100 ms again"),
      5,
      secondsUntilWell(
        named(probed, "carts"),
        endedAt,
        ({ status, milliseconds }) => status === 200 && milliseconds <= 100,
      ),
      "s",
    ),
  ];
}

const latestOf = (samples: readonly Sample[]) => samples.reduce((most, { at }) => Math.max(most, at), 0);

/** Useful answers a second, after the first second. */
function perSecond(samples: readonly Sample[]): number {
  const began = samples.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY) + 1_000;
  const ended = latestOf(samples);
  const useful = samples.filter(
    ({ at, status, milliseconds }) => at >= began && status === 200 && milliseconds <= usefulMilliseconds,
  );
  return (useful.length * 1_000) / (ended - began);
}
