/**
 * A till: check a code before goods are scanned, sell in one step, and take something back.
 *
 *     npx tsx scripts/examples/till.ts http://localhost:8080 demo-pos-key-everybody-knows
 */
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
// Elsewhere: import { … } from "dealwright/client".
import { type Client, dealwright } from "../../src/client/client.ts";

export interface Receipt {
  readonly redemption: string;
  readonly total: number;
  readonly refund: number;
}

/** Sells two masks, and takes one of them back. */
export async function sellAndTakeBack(
  till: Client,
  receiptNumber: string,
  code: string,
  say: (line: string) => void,
): Promise<Receipt> {
  const { data: known } = await till.validateCoupons({ body: { codes: [code] } });
  const codes = known.codes.filter(({ status }) => status === "usable").map((usable) => usable.code);
  for (const { message } of known.codes) if (message !== null) say(message);

  // The number of the receipt makes a repetition the same sale, also after days and after a restart of the till.
  const { data: sale, isReplay } = await till.createRedemption({
    idempotencyKey: `till-1-${receiptNumber}`,
    body: {
      orderRef: receiptNumber,
      source: "till-1",
      mode: "commit",
      currency: "CNY",
      channel: "store",
      country: "CN",
      lines: [{ id: "1", sku: "MASK-ROSE", product: "MASK", quantity: 2, unitPrice: 2_900 }],
      codes,
    },
  });
  say(`${isReplay ? "already sold" : "sold"} for ${sale.quote.total}`);

  const { data: back } = await till.returnRedemption({
    params: { id: sale.id },
    idempotencyKey: `till-1-${receiptNumber}-back-1`,
    body: { lines: [{ id: "1", quantity: 1 }] },
  });
  say(`given back: ${back.refund}`);
  return { redemption: sale.id, total: sale.quote.total, refund: back.refund };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , baseUrl = "http://localhost:8080", apiKey = "demo-pos-key-everybody-knows"] = process.argv;
  const till = dealwright({ baseUrl, apiKey });
  await sellAndTakeBack(till, `receipt-${randomUUID()}`, "NO-SUCH-CODE", (line) =>
    process.stdout.write(`${line}\n`),
  );
}
