import { contextFieldCondition } from "./context-field.ts";

export const channel = contextFieldCondition({
  kind: "channel",
  field: "channel",
  example: "mini-program",
  noun: { en: "the channel", "zh-CN": "渠道" },
  notIncluded: { en: "This offer is not available in this channel.", "zh-CN": "此优惠不适用于当前渠道。" },
});
