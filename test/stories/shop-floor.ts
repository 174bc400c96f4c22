/** A shop as its staff and systems see it: every role over the public API of running servers. */
import { expect, vi } from "vitest";
import type { Role } from "../../src/platform/auth.ts";
import type { OwnersDatabase } from "../database.ts";
import { type Client, openClient } from "../faults/http-client.ts";
import { patience } from "../faults/sizes.ts";
import { projectWithKeys } from "../features/project-fixture.ts";

export interface Said {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: stories read answers of every shape.
  readonly body: any;
}

type Headers = Record<string, string>;

export interface ShopFloor {
  readonly projectId: string;
  /** Asks whichever server is up, again and again until one answers. */
  ask(role: Role, method: string, path: string, body?: unknown, headers?: Headers): Promise<Said>;
  /** The same, where it must succeed. */
  get(role: Role, method: string, path: string, body?: unknown, headers?: Headers): Promise<Said["body"]>;
  /** Creates a promotion and puts it into force; every server knows it then. Answers its id. */
  promotion(document: { readonly key: string } & Record<string, unknown>): Promise<string>;
  /** A pool with so many codes that anybody may be given. */
  pool(key: string, count: number): Promise<void>;
  /** Until all servers price by the newest rules. */
  untilKnown(path: string, body: unknown, holds: (answer: Said["body"]) => boolean): Promise<void>;
  close(): void;
}

/** As marketing does it: a pool, and codes drawn for it in the background. */
export async function poolOfCodes(
  ask: (method: string, path: string, body?: unknown) => Promise<Said["body"]>,
  key: string,
  count: number,
): Promise<void> {
  await ask("POST", "/v1/coupon-pools", { key });
  const { id } = await ask("POST", `/v1/coupon-pools/${key}/codes`, { count });
  await vi.waitFor(async () => expect((await ask("GET", `/v1/jobs/${id}`)).state).toBe("succeeded"), {
    timeout: patience,
    interval: 200,
  });
}

/** `servers`: their addresses as they are now; an empty one is down. */
export async function openShopFloor(
  database: Pick<OwnersDatabase, "orm">,
  servers: () => readonly string[],
): Promise<ShopFloor> {
  const { id, keys } = await projectWithKeys(database, Date.now());
  const clients = new Map<Role, Client>();
  const clientOf = (role: Role) => {
    const client = clients.get(role) ?? openClient(keys[role]);
    clients.set(role, client);
    return client;
  };
  let turn = 0;

  async function askOf(
    url: string,
    role: Role,
    method: string,
    path: string,
    body?: unknown,
    headers?: Headers,
  ): Promise<Said> {
    const { status, text } = await clientOf(role).call(method, `${url}${path}`, body, headers);
    return { status, body: text === "" ? null : JSON.parse(text) };
  }

  const ask: ShopFloor["ask"] = async (role, method, path, body, headers) => {
    for (;;) {
      const up = servers().filter((url) => url !== "");
      turn += 1;
      const said = await askOf(up[turn % up.length]!, role, method, path, body, headers).catch(() => null);
      if (said !== null && said.status !== 503) return said;
      await new Promise((settle) => setImmediate(settle));
    }
  };
  const get: ShopFloor["get"] = async (role, method, path, body, headers) => {
    const said = await ask(role, method, path, body, headers);
    expect([said.status, `${method} ${path}`, said.status < 300 ? "" : JSON.stringify(said.body)]).toEqual([
      expect.any(Number),
      `${method} ${path}`,
      "",
    ]);
    return said.body;
  };
  return {
    projectId: id,
    ask,
    get,
    async promotion(document) {
      const made = await get("marketing", "POST", "/v1/promotions", {
        trigger: { type: "automatic" },
        ...document,
      });
      await get("marketing", "POST", `/v1/promotions/${made.id}/activate`);
      return made.id;
    },
    pool: (key, count) =>
      poolOfCodes((method, path, body) => get("marketing", method, path, body), key, count),
    async untilKnown(path, body, holds) {
      for (const url of servers())
        await vi.waitFor(
          async () => expect(holds((await askOf(url, "checkout", "POST", path, body)).body)).toBe(true),
          { timeout: 20_000, interval: 50 },
        );
    },
    close() {
      for (const client of clients.values()) client.close();
    },
  };
}
