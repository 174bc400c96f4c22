/** Nobody keeps the service waiting (G36): neither clients that dawdle or go away, nor a database that says nothing. */
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/platform/clock.ts";
import { type AppBehindProxy, openAppBehindProxy } from "./app-behind-proxy.ts";
import { dawdle } from "./dawdle.ts";

// The real ones are 9 s; what is tested is that they hold, not how long they are.
const deadlines = { arrivalMilliseconds: 700, deadlineMilliseconds: 700, mostOpenRequests: 200 };

let service: AppBehindProxy;
let port: number;

beforeAll(async () => {
  service = await openAppBehindProxy({ statementTimeoutMilliseconds: 1_000, clock: systemClock, deadlines });
  await service.app.listen({ host: "127.0.0.1", port: 0 });
  port = (service.app.server.address() as { port: number }).port;
});
afterAll(async () => {
  service.proxy.setHung(false);
  service.proxy.setDown(true);
  await service.close();
});

const url = (path: string) => `http://127.0.0.1:${port}${path}`;
const asAdmin = () => ({ authorization: `Bearer ${service.project.keys.admin}` });
const order = (orderRef: string) => ({
  method: "POST",
  headers: { ...asAdmin(), "content-type": "application/json" },
  body: JSON.stringify({
    orderRef,
    mode: "commit",
    currency: "CNY",
    lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 100 }],
  }),
});

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(20);
}

const isPoolIdle = () =>
  service.database.pool.waitingCount === 0 &&
  service.database.pool.idleCount === service.database.pool.totalCount;
const works = async () => (await fetch(url("/v1/project"), { headers: asAdmin() })).status === 200;

test("a request whose head or body does not come is answered 408 and let go", async () => {
  const head = `POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${service.project.keys.admin}\r\n`;
  const answers = await Promise.all([
    dawdle(port, "POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nX-Slow: "),
    dawdle(port, `${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"currency":`),
  ]);
  for (const answer of answers) {
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(answer).toContain('"code":"request-timeout"');
  }
});

test("while the database says nothing, requests are answered 503 in time, and all is well soon after", async () => {
  expect(await works()).toBe(true);
  service.proxy.setHung(true);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      i % 2 === 0
        ? fetch(url(`/v1/redemptions/rdm_${i}`), { headers: asAdmin() })
        : fetch(url("/v1/redemptions"), order(`hung-${i}`)),
    ),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
  for (const answer of answers) {
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(await answer.json()).toMatchObject({ code: "unavailable" });
  }
  expect((await fetch(url("/livez"))).status).toBe(200);
  service.proxy.setHung(false);
  await until(isPoolIdle);
  await until(works);
  // Whoever redeems waits until the watch has seen the database come back, too.
  let status = 503;
  await until(async () => {
    ({ status } = await fetch(url("/v1/redemptions"), order("after")));
    return status !== 503;
  });
  expect(status).toBe(201);
});

test("a statement that waits for a lock ends by itself, and its request is answered 503", async () => {
  const blocker = await service.direct.pool.connect();
  await blocker.query("begin; lock table redemptions in access exclusive mode");
  const { status } = await fetch(url("/v1/redemptions/rdm_1"), { headers: asAdmin() });
  expect(status).toBe(503);
  // The lock still stands: it is the statement that has ended.
  await until(isPoolIdle);
  await blocker.query("rollback");
  blocker.release();
});

test("a client that goes away in the middle of its body is no fault of ours", async () => {
  const socket = connect(port, "127.0.0.1");
  socket.write(
    `POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${service.project.keys.admin}\r\n` +
      'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"currency":',
  );
  const seen = async () => (await fetch(url("/metrics"))).text();
  await until(async () => /^dealwright_requests_open [1-9]/m.test(await seen()));
  socket.destroy();
  const counted = (status: number) => new RegExp(`route="/v1/evaluations",status="${status}"`);
  await until(async () => counted(499).test(await seen()));
  expect(await seen()).not.toMatch(counted(503));
});

test("clients that go away leave no connection in use", async () => {
  const blocker = await service.direct.pool.connect();
  await blocker.query("begin; lock table redemptions in access exclusive mode");
  const leaving = Array.from({ length: 30 }, async () => {
    const controller = new AbortController();
    const answer = fetch(url("/v1/redemptions/rdm_1"), { headers: asAdmin(), signal: controller.signal });
    await until(() => !isPoolIdle());
    controller.abort();
    await answer.catch(() => {});
  });
  await Promise.all(leaving);
  await blocker.query("rollback");
  blocker.release();
  await until(isPoolIdle);
  expect(await works()).toBe(true);
});

test("more requests at once than can be borne are refused at once, and the others answered", async () => {
  const blocker = await service.direct.pool.connect();
  await blocker.query("begin; lock table redemptions in access exclusive mode");
  const answers = await Promise.all(
    Array.from({ length: 260 }, () => fetch(url("/v1/redemptions/rdm_1"), { headers: asAdmin() })),
  );
  await blocker.query("rollback");
  blocker.release();
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
  await until(isPoolIdle);
  expect(await works()).toBe(true);
});
