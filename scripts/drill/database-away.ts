/** G32: the database is away for long, and carts are priced all the while. G12: it is killed again and again. */
import { setTimeout as delay } from "node:timers/promises";
import { startTraffic } from "./clients.ts";
import { cartBody, customersCartBody, type Place, redemptionBody } from "./place.ts";
import { atMost, type Finding, longest, named, none, quantile, secondsUntilWell } from "./verdict.ts";

/** Requests under way when it goes are answered when it is back, or in ten seconds; those sent this long after it went are not among them. */
const noticedMilliseconds = 1_000;

export async function databaseAway(
  place: Place,
  { seconds, perSecond }: { seconds: number; perSecond: number },
): Promise<Finding[]> {
  const service = await place.startService();
  const traffic = startTraffic(
    service.url,
    place.key,
    {
      name: "carts",
      method: "POST",
      path: "/v1/evaluations",
      bodies: [cartBody, customersCartBody],
      by: "rate",
      count: perSecond,
    },
    {
      name: "redemptions",
      method: "POST",
      path: "/v1/redemptions",
      bodies: [redemptionBody],
      by: "rate",
      count: 20,
    },
    { name: "health", method: "GET", path: "/livez", by: "rate", count: 10 },
  );
  await delay(3_000);
  const wentAt = performance.timeOrigin + performance.now();
  await place.database.pullPlug();
  await delay(seconds * 1_000);
  await place.database.start();
  const backAt = performance.timeOrigin + performance.now();
  await delay(8_000);
  const all = await traffic.stop();
  const isRunning = service.isRunning();
  await service.end();

  const away = all.filter(({ at }) => at >= wentAt && at < backAt - noticedMilliseconds);
  const carts = named(away, "carts");
  const known = carts.filter(({ at }) => at >= wentAt + noticedMilliseconds);
  const refused = named(away, "redemptions").filter(({ at }) => at >= wentAt + noticedMilliseconds);
  const oldest = known.reduce((most, sample) => Math.max(most, sample.degradedAgeMilliseconds ?? 0), 0);
  const health = named(away, "health");
  const redeemed = named(all, "redemptions");
  return [
    none(
      "G32",
      `carts not priced, ${seconds} s without database at ${perSecond}/s (99 of 100 in ${Math.ceil(quantile(carts, 0.99))} ms)`,
      carts.filter(({ status }) => status !== 200).length,
      carts.length,
    ),
    none(
      "G32",
      "carts priced later than a second after it went that do not say `degraded` and their age",
      known.filter(({ degradedAgeMilliseconds }) => degradedAgeMilliseconds === null).length,
      known.length,
    ),
    {
      promise: "G32",
      what: "the greatest age told is that of the outage",
      allowed: `${seconds} s ± 5`,
      measured: `${(oldest / 1_000).toFixed(1)} s`,
      holds: Math.abs(oldest / 1_000 - seconds) <= 5,
    },
    none(
      "G32",
      "redemptions answered otherwise than 503 with `Retry-After`",
      refused.filter(({ status, saysWhenToComeAgain }) => status !== 503 || !saysWhenToComeAgain).length,
      refused.length,
    ),
    atMost("G32", "slowest refusal of a redemption", 300, longest(refused), "ms"),
    none(
      "G32",
      "`/livez` not 200",
      health.filter(({ status }) => status !== 200).length + (isRunning ? 0 : 1),
      health.length,
    ),
    atMost(
      "G32",
      "until carts are priced by the newest rules again",
      5,
      secondsUntilWell(
        named(all, "carts"),
        backAt,
        ({ status, degradedAgeMilliseconds }) => status === 200 && degradedAgeMilliseconds === null,
      ),
      "s",
    ),
    atMost(
      "G32",
      "until redemptions are taken again",
      5,
      secondsUntilWell(redeemed, backAt, ({ status }) => status === 201),
      "s",
    ),
  ];
}

/** Clients ask on under the same key until they are answered. */
export async function databaseKilled(place: Place, times: number): Promise<Finding[]> {
  const service = await place.startService();
  const traffic = startTraffic(service.url, place.key, {
    name: "redemptions",
    method: "POST",
    path: "/v1/redemptions",
    bodies: [redemptionBody],
    by: "persistent",
    count: 16,
  });
  const backAt: number[] = [];
  for (let i = 0; i < times; i++) {
    await delay(2_500);
    await place.database.pullPlug();
    await place.database.start();
    backAt.push(performance.timeOrigin + performance.now());
  }
  await delay(6_000);
  const all = await traffic.stop();
  const isRunning = service.isRunning();
  await service.end();

  const granted = all.filter(({ status }) => status === 201);
  const refs = [...new Set(granted.map(({ number }) => `drill-${number}`))];
  const [stored] = await place.database.run<{ count: string }>(
    `select count(*) from redemptions where state = 'committed' and order_ref in (${refs.map((ref) => `'${ref}'`).join(", ")})`,
  );
  const failed = all.filter(({ status }) => status !== 201);
  // Who was told 201 had asked before: what counts is when it was answered.
  const recovered = backAt.map(
    (at) =>
      granted.reduce((first, sample) => {
        const answeredAt = sample.at + sample.milliseconds;
        return answeredAt >= at ? Math.min(first, answeredAt - at) : first;
      }, Number.POSITIVE_INFINITY) / 1_000,
  );
  return [
    none(
      "G12",
      `acknowledged redemptions missing after ${times} immediate stops`,
      refs.length - Number(stored?.count),
      refs.length,
    ),
    none(
      "G12",
      "failures that are not 503 with `Retry-After`",
      failed.filter(
        ({ status, saysWhenToComeAgain }) => !(status === 503 || status === 409) || !saysWhenToComeAgain,
      ).length,
      failed.length,
    ),
    none("G12", "exits of the service", isRunning ? 0 : 1, times),
    atMost("G12", "longest until redemptions are taken again", 5, Math.max(...recovered), "s"),
  ];
}
