/**
 * Carts as a till would print them: `cart("2x MUG @ 10.00", "1x TEA @ 3.50 in drinks, hot")`.
 *
 * A line may go on with `in <categories>`, `list <price>`, `cost <price>`, `floor <price>` and `sale`, in this order. Lines
 * are numbered from "1". What is not text belongs to the cart itself: `cart("2x MUG @ 1000", { currency: "JPY" })`.
 */
import type { z } from "zod";
import { type Cart, type CartLine, cartSchema } from "../src/engine/cart.ts";

type CartFields = Partial<Omit<z.input<typeof cartSchema>, "lines">>;

const notation =
  /^(\d+)x (\S+) @ (\d+(?:\.\d+)?)(?: in ([^@]+?))?(?: list (\d+(?:\.\d+)?))?(?: cost (\d+(?:\.\d+)?))?(?: floor (\d+(?:\.\d+)?))?( sale)?$/;

/** Digits after the point, where they are not two. */
const decimals: Readonly<Record<string, number>> = { JPY: 0, KRW: 0, KWD: 3, BHD: 3 };

export function cart(...parts: readonly (string | CartFields)[]): Cart {
  const fields: CartFields = Object.assign(
    { currency: "CNY" },
    ...parts.filter((part) => typeof part !== "string"),
  );
  const lines = parts.filter((part) => typeof part === "string");
  return cartSchema.parse({
    ...fields,
    lines: lines.map((line, i) => readLine(line, String(i + 1), fields.currency ?? "CNY")),
  });
}

function readLine(text: string, id: string, currency: string): z.input<typeof cartSchema>["lines"][number] {
  const match = notation.exec(text);
  if (match === null)
    throw new Error(`"${text}" is not a line such as "2x MUG @ 10.00 in mugs list 12.00 sale".`);
  const [, quantity, sku, price, categories, list, cost, floor, sale] = match;
  const optional = (name: keyof CartLine, amount: string | undefined) =>
    amount !== undefined && { [name]: minorUnitsOf(amount, currency) };
  return {
    id,
    sku: sku!,
    quantity: Number(quantity),
    unitPrice: minorUnitsOf(price!, currency),
    ...(categories !== undefined && { categories: categories.split(",").map((name) => name.trim()) }),
    ...optional("listPrice", list),
    ...optional("unitCost", cost),
    ...optional("minUnitPrice", floor),
    ...(sale !== undefined && { onSale: true }),
  };
}

/** "10.00" in CNY is 1000; the digits must be all that the currency has, so that a slip of the pen is seen. */
export function minorUnitsOf(amount: string, currency: string): number {
  const digits = decimals[currency] ?? 2;
  const [whole, fraction = ""] = amount.split(".");
  if (fraction.length !== digits)
    throw new Error(`"${amount}" should have ${digits} decimals in ${currency}.`);
  return Number(whole + fraction);
}
