import { z } from "zod";
import type { Attributes } from "../cart.ts";
import { defineCondition, met, missing, unmet } from "../kind.ts";
import { limits } from "../limits.ts";
import { operationsPerLine, operationsPerName } from "../work-budget.ts";
import { checkBounds } from "./bounds.ts";
import { includesAny } from "./names.ts";

type Value = Attributes[string];
const scalar = z.union([z.string().max(limits.textLength), z.number(), z.boolean()]);

export const attribute = defineCondition({
  kind: "attribute",
  summary:
    "An attribute of the cart, of the customer, or of some line is one of these values, or a number within these bounds (inclusive). Of a list, some entry is.",
  params: z.strictObject({
    of: z.enum(["cart", "customer", "line"]).default("cart"),
    name: z.string().min(1).max(limits.nameLength),
    in: z.array(scalar).min(1).max(limits.namesPerSelector).optional(),
    atLeast: z.number().optional(),
    atMost: z.number().optional(),
  }),
  example: { of: "customer", name: "level", atLeast: 3 },
  needs: [],
  reasons: {
    attribute_not_included: { en: "This offer does not fit this cart.", "zh-CN": "此优惠不适用于当前订单。" },
    attribute_out_of_range: { en: "This offer does not fit this cart.", "zh-CN": "此优惠不适用于当前订单。" },
  },
  compile({ of, name, in: values, atLeast, atMost }, compiler, path) {
    if (values !== undefined && (atLeast !== undefined || atMost !== undefined)) {
      compiler.issue(`${path}/in`, "bounds_contradict", "Give `in` or bounds, not both.");
    }
    if (values === undefined) checkBounds({ atLeast, atMost }, compiler, path);
    const least = atLeast ?? Number.NEGATIVE_INFINITY;
    const most = atMost ?? Number.POSITIVE_INFINITY;
    const allowed = values === undefined ? null : new Set<string | number | boolean>(values);
    const fits = (value: Value): boolean => {
      if (allowed === null) return typeof value === "number" && value >= least && value <= most;
      return Array.isArray(value) ? includesAny(allowed, value) : allowed.has(value as string);
    };
    const unknown = missing(
      of === "cart"
        ? `attributes.${name}`
        : of === "customer"
          ? `customer.attributes.${name}`
          : `lines[].attributes.${name}`,
    );
    const noCustomer = missing("customer");
    const refuse = (value: Value | undefined) => {
      if (allowed !== null) return unmet("attribute_not_included");
      const required =
        typeof value === "number" && value > most ? most : least === Number.NEGATIVE_INFINITY ? most : least;
      return unmet(
        "attribute_out_of_range",
        typeof value === "number" ? { required, actual: value } : { required },
      );
    };
    const judge = (value: Value | undefined) =>
      value === undefined ? unknown : fits(value) ? met : refuse(value);
    return {
      isAboutCustomer: of === "customer",
      ...(of !== "line" && { reads: [`${of}.attributes.${name}`] }),
      test(view) {
        const { cart, customer } = view;
        if (of === "cart") return judge(read(cart.attributes, name));
        if (of === "customer")
          return customer === undefined ? noCustomer : judge(read(customer.attributes, name));
        view.spend(cart.lines.length * operationsPerLine);
        let known = 0;
        for (const line of cart.lines) {
          const value = read(line.attributes, name);
          if (value === undefined) continue;
          if (allowed !== null && Array.isArray(value)) view.spend(value.length * operationsPerName);
          if (fits(value)) return met;
          known += 1;
        }
        // Lines without the attribute are simply not meant, unless there is no other.
        return known === 0 && cart.lines.length > 0 ? unknown : refuse(undefined);
      },
    };
  },
  words({ of, name, in: values, atLeast, atMost }, say) {
    const owner = say.pick({
      en: of === "line" ? "some line's" : `the ${of}'s`,
      "zh-CN": { cart: "订单的", customer: "顾客的", line: "某商品的" }[of],
    });
    const parts: string[] = [];
    if (values !== undefined)
      parts.push(
        say.pick({ en: `is ${say.list(values.map(String))}`, "zh-CN": `为${say.list(values.map(String))}` }),
      );
    if (atLeast !== undefined)
      parts.push(say.pick({ en: `is at least ${atLeast}`, "zh-CN": `不低于${atLeast}` }));
    if (atMost !== undefined)
      parts.push(say.pick({ en: `is at most ${atMost}`, "zh-CN": `不超过${atMost}` }));
    return `${owner}${say.pick({ en: " ", "zh-CN": "" })}${name} ${parts.join(say.pick({ en: " and ", "zh-CN": "且" }))}`;
  },
});

/** Own properties only: an attribute is not named `constructor` by accident. */
function read(attributes: Attributes | undefined, name: string): Value | undefined {
  return attributes !== undefined && Object.hasOwn(attributes, name) ? attributes[name] : undefined;
}
