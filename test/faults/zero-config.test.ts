/** G19: what `npm start` runs, with the PostgreSQL it brings along, killed under load. The rest of G19 is in test/platform. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { builtProgram } from "../processes.ts";
import { contradictions } from "./history.ts";
import { type Client, openClient } from "./http-client.ts";
import { replayAll, startWork } from "./persistent-clients.ts";
import { patience, sized } from "./sizes.ts";

const adminKey = "an-admin-key-for-the-zero-config-test";
let folder: string;
let client: Client;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dealwright-zero-"));
  // As root, the embedded PostgreSQL runs as somebody else and has to get through.
  chmodSync(folder, 0o711);
  client = openClient(adminKey);
});
afterAll(() => {
  client.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Instance {
  readonly url: string;
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
}

async function start(): Promise<Instance> {
  const child = spawn(process.execPath, [builtProgram("src/main.ts")], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DATA_DIR: join(folder, "data"),
      PORT: "0",
      LOG_LEVEL: "silent",
      BOOTSTRAP_ADMIN_KEY: adminKey,
      DEMO: "off",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((settle) => child.once("exit", () => settle()));
  return {
    url: await readyAddress(child),
    async end(signal) {
      child.kill(signal);
      await ended;
    },
  };
}

function readyAddress(child: ChildProcess): Promise<string> {
  let printed = "";
  return new Promise((settle, refuse) => {
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding("utf8").on("data", (text: string) => {
        printed += text;
        const address = /ready at (http:\S+)/.exec(printed)?.[1];
        if (address !== undefined) settle(address);
      });
    child.once("exit", (code) => refuse(new Error(`it ended with ${code}:\n${printed}`)));
  });
}

test("killed again and again, it loses nothing that it acknowledged", { timeout: patience }, async () => {
  let instance = start();
  const { url } = await instance;
  const body = {
    key: "zero",
    trigger: { type: "code", code: "ZERO" },
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 1_000 } }],
  };
  const created = await client.call("POST", `${url}/v1/promotions`, body);
  expect(created.status).toBe(201);
  await client.call("POST", `${url}/v1/promotions/${JSON.parse(created.text).id}/activate`);
  const work = startWork({ client }, 8, "ZERO", async () => (await instance).url);
  for (let round = 0; round < sized(2, 50); round++) {
    await work.acknowledged(20);
    const victim = await instance;
    instance = victim.end("SIGKILL").then(start);
    await instance;
  }
  await work.acknowledged(20);
  await work.stop();
  await replayAll(work, { client }, (await instance).url);
  expect(contradictions(work.history)).toEqual([]);
  const told = new Set(work.history.granted().map(({ redemption }) => redemption));
  const keys = new Set(work.history.attempts.map(({ key }) => key));
  expect(told.size).toBe(keys.size);
  await (await instance).end("SIGTERM");
});
