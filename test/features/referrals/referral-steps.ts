import { expect } from "vitest";
import { millisecondsPerDay } from "../../../src/engine/zone.ts";
import type { Answer, Api } from "../api.ts";

export const points = { kind: "points", points: 300 };
export const coupon = { kind: "coupon", pool: "welcome" };

/** What members, friends and shops do, and how it stands then. */
export function referralSteps(api: () => Api) {
  async function programme(key: string, document: object): Promise<void> {
    const answer = await api().rest("PUT", `/v1/referral-programmes/${key}`, {
      role: "marketing",
      headers: { "if-match": "*" },
      body: { friend: coupon, referrer: points, ...document },
    });
    expect(answer.status, answer.text).toBe(200);
  }

  async function codeOf(key: string, customer: string, identifiers?: object): Promise<string> {
    const body = { customer, ...(identifiers !== undefined && { identifiers }) };
    const answer = await api().rest("POST", `/v1/referral-programmes/${key}/members`, {
      role: "checkout",
      body,
    });
    expect(answer.status, answer.text).toBe(200);
    return answer.body.code;
  }

  function refer(key: string, code: string, customer: string, more: object = {}): Promise<Answer> {
    const body = { code, customer, ...more };
    return api().rest("POST", `/v1/referral-programmes/${key}/referrals`, { role: "checkout", body });
  }

  let orders = 0;
  async function pays(customer: string, more: object = {}): Promise<string> {
    orders += 1;
    const id = `paid-${orders}`;
    await orderIs(id, customer, more);
    return id;
  }

  async function orderIs(id: string, customer: string, more: object = {}): Promise<void> {
    const answer = await api().rest("PUT", `/v1/orders/${id}`, {
      role: "erp",
      body: {
        version: 1,
        status: "paid",
        currency: "CNY",
        placedAt: new Date(api().clock.now()).toISOString(),
        customer,
        lines: [{ id: "1", sku: "SET", quantity: 1, unitPrice: 20_000 }],
        total: 20_000,
        ...more,
      },
    });
    expect(answer.status, answer.text).toBeLessThan(300);
  }

  /** State and reason of each friend. */
  async function friendsOf(key: string): Promise<Record<string, string>> {
    const { status, text, body } = await api().rest(
      "GET",
      `/v1/referral-programmes/${key}/referrals?limit=200`,
      {
        role: "viewer",
      },
    );
    expect(status, text).toBe(200);
    const items = body.items as {
      customer: string;
      state: string;
      reason: string | null;
      isCapped: boolean;
    }[];
    return Object.fromEntries(
      items.map(({ customer, state, reason, isCapped }) => [
        customer,
        [state, reason, isCapped ? "capped" : null].filter((word) => word !== null).join(" "),
      ]),
    );
  }

  const settled = (key: string, friends: Record<string, string>) =>
    expect.poll(() => friendsOf(key), { timeout: 20_000, interval: 20 }).toEqual(friends);

  /** By reference, without the referral's id. */
  async function prizesOf(customer: string): Promise<string[]> {
    const { body } = await api().rest("GET", `/v1/prizes?customer=${customer}&source=referral`);
    const items = body.items as {
      reference: string;
      state: string;
      couponStatus: string | null;
      reason: string | null;
    }[];
    return items
      .map(({ reference, ...prize }) =>
        [reference.split("/")[1], prize.state, prize.couponStatus ?? prize.reason ?? ""].join(" ").trim(),
      )
      .sort();
  }

  async function pointsOf(customer: string): Promise<number> {
    return (await api().rest("GET", `/v1/customers/${customer}/points`)).body.available;
  }

  const hold = () => api().clock.advance(15 * millisecondsPerDay);

  const signUp = (id: string, data: object, time = api().clock.now()) =>
    api().rest("POST", "/v1/events", {
      role: "checkout",
      body: {
        specversion: "1.0",
        id,
        source: "/app",
        type: "sign_up",
        time: new Date(time).toISOString(),
        data,
      },
    });

  return { programme, codeOf, refer, pays, orderIs, friendsOf, settled, prizesOf, pointsOf, hold, signUp };
}
