import { contextFieldCondition } from "./context-field.ts";

export const store = contextFieldCondition({
  kind: "store",
  field: "store",
  example: "sh-001",
  noun: { en: "the store", "zh-CN": "门店" },
  notIncluded: { en: "This offer is not available in this store.", "zh-CN": "此优惠不适用于当前门店。" },
});
