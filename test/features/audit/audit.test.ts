import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifyAudit, witnessesOf } from "../../../scripts/verify-audit.ts";
import { auditSealerService } from "../../../src/features/audit/audit-sealer-service.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { projectWithKeys } from "../project-fixture.ts";
import { documentOf } from "../promotions/promotion-fixture.ts";

let database: TestDatabase;
let api: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const sealer = () => auditSealerService({ database, log: silentLog });
const entries = async (query = "") => (await api.rest("GET", `/v1/audit${query}`)).body.items;
const created = async () => (await api.rest("POST", "/v1/promotions", { body: documentOf() })).body;

/** Past everything that keeps mistakes out, as whoever owns the database can go. */
async function tamper(...statements: string[]): Promise<void> {
  const client = await database.pool.connect();
  try {
    await client.query("set session_replication_role = replica");
    for (const statement of statements) await client.query(statement);
    await client.query("reset session_replication_role");
  } finally {
    client.release();
  }
}

describe("a change of configuration", () => {
  test("says who changed what from where, and what it was before", async () => {
    const promotion = await created();
    const answer = await api.rest("POST", `/v1/promotions/${promotion.id}/activate`, {
      role: "marketing",
      headers: { "x-request-id": "audit-1" },
    });
    expect(answer.status).toBe(200);
    const [last, first] = await entries(`?id=${promotion.id}`);
    expect(last).toMatchObject({
      operation: "activatePromotion",
      resource: "promotion",
      resourceId: promotion.id,
      apiKeyName: "marketing",
      role: "marketing",
      address: "127.0.0.0/24",
      requestId: "audit-1",
      before: { status: "draft", version: 1, document: { key: promotion.key } },
      after: { status: "active", version: 2, document: { key: promotion.key } },
    });
    expect(first).toMatchObject({ operation: "createPromotion", before: null, after: { status: "draft" } });
  });

  test("names the network of the client where a proxy in front is trusted to tell it, and else of who sent it", async () => {
    const behind = await startApi(database, { trustedProxies: ["127.0.0.1", "10.1.0.0/16"] });
    // The first one anybody can write; each proxy adds whom it heard it from.
    const headers = { "x-forwarded-for": "198.51.100.9, 203.0.113.77, 10.1.2.3" };
    const networks: unknown[] = [];
    for (const { rest } of [behind, api]) {
      await rest("POST", "/v1/promotions", { body: documentOf(), headers });
      networks.push((await rest("GET", "/v1/audit?limit=1")).body.items[0].address);
    }
    await behind.close();
    expect(networks).toEqual(["203.0.113.0/24", "127.0.0.0/24"]);
  });

  test("is in the trail through GraphQL as well", async () => {
    const { id } = await created();
    await api.graphql(`mutation { archivePromotion(id: "${id}") { id } }`);
    expect((await entries(`?id=${id}&operation=archivePromotion`))[0]).toMatchObject({
      before: { status: "draft" },
      after: { status: "archived" },
    });
  });

  test("that is refused leaves no entry", async () => {
    const { id } = await created();
    expect((await api.rest("POST", `/v1/promotions/${id}/pause`)).status).toBe(409);
    const stale = { body: { locale: "zh-CN" }, headers: { "if-match": '"9999"' } };
    expect((await api.rest("PATCH", "/v1/project/settings", stale)).status).toBe(412);
    expect(await entries(`?id=${id}`)).toHaveLength(1);
    expect(await entries("?resource=project")).toEqual([]);
  });

  test("that changes nothing leaves no entry", async () => {
    const document = documentOf();
    const put = () => api.rest("PUT", `/v1/promotions/by-key/${document.key}`, { body: document });
    const { id } = (await put()).body;
    expect((await put()).status).toBe(200);
    expect(await entries(`?id=${id}`)).toHaveLength(1);
  });

  test("shows no secret: a new key is named, its secret is not", async () => {
    const key = await api.rest("POST", "/v1/api-keys", {
      body: { name: "Till", role: "pos", environment: "test" },
    });
    const { id, secret } = key.body;
    const rotated = (await api.rest("POST", `/v1/api-keys/${id}/rotate`, { body: { graceSeconds: 60 } }))
      .body;
    expect((await api.rest("DELETE", `/v1/api-keys/${id}`)).status).toBe(200);
    expect((await api.rest("DELETE", `/v1/api-keys/${id}`)).status).toBe(200);
    const trail = await entries(`?resource=api_key&id=${id}`);
    expect(trail.map(({ operation }: { operation: string }) => operation)).toEqual([
      "revokeApiKey",
      "rotateApiKey",
      "createApiKey",
    ]);
    expect(trail[2].after).toMatchObject({ name: "Till", role: "pos" });
    for (const hidden of [secret, rotated.secret, secret.slice(0, 12)])
      expect(JSON.stringify(trail)).not.toContain(hidden);
  });

  test("of pools, codes, coupons, jobs and settings is in the trail, and customers are told apart by a hash only", async () => {
    const pool = await api.rest("POST", "/v1/coupon-pools", { body: { key: "spring" } });
    expect(pool.status).toBe(201);
    const settings = await api.rest("PATCH", "/v1/project/settings", {
      body: { locale: "zh-CN" },
      headers: { "if-match": "*" },
    });
    expect(settings.status).toBe(200);
    const put = await api.rest("PUT", "/v1/coupon-pools/spring", {
      body: { key: "spring", usesPerCode: 2 },
      headers: { "if-match": "*" },
    });
    expect(put.status).toBe(200);
    await api.rest("POST", "/v1/coupon-pools/spring/import", {
      body: "code\nAUDIT-1\nAUDIT-2\n",
      headers: { "content-type": "text/csv" },
    });
    const transfer = { body: { customer: "anna@example.org" } };
    expect((await api.rest("POST", "/v1/coupons/AUDIT-1/transfer", transfer)).status).toBe(200);
    expect((await api.rest("POST", "/v1/coupons/AUDIT-1/void")).status).toBe(200);
    const job = (await api.rest("POST", "/v1/coupon-pools/spring/codes", { body: { count: 10 } })).body;
    await api.rest("POST", `/v1/jobs/${job.id}/cancel`);
    await api.rest("POST", "/v1/offline/keys/rotate");
    const trail: { operation: string; before: unknown; after: unknown }[] = await entries("?limit=200");
    const seen = new Set(trail.map(({ operation }) => operation));
    for (const operation of [
      "createCouponPool",
      "updateProjectSettings",
      "updateCouponPool",
      "importCoupons",
      "transferCoupon",
      "voidCoupon",
      "generateCoupons",
      "rotateOfflineKey",
    ])
      expect([...seen]).toContain(operation);
    expect(trail.find(({ operation }) => operation === "updateProjectSettings")).toMatchObject({
      before: { locale: "en" },
      after: { locale: "zh-CN" },
    });
    expect(JSON.stringify(trail)).not.toContain("anna");
  });
});

