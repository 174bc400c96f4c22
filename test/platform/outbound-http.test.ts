/** G27: webhooks cannot reach inside. Every socket that this process opens is watched; nothing is mocked. */
import { isIP, Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { openOutbound } from "../../src/platform/outbound-http.ts";
import { isPublicAddress, targetFault } from "../../src/platform/public-address.ts";
import { type Receiver, startReceiver } from "../features/webhooks/receiver.ts";

/** Addresses that sockets were opened to, plain ones and those of TLS. What a pool opens to the tests' own database is no request. */
const connections: string[] = [];
const databasePort = Number(new URL(inject("serverUrl")).port || 5432);
const { connect } = Socket.prototype;
beforeAll(() => {
  Socket.prototype.connect = function (this: Socket, ...given: unknown[]) {
    this.on("connectionAttempt", (address: string, port: number) => {
      if (port !== databasePort) connections.push(address);
    });
    return Reflect.apply(connect, this, given);
  } as typeof connect;
});
afterAll(() => {
  Socket.prototype.connect = connect;
});
beforeEach(() => {
  connections.length = 0;
});

/** What names resolve to, in the test about them. */
const names: Readonly<Record<string, string[]>> = {
  "loopback.example.com": ["127.0.0.1"],
  "loopback6.example.com": ["::1"],
  "private.example.com": ["10.1.2.3"],
  "metadata.example.com": ["169.254.169.254"],
  "mapped.example.com": ["::ffff:127.0.0.1"],
  "nat64.example.com": ["64:ff9b::a00:1"],
  "six-to-four.example.com": ["2002:7f00:1::"],
  "unique-local.example.com": ["fd00:ec2::254"],
  "shared.example.com": ["100.100.100.200"],
  "one-of-two.example.com": ["93.184.215.14", "192.168.1.1"],
  "zero.example.com": ["0.0.0.0"],
  "scoped.example.com": ["fe80::1%lo"],
};

const refusedUrls: readonly string[] = [
  // Loopback, in every base and form that a URL can have.
  "https://127.0.0.1/",
  "https://127.1/",
  "https://127.0.1/",
  "https://2130706433/",
  "https://0x7f000001/",
  "https://0x7f.1/",
  "https://0x7f.0x0.0x0.0x1/",
  "https://017700000001/",
  "https://0177.0.0.1/",
  "https://127.0.0.1./",
  "https://127.255.255.254/",
  "https://１２７.０.０.１/",
  "https://127%2e0%2e0%2e1/",
  "https://①②⑦.0.0.1/",
  "https://0/",
  "https://0.0.0.0/",
  "https://localhost/",
  "https://LOCALHOST./",
  "https://a.localhost/",
  "https://[::1]/",
  "https://[0:0:0:0:0:0:0:1]/",
  "https://[::]/",
  // Private, shared, link-local, metadata.
  "https://10.0.0.1/",
  "https://0xa000001/",
  "https://012.1.1.1/",
  "https://172.16.0.1/",
  "https://172.31.255.255/",
  "https://192.168.0.1/",
  "https://192.168.257/",
  "https://100.64.0.1/",
  "https://100.100.100.200/",
  "https://169.254.169.254/latest/meta-data/",
  "https://2852039166/",
  "https://0xa9fea9fe/",
  "https://metadata/",
  "https://metadata.google.internal/",
  "https://printer.local/",
  "https://router.home.arpa/",
  "https://[fe80::1]/",
  "https://[fc00::1]/",
  "https://[fd00:ec2::254]/",
  "https://[fec0::1]/",
  // IPv4 in IPv6.
  "https://[::ffff:127.0.0.1]/",
  "https://[::ffff:7f00:1]/",
  "https://[::ffff:8.8.8.8]/",
  "https://[::127.0.0.1]/",
  "https://[64:ff9b::7f00:1]/",
  "https://[64:ff9b::8.8.8.8]/",
  "https://[64:ff9b:1::1]/",
  "https://[2002:7f00:1::]/",
  "https://[2001:0:7f00:1::]/",
  "https://[::ffff:0:127.0.0.1]/",
  // Not unicast, or nobody's.
  "https://224.0.0.1/",
  "https://240.0.0.1/",
  "https://255.255.255.255/",
  "https://192.0.2.1/",
  "https://192.0.0.192/",
  "https://198.18.0.1/",
  "https://198.51.100.1/",
  "https://203.0.113.1/",
  "https://192.88.99.1/",
  "https://[ff02::1]/",
  "https://[2001:db8::1]/",
  "https://[3fff::1]/",
  "https://[100::1]/",
  "https://[5f00::1]/",
  // Other ways in.
  "http://example.com/",
  "ftp://example.com/",
  "file:///etc/passwd",
  "gopher://127.0.0.1:6379/_",
  "https://user:password@example.com/",
  "https://example.com@127.0.0.1/",
  "https://127.0.0.1#@example.com/",
  "https://",
  "//example.com/",
  ...Object.keys(names).map((name) => `https://${name}/`),
];

const resolve = async (name: string) =>
  (names[name] ?? []).map((address) => ({ address, family: isIP(address) }));

test(`none of ${refusedUrls.length} URLs can be registered`, async () => {
  const outbound = openOutbound({ allowsEverything: false, resolve });
  for (const url of refusedUrls) expect(await outbound.faultOf(url), url).not.toBeNull();
  await outbound.close();
});

test("none of them is connected to when it is used all the same", async () => {
  const outbound = openOutbound({ allowsEverything: false, resolve });
  for (const url of refusedUrls) {
    const { status, failure } = await outbound.post(url, {}, "{}");
    expect([status, failure === null], url).toEqual([null, false]);
  }
  expect(connections).toEqual([]);
  await outbound.close();
});

test("public URLs are taken, and so is a name that nobody knows yet", async () => {
  const outbound = openOutbound({ allowsEverything: false, resolve });
  for (const url of [
    "https://example.com/hooks?a=1",
    "https://EXAMPLE.com:8443/",
    "https://8.8.8.8/",
    "https://[2606:4700:4700::1111]/",
    "https://bücher.example/",
  ])
    expect(await outbound.faultOf(url), url).toBeNull();
  await outbound.close();
});

test("addresses at the edges of what is not public, and one step outside", () => {
  const edges: readonly [inside: string, outside: string][] = [
    ["9.255.255.255", "10.0.0.0"],
    ["11.0.0.0", "10.255.255.255"],
    ["172.15.255.255", "172.16.0.0"],
    ["172.32.0.0", "172.31.255.255"],
    ["100.63.255.255", "100.64.0.0"],
    ["100.128.0.0", "100.127.255.255"],
    ["126.255.255.255", "127.0.0.0"],
    ["128.0.0.0", "127.255.255.255"],
    ["169.253.255.255", "169.254.0.0"],
    ["169.255.0.0", "169.254.255.255"],
    ["192.167.255.255", "192.168.0.0"],
    ["198.17.255.255", "198.18.0.0"],
    ["198.20.0.0", "198.19.255.255"],
    ["223.255.255.255", "224.0.0.0"],
    ["2001:200::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["2003::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["3ffe:ffff::", "4000::"],
  ];
  for (const [open, closed] of edges)
    expect([open, isPublicAddress(open), closed, isPublicAddress(closed)]).toEqual([
      open,
      true,
      closed,
      false,
    ]);
  for (const text of ["", "example.com", "127.1", "1.2.3", "::g"]) expect(isPublicAddress(text)).toBe(false);
  expect(targetFault("https://example.com/")).toBeNull();
});

/** A public address of its own no test has: 127.0.0.2 stands for one. */
const outside = "127.0.0.2";
const isAllowed = (address: string) => address === outside;

let inside: Receiver;
let beyond: Receiver;
beforeAll(async () => {
  beyond = await startReceiver(outside);
  inside = await startReceiver("127.0.0.1", Number(new URL(beyond.url).port));
});
afterAll(async () => {
  await inside.close();
  await beyond.close();
});

test("a name that means something else the next time reaches only what was checked", async () => {
  const answers = [[outside], ["127.0.0.1"], [outside, "127.0.0.1"], []];
  const outbound = openOutbound({
    // For plain http; what may be connected to is said below.
    allowsEverything: true,
    isAllowed,
    resolve: async () => (answers.shift() ?? []).map((address) => ({ address, family: 4 })),
  });
  const { port } = new URL(beyond.url);
  const url = `http://shop.example.com:${port}/hook`;
  const results = [];
  for (let i = 0; i < 4; i++) {
    results.push(await outbound.post(url, { connection: "close" }, "{}"));
  }
  expect(results.map(({ status, failure }) => status ?? failure)).toEqual([
    204,
    "not_public",
    "not_public",
    "unresolved",
  ]);
  expect(connections).toEqual([outside]);
  expect(inside.received).toEqual([]);
  // The receiver is spoken to by the name that was registered.
  expect(beyond.received.map(({ headers }) => headers.host)).toEqual([`shop.example.com:${port}`]);
  await outbound.close();
});

test("a connection that is allowed is seen by this test, over TLS as well", async () => {
  const outbound = openOutbound({
    allowsEverything: true,
    isAllowed,
    resolve: async () => [{ address: outside, family: 4 }],
  });
  const { port } = new URL(beyond.url);
  const named = await outbound.post(`https://shop.example.com:${port}/`, {}, "{}");
  const literal = await outbound.post(`https://${outside}:${port}/`, {}, "{}");
  expect([named.failure, literal.failure]).toEqual(["tls_failed", "tls_failed"]);
  expect(connections).toEqual([outside, outside]);
  await outbound.close();
});

test("a literal address, of which nobody asks a resolver, is checked all the same", async () => {
  const outbound = openOutbound({ allowsEverything: true, isAllowed });
  const { port } = new URL(beyond.url);
  const to = (host: string) => outbound.post(`http://${host}:${port}/`, {}, "{}");
  const results = [];
  for (const host of ["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", outside])
    results.push(await to(host));
  expect(results.map(({ status, failure }) => status ?? failure)).toEqual([
    ...Array(5).fill("not_public"),
    204,
  ]);
  expect(connections).toEqual([outside]);
  await outbound.close();
});

test("a redirect to the inside is answered, not followed", async () => {
  beyond.answer((response) =>
    response.writeHead(307, { location: inside.url, "retry-after": "7" }).end("over there"),
  );
  const outbound = openOutbound({ allowsEverything: true, isAllowed });
  expect(await outbound.post(beyond.url, {}, "{}")).toMatchObject({
    status: 307,
    retryAfter: "7",
    text: "over there",
    failure: null,
  });
  expect(inside.received).toEqual([]);
  await outbound.close();
});

test("whoever can wait less than others is answered sooner", async () => {
  beyond.answer(() => {});
  const outbound = openOutbound({ allowsEverything: true, isAllowed, timeoutMilliseconds: 600_000 });
  expect(await outbound.post(beyond.url, {}, "{}", { mostMilliseconds: 100 })).toMatchObject({
    status: null,
    failure: "timed_out",
  });
  await outbound.close();
});
