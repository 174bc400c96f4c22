/** G36: clients that dawdle, a database that says nothing, clients that leave. */
import { setTimeout as delay } from "node:timers/promises";
import { dawdle, startTraffic } from "./clients.ts";
import { cartBody, type Place, redemptionBody, type Service } from "./place.ts";
import { atMost, type Finding, longest, named, none, tallyOf } from "./verdict.ts";

const longestSeconds = 10;
const idleSeconds = 5;

export async function slow(place: Place): Promise<Finding[]> {
  const service = await place.startService();
  const findings = [
    ...(await dawdlers(place, service)),
    ...(await hungDatabase(place, service)),
    ...(await leavers(place, service)),
  ];
  await service.end();
  return findings;
}

async function dawdlers(place: Place, service: Service): Promise<Finding[]> {
  const traffic = startTraffic(service.url, place.key, {
    name: "carts",
    method: "POST",
    path: "/v1/evaluations",
    bodies: [cartBody],
    by: "rate",
    count: 50,
  });
  const sockets = 500;
  const closed = await dawdle(service.url, place.key, sockets);
  const carts = await traffic.stop();
  return [
    atMost(
      "G36",
      `${sockets} clients that send a byte a second: the last let go`,
      longestSeconds,
      Math.max(...closed) / 1_000,
      "s",
    ),
    none(
      "G36",
      "carts of others not priced meanwhile",
      carts.filter(({ status }) => status !== 200).length,
      carts.length,
    ),
  ];
}

async function hungDatabase(place: Place, service: Service): Promise<Finding[]> {
  const traffic = startTraffic(
    service.url,
    place.key,
    {
      name: "redemptions",
      method: "POST",
      path: "/v1/redemptions",
      bodies: [redemptionBody],
      by: "rate",
      count: 50,
    },
    { name: "lists", method: "GET", path: "/v1/redemptions?limit=5", by: "rate", count: 20 },
    { name: "health", method: "GET", path: "/livez", by: "rate", count: 10 },
  );
  await delay(2_000);
  place.database.setHung(true);
  await delay(15_000);
  place.database.setHung(false);
  await delay(2_000);
  const all = await traffic.stop();
  const idle = await secondsUntilIdle(service);
  return [
    atMost(
      "G36",
      `slowest answer, database silent for 15 s (${tallyOf(all)})`,
      longestSeconds,
      longest(all) / 1_000,
      "s",
    ),
    atMost("G36", "slowest answer of `/livez` meanwhile", 100, longest(named(all, "health")), "ms"),
    none(
      "G36",
      "answers that are neither 2xx nor 503",
      all.filter(({ status }) => !(status === 503 || (status >= 200 && status < 300))).length,
      all.length,
    ),
    atMost("G36", "until all connections are idle after it", idleSeconds, idle, "s"),
  ];
}

/** They ask for what waits for a lock, and hang up. */
async function leavers(place: Place, service: Service): Promise<Finding[]> {
  const lock = await place.database.lockRedemptions();
  const traffic = startTraffic(service.url, place.key, {
    name: "lists",
    method: "GET",
    path: "/v1/redemptions?limit=5",
    by: "rate",
    count: 200,
    leavesAfterMilliseconds: 50,
  });
  await delay(3_000);
  const left = await traffic.stop();
  await lock.end();
  const idle = await secondsUntilIdle(service);
  return [
    atMost(
      "G36",
      `until all connections are idle after ${left.length} clients that hung up`,
      idleSeconds,
      idle,
      "s",
    ),
  ];
}

async function secondsUntilIdle(service: Service): Promise<number> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1_000;
  while (seconds() < 60) {
    const figures = await Promise.all([
      service.figure("database_connections_in_use"),
      service.figure("database_connections_waited_for"),
      service.figure("database_connections_for_reading_waited_for"),
    ]);
    if (figures.every((figure) => figure === 0)) return seconds();
    await delay(20);
  }
  return Number.NaN;
}
