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

export const demoCarts: Readonly<Record<string, DemoCart>> = {
  first: firstCart,
  household: {
    currency: "CNY",
    channel: "web",
    lines: [
      { id: "1", sku: "TOWEL", product: "TOWEL", categories: ["household"], quantity: 2, unitPrice: 4900 },
      { id: "2", sku: "CANDLE", product: "CANDLE", categories: ["household"], quantity: 1, unitPrice: 6900 },
    ],
    shipping: [{ id: "s1", method: "standard", amount: 800 }],
    locale: "zh-CN",
  },
  vip: {
    currency: "CNY",
    channel: "app",
    store: "sh-001",
    region: "CN-SH",
    country: "CN",
    paymentMethod: "wechat",
    customer: { id: "c-7", groups: ["vip"], attributes: { level: 3 } },
    lines: [
      {
        id: "1",
        sku: "SERUM-30",
        categories: ["skincare"],
        quantity: 2,
        unitPrice: 58000,
        minUnitPrice: 40000,
      },
      {
        id: "2",
        sku: "TRAVEL-SET",
        categories: ["skincare"],
        quantity: 3,
        unitPrice: 12900,
        listPrice: 15900,
      },
    ],
    shipping: [{ id: "s1", method: "express", amount: 1500 }],
  },
  dollars: {
    currency: "USD",
    channel: "web",
    country: "SG",
    lines: [
      { id: "1", sku: "CREAM-50", categories: ["skincare"], quantity: 2, unitPrice: 3900 },
      { id: "2", sku: "TRAVEL-SET", categories: ["skincare"], quantity: 1, unitPrice: 1990 },
    ],
    shipping: [{ id: "s1", method: "standard", amount: 900 }],
  },
  dealer: {
    currency: "CNY",
    channel: "dealer",
    customer: { id: "d-1" },
    lines: [{ id: "1", sku: "CREAM-50", categories: ["skincare"], quantity: 100, unitPrice: 11900 }],
  },
};
