/** G02: a budget is spent to the last minor unit, and nobody is refused before it could have been. */
import type { OwnersDatabase } from "../database.ts";
import { type Attempt, falseRefusals, History } from "../faults/history.ts";
import { inParallel } from "../faults/http-client.ts";
import { booksOf, openShop, orderOf, type Shop, untilKnown } from "../faults/shop.ts";

export interface Spending {
  readonly history: History;
  readonly shop: Shop;
  readonly rule: string;
}

/** Discounts of 7.00 and 3.33 in turn; the budget divides by neither. */
const prices = [7_000, 3_330];

export async function spend(
  atEdge: "refuse" | "partial",
  options: { database: OwnersDatabase; servers: readonly string[]; budget: number; attempts: number },
): Promise<Spending> {
  const { database, servers, budget, attempts } = options;
  const shop = await openShop(servers[0]!, database);
  const rule = await shop.promotion("spend", {
    trigger: { type: "code", code: "SPEND" },
    benefits: [{ kind: "percent_off", target: "order", percent: 10 }],
    budget: { amount: { CNY: budget }, atEdge },
  });
  await untilKnown(servers, shop, { codes: ["SPEND"] });
  const history = new History();
  await inParallel(attempts, 64, (index) =>
    shop.client.redeem(
      servers[index % servers.length]!,
      "REST",
      orderOf({
        codes: ["SPEND"],
        explain: "none",
        lines: [{ id: "1", sku: "MUG", quantity: 1, unitPrice: prices[index % prices.length] }],
      }),
      { history },
    ),
  );
  return { history, shop, rule };
}

export async function violationsOf(
  atEdge: "refuse" | "partial",
  budget: number,
  { history, shop, rule }: Spending,
  database: Pick<OwnersDatabase, "pool">,
): Promise<string[]> {
  const found: string[] = [];
  const spent = history.granted().reduce((sum, attempt) => sum + discountOf(attempt), 0);
  const books = await booksOf(database, shop.project.id, rule, "amount:CNY");
  if (books.counter !== spent || books.ledger !== spent)
    found.push(`acknowledged ${spent}, counted ${books.counter}, in the ledger ${books.ledger}`);
  // What is refused whole may leave less than the smallest discount; what is granted partly leaves nothing.
  const least = atEdge === "partial" ? budget : budget - Math.min(...prices.map((price) => price / 10)) + 1;
  if (spent > budget || spent < least) found.push(`spent ${spent} of ${budget}`);
  const odd = history.refused().filter(({ status, code }) => status !== 409 || code !== "code-not-applied");
  if (odd.length > 0)
    found.push(`${odd.length} answers were neither, such as ${odd[0]!.status} ${odd[0]!.code}`);
  const hasty = falseRefusals(
    history,
    atEdge === "partial" ? budget : budget - Math.max(...prices) / 10 + 1,
    discountOf,
  );
  if (hasty.length > 0) found.push(`${hasty.length} were refused while there was money`);
  return found;
}

function discountOf({ text }: Attempt): number {
  return (JSON.parse(text) as { quote: { discount: number } }).quote.discount;
}
