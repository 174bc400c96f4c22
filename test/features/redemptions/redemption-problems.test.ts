import { expect, test } from "vitest";
import { contended } from "../../../src/features/redemptions/redemption-problems.ts";
import type { Redemption } from "../../../src/features/redemptions/redemption-schemas.ts";

test("whoever lost every race is told which promotions the others were after, each once, and to try again", () => {
  const short = (rule: string, measure: string) => ({
    counter: { rule, measure, holder: "", period: "" },
    limit: 10,
    taken: 10,
    wanted: 1,
    closed: null,
  });
  const quote = {
    promotions: [
      { promotionId: "prm_1", promotion: "flash" },
      { promotionId: "prm_2", promotion: "quiet" },
    ],
  } as Redemption["quote"];
  const refusal = contended([short("prm_1", "uses"), short("prm_1", "amount:CNY")], quote);
  expect(refusal).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
  expect(refusal.errors).toEqual([
    { path: "", code: "contended", message: expect.stringContaining("flash") },
  ]);
});
