import { contextFieldCondition } from "./context-field.ts";

export const paymentMethod = contextFieldCondition({
  kind: "payment_method",
  field: "paymentMethod",
  example: "wechat",
  noun: { en: "the payment method", "zh-CN": "支付方式" },
  notIncluded: {
    en: "This offer is not available with this payment method.",
    "zh-CN": "此优惠不适用于当前支付方式。",
  },
});
