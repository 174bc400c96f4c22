/** Requests full of what must stand in no log, and what of it stands there all the same (G29). */
import { openClient } from "./http-client.ts";
import { orderOf, type Shop } from "./shop.ts";

export const bird = "Kanarienvogel";
export const phone = "+49 1517 7700";

/** Somebody's data in every field that takes words, so that no two requests are the same. */
function personal(index: number) {
  const name = `${bird}-${index}`;
  return {
    name,
    customer: { id: `anna.${name}@example.org`, groups: [name], tags: [name], attributes: { name, phone } },
    identifiers: { device: name, phone: `${phone} ${index}`, ip: "203.0.113.77" },
    codes: [name, { code: `${name}-2`, honour: true }],
    attributes: { address: `${name} Street 1` },
    line: {
      id: name,
      sku: name,
      product: name,
      categories: [name],
      quantity: 1,
      unitPrice: 10_000,
      attributes: { name },
    },
  };
}

/** One of everything: what is in order, what is refused, what cannot even be read. */
function callOf(
  index: number,
): [method: string, path: string, body?: unknown, headers?: Record<string, string>] {
  const { name, customer, identifiers, codes, attributes, line } = personal(index);
  const cart = { currency: "CNY", customer, identifiers, codes, attributes, lines: [line] };
  const input = `{ currency: "CNY", customer: { id: "${name}" }, lines: [{ id: "${name}", sku: "${name}", quantity: 1, unitPrice: 5 }] }`;
  const calls: ReturnType<typeof callOf>[] = [
    ["POST", "/v1/evaluations", cart],
    ["POST", "/v1/evaluations", { ...cart, save: true }],
    ["POST", "/v1/evaluations", { ...cart, lines: name }],
    ["POST", "/v1/redemptions", orderOf({ ...cart, codes: [], orderRef: name })],
    ["POST", "/v1/redemptions", orderOf({ ...cart, source: name }), { "idempotency-key": name }],
    ["POST", "/v1/coupons/validate", { codes: [name], customer: name }],
    ["GET", `/v1/coupons/${name}`],
    ["GET", `/v1/coupons?customer=${name}&limit=${name}`],
    ["GET", `/v1/${name}?${name}=${name}`],
    ["POST", "/v1/evaluations", undefined, { "content-type": `text/${name}` }],
    ["PUT", `/v1/orders/${name}`, { customer: name }],
    ["POST", `/v1/coupon-pools/${name.toLowerCase()}/claim`, { customer: name, identifiers }],
    ["POST", "/graphql", { query: `{ evaluate(input: ${input}) { total } }` }],
    ["POST", "/graphql", { query: `{ coupon(code: "${name}") { code } }`, variables: { [name]: name } }],
    ["POST", "/graphql", { query: `{ ${name}(code: "${name}" }`, operationName: name }],
    [
      "POST",
      "/graphql",
      {
        query: "mutation ($input: RedemptionRequestInput!) { createRedemption(input: $input) { id } }",
        variables: { input: orderOf({ ...cart, codes: [], source: "graphql", orderRef: name }) },
      },
    ],
  ];
  return calls[index % calls.length]!;
}

/** What a client may say beside the request. An X-Request-Id is logged as it comes: that is what it is for. */
const headersOf = (index: number) => ({
  "user-agent": `${bird}/${index}`,
  referer: `https://example.org/${bird}`,
  cookie: `session=${bird}`,
  "x-forwarded-for": "203.0.113.77",
  "x-customer": `${bird} ${phone}`,
  "if-match": `"${bird}"`,
});

/** Sends them, some with a key that nobody has; answers the statuses. */
export async function callAll(shop: Shop, url: string, from: number, count: number): Promise<number[]> {
  const statuses: number[] = [];
  const stranger = openClient(`dw_live_${bird}`);
  const next = Array.from({ length: count }, (_, index) => from + index);
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let index = next.shift(); index !== undefined; index = next.shift()) {
        const [method, path, body, headers] = callOf(index);
        const client = index % 40 === 39 ? stranger : shop.client;
        const all = { ...headersOf(index), ...headers };
        statuses.push((await client.call(method, `${url}${path}`, body, all)).status);
      }
    }),
  );
  stranger.close();
  return statuses;
}

/** Whatever of it was printed, in whatever case. */
export function leaks(printed: string, { project }: Shop): string[] {
  const secrets = Object.values(project.keys);
  return [bird, phone, phone.replaceAll(" ", ""), "203.0.113.77", "anna.", ...secrets].filter((canary) =>
    printed.toLowerCase().includes(canary.toLowerCase()),
  );
}
