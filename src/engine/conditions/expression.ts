import { z } from "zod";
import type { Facts } from "../facts.ts";
import { defineCondition } from "../kind.ts";
import { limits } from "../limits.ts";

export const expression = defineCondition({
  kind: "expression",
  summary:
    "A CEL expression over `cart`, `customer` and `line` is true; one that names `line`, for some line. Amounts are minor units, as in the request.",
  params: z.strictObject({ cel: z.string().min(1).max(limits.expressionLength) }),
  example: { cel: 'cart.subtotal >= 20000 && "vip" in customer.groups' },
  needs: [],
  reasons: {
    expression_false: { en: "This offer does not fit this cart.", "zh-CN": "此优惠不适用于当前订单。" },
  },
  compile({ cel }, compiler, path) {
    const compiled = compiler.expression(cel, `${path}/cel`);
    return {
      isAboutCustomer: compiled.usesCustomer,
      alsoNeeds: compiled.needs ?? [],
      // Declares no needs of its own: `has(customer.facts.tier)` must be answered even where the tier is not known.
      test: (view) => {
        const { cart } = view;
        view.spend(compiled.operations(cart) * (compiled.usesLine ? cart.lines.length : 1));
        return compiled.test({ cart, facts: view.facts as Facts });
      },
    };
  },
  words: ({ cel }, say) => say.pick({ en: `\`${cel}\` is true`, "zh-CN": `满足 \`${cel}\`` }),
});
