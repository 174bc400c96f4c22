import { contextFieldCondition } from "./context-field.ts";

export const region = contextFieldCondition({
  kind: "region",
  field: "region",
  example: "CN-SH",
  noun: { en: "the region", "zh-CN": "地区" },
  notIncluded: { en: "This offer is not available in this region.", "zh-CN": "此优惠不适用于当前地区。" },
});
