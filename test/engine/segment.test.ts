import { expect, test } from "vitest";
import type { ConditionDocument } from "../../src/engine/conditions/tree.ts";
import { limits } from "../../src/engine/limits.ts";
import { compileSegment } from "../../src/engine/segment.ts";

function has(conditions: ConditionDocument, groups: string[]): boolean {
  const { segment, issues } = compileSegment(conditions, { currency: null, timezone: "UTC" });
  if (segment === null) throw new Error(JSON.stringify(issues));
  return segment.has({ id: "c", groups }, {}, 0);
}

test("an expression that takes too long over what is known of a customer is not met, with or without a `not`", () => {
  const cel = 'customer.groups.exists(a, customer.groups.exists(b, a + b == "xy" || b + a == "ab"))';
  const expression = { kind: "expression", cel } as const;
  const many = ["x", "y", ...Array.from({ length: limits.namesPerField - 2 }, (_, n) => `g${n}`)];
  expect([has(expression, ["x", "y"]), has({ not: expression }, ["x"])]).toEqual([true, true]);
  expect([has(expression, many), has({ not: expression }, many)]).toEqual([false, false]);
});
