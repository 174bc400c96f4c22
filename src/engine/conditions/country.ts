import { contextFieldCondition } from "./context-field.ts";

export const country = contextFieldCondition({
  kind: "country",
  field: "country",
  example: "CN",
  noun: { en: "the country", "zh-CN": "国家或地区" },
  notIncluded: {
    en: "This offer is not available in this country.",
    "zh-CN": "此优惠不适用于当前国家或地区。",
  },
});
