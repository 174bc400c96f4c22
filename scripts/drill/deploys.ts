/** G34: the service is replaced under load. And how soon several processes go by what one of them was told. */
import { setTimeout as delay } from "node:timers/promises";
import { startTraffic } from "./clients.ts";
import { cartBody, childrenOf, type Place, redemptionBody } from "./place.ts";
import { atMost, type Finding, longest, none, tallyOf } from "./verdict.ts";

const workers = 3;
const restartSeconds = 60;

export async function rollingRestarts(place: Place, times: number): Promise<Finding[]> {
  const service = await place.startService({ WORKERS: String(workers) });
  const leader = service.process.pid!;
  const traffic = startTraffic(
    service.url,
    place.key,
    {
      name: "redemptions",
      method: "POST",
      path: "/v1/redemptions",
      bodies: [redemptionBody],
      by: "persistent",
      count: 8,
    },
    { name: "carts", method: "POST", path: "/v1/evaluations", bodies: [cartBody], by: "rate", count: 100 },
  );
  await delay(2_000);
  let done = 0;
  for (; done < times; done++) {
    const before = new Set(childrenOf(leader));
    process.kill(leader, "SIGHUP");
    const until = performance.now() + restartSeconds * 1_000;
    const isDone = () => {
      const now = childrenOf(leader);
      return now.length === workers && !now.some((id) => before.has(id));
    };
    while (!isDone() && performance.now() < until) await delay(100);
    if (!isDone()) break;
    await delay(500);
  }
  const all = await traffic.stop();
  await service.end();
  const failed = all.filter(({ status }) => status === 0 || (status >= 300 && status !== 503));
  return [
    {
      promise: "G34",
      what: `rolling restarts of ${workers} processes under load`,
      allowed: `${times}`,
      measured: `${done}`,
      holds: done === times,
    },
    none("G34", `operations failed (${tallyOf(all)})`, failed.length, all.length),
    atMost("G34", "slowest answer meanwhile", 5_000, longest(all), "ms"),
  ];
}

/** Three processes with a port each; what the first is told, the others are asked about. */
export async function propagation(place: Place, times: number): Promise<Finding[]> {
  const services = await Promise.all(Array.from({ length: workers }, () => place.startService()));
  const [first, ...others] = services;
  const call = async (url: string, path: string, body: object = {}) => {
    const answer = await fetch(`${url}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${place.key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { id: string; total: number };
  };
  const { id } = await call(first!.url, "/v1/promotions", {
    key: "switched",
    trigger: { type: "automatic" },
    benefits: [{ kind: "percent_off", target: "item", select: { skus: ["SWITCH"] }, percent: 50 }],
  });
  const cart = { currency: "CNY", lines: [{ id: "1", sku: "SWITCH", quantity: 1, unitPrice: 10_000 }] };
  const secondsUntil = async (isActive: boolean) => {
    const began = performance.now();
    await Promise.all(
      others.map(async ({ url }) => {
        const isSo = async () => (await call(url, "/v1/evaluations", cart)).total < 10_000 === isActive;
        while (!(await isSo())) {
          if (performance.now() - began > 30_000) throw new Error("a change was never seen");
          await delay(5);
        }
      }),
    );
    return (performance.now() - began) / 1_000;
  };
  const changes: number[] = [];
  const kills: number[] = [];
  for (let i = 0; i < times; i++) {
    await call(first!.url, `/v1/promotions/${id}/activate`);
    changes.push(await secondsUntil(true));
    await call(first!.url, `/v1/promotions/${id}/kill`, { reason: "drill" });
    kills.push(await secondsUntil(false));
  }
  await Promise.all(services.map((service) => service.end()));
  return [
    atMost(
      "many processes",
      `${times} promotions put into force: until ${workers} processes price by them`,
      1,
      Math.max(...changes),
      "s",
    ),
    atMost(
      "many processes",
      `${times} kill switches: until none of them does any more`,
      5,
      Math.max(...kills),
      "s",
    ),
  ];
}