describe("the trail", () => {
  test("is read by admins only, page by page, each entry once", async () => {
    expect((await api.rest("GET", "/v1/audit", { role: "viewer" })).status).toBe(403);
    expect((await api.rest("GET", "/v1/audit/export", { role: "marketing" })).status).toBe(403);
    const all = await entries("?limit=200");
    const walked: unknown[] = [];
    for (let after = ""; ; ) {
      const { body } = await api.rest("GET", `/v1/audit?limit=3${after}`);
      walked.push(...body.items);
      if (body.nextCursor === null) break;
      after = `&after=${body.nextCursor}`;
    }
    expect(walked.map((entry) => (entry as { id: string }).id)).toEqual(
      all.map(({ id }: { id: string }) => id),
    );
    const { at } = all[2];
    expect(await entries(`?limit=200&from=${at}`)).toHaveLength(3);
    expect(await entries(`?limit=200&to=${at}`)).toHaveLength(all.length - 3);
  });

  test("is exported in the order of its chain, and no CSV cell runs as a formula", async () => {
    await sealer().seal();
    const payloads = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"];
    for (const name of payloads) {
      const answer = await api.rest("POST", "/v1/api-keys", {
        body: { name, role: "pos", environment: "test" },
      });
      if (answer.status !== 201) continue;
      await api.rest("GET", "/v1/project", { key: answer.body.secret });
    }
    await sealer().seal();
    const ndjson = await api.rest("GET", "/v1/audit/export");
    const lines = ndjson.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ sequence }) => sequence)).toEqual(lines.map((_, index) => index + 1));
    const csv = await api.rest("GET", "/v1/audit/export?format=csv");
    expect(csv.headers["content-type"]).toMatch(/^text\/csv/);
    const cells = csv.text.split("\n").flatMap((line) => line.split(","));
    expect(cells.filter((cell) => /^"?[=+\-@\t\r＝＋－＠]/.test(cell))).toEqual([]);
  });

  test("refuses to be changed by mistake", async () => {
    await sealer().seal();
    for (const statement of [
      "update audit_entries set role = 'admin'",
      "update audit_entries set hash = sha256('')",
      "delete from audit_entries",
      "truncate audit_entries",
    ])
      await expect(database.pool.query(statement)).rejects.toMatchObject({ code: "23001" });
  });
});

