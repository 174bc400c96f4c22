/** What is kept of a sale, beside its quote: enough to price again what of it is not returned. */
import type { Cart } from "../../engine/cart.ts";
import { atQuotedPrices } from "../../engine/price-list.ts";
import type { Quote } from "../../engine/quote.ts";
import { storeFacts } from "../evaluations/evaluation-facts.ts";
import type { Kept } from "../facts/kept-facts.ts";

/** As JSON texts. What was sold has its price: it is kept with that, and without the lists that it came from. */
export function keptSale({ request, facts }: Kept<Pick<Cart, "lines">>, quote: Pick<Quote, "lines">) {
  return {
    request: JSON.stringify(atQuotedPrices(request, quote.lines)),
    facts: JSON.stringify({ ...storeFacts(facts), priceLists: undefined }),
  };
}
