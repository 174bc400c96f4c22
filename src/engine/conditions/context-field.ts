/** The kinds that compare one field of the request with a list differ in nothing but the field. */
import { z } from "zod";
import type { CanonicalCart } from "../canonical-cart.ts";
import { type ConditionKind, defineCondition, met, missing, unmet, type Words } from "../kind.ts";
import { oneOf } from "./names.ts";

type ContextField = "channel" | "store" | "region" | "country" | "paymentMethod";

export function contextFieldCondition<Kind extends string>(definition: {
  kind: Kind;
  field: ContextField;
  example: string;
  /** What the field is called in a sentence. */
  noun: Words;
  notIncluded: Words;
}): ConditionKind {
  const { kind, field, noun } = definition;
  const read = (cart: CanonicalCart) => cart[field];
  const reason = `${kind}_not_included` as const;
  return defineCondition({
    kind,
    summary: `The request's \`${field}\` is one of these.`,
    params: z.strictObject({ in: oneOf() }),
    example: { in: [definition.example] },
    needs: [],
    reasons: { [reason]: definition.notIncluded } as Record<typeof reason, Words>,
    compile({ in: values }) {
      const allowed = new Set(values);
      const refused = unmet(reason);
      const unknown = missing(field);
      return {
        requiresContext: { field, values },
        test(view) {
          const value = read(view.cart);
          if (value === undefined) return unknown;
          return allowed.has(value) ? met : refused;
        },
      };
    },
    words: ({ in: values }, say) =>
      say.pick({ en: `${noun.en} is ${say.list(values)}`, "zh-CN": `${noun["zh-CN"]}为${say.list(values)}` }),
  });
}