describe("the chain", () => {
  test("is one chain without a gap however many seal at once, also when one is killed in the middle", async () => {
    const others = await projectWithKeys(database, api.clock.now());
    const write = (key?: string) =>
      api.rest("POST", "/v1/promotions", { body: documentOf(), ...(key !== undefined && { key }) });
    for (let round = 0; round < 5; round += 1) {
      const work = Array.from({ length: 12 }, (_, index) =>
        write(index % 3 === 0 ? others.keys.admin : undefined),
      );
      const sealers = Array.from({ length: 4 }, () => sealer().seal());
      // Ends whatever of the sealers is at work, as a kill of its process would.
      const kill = database.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and query like '%audit_heads%for update%'`,
      );
      await Promise.allSettled([...sealers, kill]);
      await Promise.allSettled(work);
    }
    // The service's own sealer may hold a chain at this moment.
    await expect
      .poll(
        async () => {
          await sealer().seal();
          return (await verifyAudit(database)).filter(({ unsealed }) => unsealed > 0);
        },
        { timeout: 20_000 },
      )
      .toEqual([]);
    const verdicts = await verifyAudit(database);
    expect(verdicts.flatMap(({ faults }) => faults)).toEqual([]);
    for (const { entries: count, head } of verdicts) expect(count).toBe(head.sequence);
  });

  test("shows every way of tampering with the database", async () => {
    await sealer().seal();
    const answer = await api.rest("GET", "/v1/audit/head");
    const { sequence, hash } = answer.body;
    const projectId = api.project.id;
    const witness = witnessesOf([`${projectId}:${sequence}:${hash}`], "");
    const found = async (witnesses = witness) => {
      const verdicts = await verifyAudit(database, witnesses);
      return [...new Set(verdicts.flatMap(({ faults }) => faults.map(({ fault }) => fault)))].sort();
    };
    expect(await found()).toEqual([]);
    const mine = `project_id = '${projectId}'`;
    await tamper(
      "create table kept_entries as table audit_entries",
      "create table kept_heads as table audit_heads",
    );
    const restore = () =>
      tamper(
        "delete from audit_entries",
        "delete from audit_heads",
        "insert into audit_entries table kept_entries",
        "insert into audit_heads table kept_heads",
      );
    const cases: [string, string[], string[]][] = [
      [
        "flip",
        [`update audit_entries set after = '{"a":1}' where ${mine} and sequence = 5`],
        ["entry_changed"],
      ],
      [
        "flip of a space in the JSON",
        [`update audit_entries set after = (after::text || ' ')::json where ${mine} and sequence = 1`],
        ["entry_changed"],
      ],
      [
        "delete",
        [`delete from audit_entries where ${mine} and sequence = 7`],
        ["entry_missing", "entry_changed"],
      ],
      [
        "reorder",
        [
          `update audit_entries set sequence = -1 where ${mine} and sequence = 3`,
          `update audit_entries set sequence = 3 where ${mine} and sequence = 4`,
          `update audit_entries set sequence = 4 where ${mine} and sequence = -1`,
        ],
        ["entry_changed"],
      ],
      [
        "truncate",
        [`delete from audit_entries where ${mine} and sequence > 10`],
        ["head_differs", "witness_differs"],
      ],
      [
        "truncate with its head",
        [
          `delete from audit_entries where ${mine} and sequence > 10`,
          `update audit_heads set (sequence, hash) =
             (select sequence, hash from audit_entries where ${mine} and sequence = 10) where ${mine}`,
        ],
        ["witness_differs"],
      ],
      [
        "truncate of everything",
        [`delete from audit_entries where ${mine}`, `delete from audit_heads where ${mine}`],
        ["witness_differs"],
      ],
      [
        "a forged checkpoint",
        [
          `update audit_heads set (checkpoint_sequence, checkpoint_hash) =
             (select sequence, hash from audit_entries where ${mine} and sequence = 4) where ${mine}`,
          `delete from audit_entries where ${mine} and sequence <= 4`,
        ],
        ["checkpoint_unexplained"],
      ],
      ["a lost head", [`delete from audit_heads where ${mine}`], ["head_differs"]],
    ];
    for (const [name, statements, expected] of cases) {
      await tamper(...statements);
      expect([name, await found()]).toEqual([name, expected.toSorted()]);
      await restore();
      expect(await found()).toEqual([]);
    }
    await tamper("drop table kept_entries", "drop table kept_heads");
  });

  test("passes through the heads that the log holds", async () => {
    const lines: string[] = [];
    const log = {
      ...silentLog,
      info: (details: object, msg: string) => lines.push(JSON.stringify({ ...details, msg })),
    };
    // The app's own sealer may be quicker.
    while (lines.length === 0) {
      await created();
      await auditSealerService({ database, log }).seal();
    }
    const witnesses = witnessesOf([], `${lines.join("\n")}\nnot JSON\n`);
    expect(witnesses.length).toBeGreaterThan(0);
    expect((await verifyAudit(database, witnesses)).flatMap(({ faults }) => faults)).toEqual([]);
  });

  test("forgets what the project no longer keeps, and is intact from there on", async () => {
    await sealer().seal();
    await tamper(
      `update audit_entries set at = at - interval '40 days' where project_id = '${api.project.id}' and sequence <= 6`,
    );
    // Sealed anew, as if it had been written then.
    await tamper(
      `update audit_entries set sequence = null, hash = null where project_id = '${api.project.id}'`,
      `delete from audit_heads where project_id = '${api.project.id}'`,
    );
    await sealer().seal();
    expect(await sealer().forget()).toBe(0);
    const settings = { body: { auditRetentionDays: 30 }, headers: { "if-match": "*" } };
    expect((await api.rest("PATCH", "/v1/project/settings", settings)).status).toBe(200);
    expect(await sealer().forget()).toBe(1);
    expect((await api.rest("GET", "/v1/audit/head")).body.checkpoint.sequence).toBe(6);
    const verdicts = () => verifyAudit(database);
    expect((await verdicts()).flatMap(({ faults }) => faults)).toEqual([]);
    await sealer().seal();
    expect((await verdicts()).flatMap(({ faults }) => faults)).toEqual([]);
    expect((await entries("?operation=forgetAudit"))[0]).toMatchObject({
      apiKeyId: "system",
      after: { sequence: 6 },
    });
    expect(await sealer().forget()).toBe(0);
  });
});
