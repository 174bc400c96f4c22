import { expect } from "vitest";
import type { Api } from "../api.ts";
import { orderOf, redeem } from "../redemptions/redemption-fixture.ts";

/** What became of the promises of a redemption, once nothing is left to be settled. */
export async function rewardsOf(api: Api, redemption: string, until: readonly string[]) {
  let items: { state: string; code: string | null; couponStatus: string | null; reason: string | null }[] =
    [];
  await expect
    .poll(
      async () => {
        const { status, text, body } = await api.rest("GET", `/v1/redemptions/${redemption}/rewards`);
        expect(status, text).toBe(200);
        items = body.items;
        return items.map(({ state }) => state);
      },
      { timeout: 20_000, interval: 20 },
    )
    .toEqual(until);
  return items;
}

/** A committed order. */
export async function bought(api: Api, overrides: object = {}): Promise<string> {
  const { status, body, text } = await redeem(api, orderOf(overrides));
  expect(status, text).toBe(201);
  return body.id;
}

export async function giveBack(api: Api, redemption: string, quantity: number): Promise<void> {
  const lines = [{ id: "1", quantity }];
  const answer = await api.rest("POST", `/v1/redemptions/${redemption}/returns`, { body: { lines } });
  expect(answer.status, answer.text).toBe(200);
}
