import type { z } from "zod";
import type { cartSchema } from "../../engine/cart.ts";

export type DemoCart = z.input<typeof cartSchema>;

/** The cart of the README and of the banner: a bundle, an order discount, a code, a gift, free shipping and a near miss. */
export const firstCart: DemoCart = {
  currency: "CNY",
  channel: "mini-program",
  country: "CN",
  customer: { id: "c-42", groups: ["fan"] },
  lines: [
    { id: "1", sku: "CLEANSER-120", categories: ["skincare"], quantity: 1, unitPrice: 15900 },
    { id: "2", sku: "CREAM-50", categories: ["skincare"], quantity: 1, unitPrice: 19900 },
    { id: "3", sku: "MASK-ROSE", product: "MASK", quantity: 2, unitPrice: 2900 },
  ],
  shipping: [{ id: "s1", method: "express", amount: 1200 }],
  codes: ["welcome 20", "NO-SUCH-CODE"],
};
