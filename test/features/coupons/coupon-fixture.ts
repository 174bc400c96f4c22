import { expect } from "vitest";
import type { Answer, Api } from "../api.ts";

let pools = 0;

export async function makePool(api: Api, document: object = {}): Promise<string> {
  pools += 1;
  const key = `pool-${pools}`;
  const { status, text } = await api.rest("POST", "/v1/coupon-pools", { body: { key, ...document } });
  expect(status, text).toBe(201);
  return key;
}

/** The job once it is over. */
export async function ended(api: Api, job: { id: string }): Promise<Answer["body"]> {
  for (;;) {
    const { body } = await api.rest("GET", `/v1/jobs/${job.id}`);
    if (!["queued", "running", "cancelling"].includes(body.state)) return body;
    await new Promise((turn) => setImmediate(turn));
  }
}

export async function generate(api: Api, key: string, count: number): Promise<Answer["body"]> {
  const { status, body, text } = await api.rest("POST", `/v1/coupon-pools/${key}/codes`, { body: { count } });
  expect(status, text).toBe(202);
  return ended(api, body);
}

export async function exported(api: Api, key: string, query = ""): Promise<Answer["body"][]> {
  const { text } = await api.rest("GET", `/v1/coupon-pools/${key}/codes${query}`);
  return linesOf(text);
}

export function linesOf(text: string): Answer["body"][] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** `count` codes of a new pool, as printed. */
export async function someCodes(api: Api, count: number, document: object = {}) {
  const key = await makePool(api, document);
  await generate(api, key, count);
  const codes: string[] = (await exported(api, key)).map(({ code }) => code);
  return { key, codes };
}
