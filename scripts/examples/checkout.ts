/**
 * A web shop's checkout: show what the cart costs, hold it while the customer pays, and commit once they have.
 *
 *     npx tsx scripts/examples/checkout.ts http://localhost:8080 demo-checkout-key-everybody-knows
 */
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
// Elsewhere: import { … } from "dealwright/client".
import {
  type Client,
  DealwrightProblem,
  dealwright,
  type EvaluationRequest,
} from "../../src/client/client.ts";

const cart = {
  currency: "CNY",
  channel: "mini-program",
  country: "CN",
  customer: { id: "example-shopper" },
  lines: [
    { id: "1", sku: "CLEANSER-120", categories: ["skincare"], quantity: 1, unitPrice: 15_900 },
    { id: "2", sku: "CREAM-50", categories: ["skincare"], quantity: 1, unitPrice: 19_900 },
  ],
  shipping: [{ id: "s1", method: "express", amount: 1_200 }],
} satisfies EvaluationRequest;

/** `pay` takes the money and tells whether it got it. */
export async function checkOut(
  shop: Client,
  orderRef: string,
  pay: (total: number) => Promise<boolean>,
  say: (line: string) => void,
): Promise<string> {
  const { data: quote } = await shop.evaluate({ body: cart });
  for (const { label, amount } of quote.promotions) say(`${label}: -${amount}`);
  say(`to pay: ${quote.total}`);

  const reservation = { ...cart, orderRef, mode: "reserve" as const, ttlSeconds: 900 };
  let held: Awaited<ReturnType<Client["createRedemption"]>>;
  try {
    held = await shop.createRedemption({ body: { ...reservation, expectedTotal: quote.total } });
  } catch (error) {
    // Since the customer looked, something ran out or began: show the new price, do not charge another than was shown.
    if (error instanceof DealwrightProblem && error.code === "price_changed") say("the price has changed");
    throw error;
  }
  const { id } = held.data;
  if (!(await pay(held.data.quote.total))) {
    const { data } = await shop.cancelRedemption({ params: { id } });
    say(`not paid: ${data.state}`);
    return data.state;
  }
  const { data } = await shop.commitRedemption({ params: { id } });
  say(`paid: ${data.state}`);
  return data.state;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , baseUrl = "http://localhost:8080", apiKey = "demo-checkout-key-everybody-knows"] = process.argv;
  const shop = dealwright({ baseUrl, apiKey });
  await checkOut(
    shop,
    `web-${randomUUID()}`,
    async () => true,
    (line) => process.stdout.write(`${line}\n`),
  );
}
