/** Writes `openapi/kinds.md`: every condition and benefit, from the same declarations that check and price them. */
import { z } from "zod";
import { benefitKinds } from "./benefits/index.ts";
import type { Cart } from "./cart.ts";
import { conditionKinds } from "./conditions/index.ts";
import { describePromotion } from "./describe.ts";
import type { BenefitKind, ConditionKind, Words } from "./kind.ts";
import { limits } from "./limits.ts";
import { type PromotionInput, promotionSchema } from "./promotion.ts";
import { reasons } from "./reasons.ts";
import { selectorSchema } from "./selectors/selector.ts";
import { sayer } from "./words.ts";

/** A cart in which every benefit's example gives something. An example for other goods adds its line here. */
const exampleCart = {
  currency: "CNY",
  lines: [
    { id: "1", sku: "CLEANSER", categories: ["skincare"], quantity: 1, unitPrice: 12900 },
    { id: "2", sku: "CREAM", categories: ["skincare"], quantity: 1, unitPrice: 15900 },
    { id: "3", sku: "MASK", quantity: 3, unitPrice: 2900 },
    { id: "4", sku: "MUG", quantity: 1, unitPrice: 12900 },
    { id: "5", sku: "SET-580", quantity: 1, unitPrice: 58000 },
  ],
  shipping: [{ id: "s1", method: "standard", amount: 1200 }],
  deposits: [{ redemption: "rdm_example", promotion: "example-deposit" }],
} satisfies Cart;

/** A whole promotion that gives the benefit of the kind's example, in a group of its own so that it meets no other. */
function examplePromotion({ kind, example }: BenefitKind): PromotionInput {
  const key = `example-${kind.replaceAll("_", "-")}`;
  return {
    key,
    trigger: { type: "automatic" },
    benefits: [{ kind, ...example }],
    stacking: { group: key },
  };
}

export function kindsDocument(): string {
  return `${[
    "# Conditions and benefits",
    "Every kind that a promotion's `conditions` and `benefits` may name, with its fields. Generated from `src/engine/conditions` and `src/engine/benefits` by `npm run generate`; do not edit.",
    `**Conditions** — ${conditionKinds.map(linkTo).join(" · ")}`,
    `**Benefits** — ${benefitKinds.map(linkTo).join(" · ")}`,
    ...commonParts(),
    "## Conditions",
    'A condition is a leaf with its `kind`, or a tree of them: `{ "all": […] }`, `{ "any": […] }`, `{ "not": … }`, up to ' +
      `${limits.conditionLeaves} leaves and ${limits.conditionDepth} levels. What is told of a tree that does not hold is the reason of its first unmet leaf. ` +
      "A leaf whose facts the request does not bring is neither true nor false, also under `not`: the promotion does not apply, with the reason `facts_missing` and the path of what is missing.",
    ...conditionKinds.flatMap(conditionSection),
    "## Benefits",
    ...tryingSection(),
    ...benefitKinds.flatMap(benefitSection),
    "## Reasons of the pipeline",
    "Beside the reasons of the kinds, a promotion or a code can be told any of these.",
    reasonTable(pipelineReasons()),
  ].join("\n\n")}\n`;
}

function linkTo({ kind }: { kind: string }): string {
  return `[\`${kind}\`](#${kind})`;
}

// ---------------------------------------------------------------- sections

function commonParts(): string[] {
  return [
    "## Selector",
    "Which lines are meant (`select`): inside a field any of the values, across the fields all of them. Left out, every line. Where a promotion takes shipping, `methods` takes its place.",
    fieldTable(selectorSchema),
    "## Money map",
    'Amounts in minor units by ISO 4217 currency: `{ "CNY": 3000, "USD": 500 }` is 30 yuan or 5 dollars. A cart in a currency that one of the promotion\'s money maps does not name is answered `currency_not_supported`; nothing is converted.',
  ];
}

function conditionSection(kind: ConditionKind): string[] {
  const example = { kind: kind.kind, ...kind.example };
  const needs =
    kind.needs.length > 0 ? [`Needs: ${kind.needs.map((fact) => `\`${fact}\``).join(", ")}.`] : [];
  return [
    `### ${kind.kind}`,
    [kind.summary, ...needs].join(" "),
    fieldTable(kind.params),
    json(example),
    `In words: ${saidIn(kind, "en")} · ${saidIn(kind, "zh-CN")}`,
    reasonTable(Object.entries(kind.reasons)),
  ].filter((part) => part !== "");
}

function saidIn({ params, example, words }: ConditionKind, locale: "en" | "zh-CN"): string {
  return `“${words(params.parse(example) as never, sayer(locale))}”`;
}

function tryingSection(): string[] {
  return [
    "Each kind below has a whole promotion. To see one in a quote, take the demo project of a running server, create the promotion and put it into force:",
    fence(
      "bash",
      `KEY='Authorization: Bearer demo-marketing-key-everybody-knows'
JSON='Content-Type: application/json'
ID=$(curl -s localhost:8080/v1/promotions -H "$KEY" -H "$JSON" -d @promotion.json | grep -o 'prm_[0-9a-z]*' | head -n 1)
curl -s -X POST localhost:8080/v1/promotions/$ID/activate -H "$KEY"`,
    ),
    "and price a cart:",
    fence("bash", `curl -s localhost:8080/v1/evaluations -H "$KEY" -H "$JSON" -d @cart.json`),
    "`promotion.json` is any of the promotions below. This `cart.json` shows each of them (proving a deposit inline needs the marketing role):",
    json(exampleCart),
  ];
}

function benefitSection(kind: BenefitKind): string[] {
  const promotion = examplePromotion(kind);
  const parsed = promotionSchema.parse(promotion);
  return [
    `### ${kind.kind}`,
    `${kind.summary} Stage: ${kind.stages.map((stage) => `\`${stage}\``).join(", ")}.`,
    fieldTable(kind.params),
    json(promotion),
    `In words: “${describePromotion(parsed, "en")}” · “${describePromotion(parsed, "zh-CN")}”`,
    reasonTable(Object.entries(kind.reasons)),
  ].filter((part) => part !== "");
}

function pipelineReasons(): [string, Words][] {
  const ofKinds = new Set([...conditionKinds, ...benefitKinds].flatMap((kind) => Object.keys(kind.reasons)));
  return [...reasons].filter(([reason]) => !ofKinds.has(reason));
}

// ---------------------------------------------------------------- Markdown

function fence(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function json(value: unknown): string {
  return fence("json", laidOut(value, ""));
}

const widthOfExamples = 100;

/** JSON as a person lays it out: on one line where it fits, else one field a line. */
function laidOut(value: unknown, indent: string): string {
  const short = onOneLine(value);
  if (typeof value !== "object" || value === null || indent.length + short.length <= widthOfExamples)
    return short;
  const inner = `${indent}  `;
  const [open, close, items] = Array.isArray(value)
    ? ["[", "]", value.map((item) => laidOut(item, inner))]
    : [
        "{",
        "}",
        Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}: ${laidOut(field, inner)}`),
      ];
  return `${open}\n${items.map((item) => inner + item).join(",\n")}\n${indent}${close}`;
}

function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}: ${onOneLine(field)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), `|${header.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

function reasonTable(entries: readonly (readonly [string, Words])[]): string {
  const rows = entries.map(([reason, words]) => [`\`${reason}\``, words.en, words["zh-CN"]]);
  return table(["reason", "en", "zh-CN"], rows);
}

// ---------------------------------------------------------------- fields

type Schema = z.core.JSONSchema.BaseSchema;

function fieldTable(params: z.ZodObject): string {
  const whole = z.toJSONSchema(params, { io: "input" });
  // A schema with an id of its own is written as a reference to its definition.
  const { properties = {}, required = [] } = (definedIn(whole) ?? whole) as Schema;
  const rows = Object.entries(properties).map(([name, property]) => {
    const schema = property as Schema;
    return [
      `\`${name}\``,
      typeOf(schema),
      presence(required.includes(name), schema.default),
      schema.description ?? "",
    ];
  });
  return table(["field", "type", "left out", ""], rows);
}

function definedIn({ $ref, $defs }: Schema): Schema | undefined {
  return $ref === undefined ? undefined : ($defs?.[$ref.split("/").at(-1) ?? ""] as Schema | undefined);
}

function presence(isRequired: boolean, fallback: unknown): string {
  if (isRequired) return "required";
  return fallback === undefined ? "" : `\`${JSON.stringify(fallback)}\``;
}

const linked: Readonly<Record<string, string>> = {
  Selector: "[selector](#selector)",
  MoneyMap: "[money map](#money-map)",
};
const spoken: Readonly<Record<string, string>> = {
  string: "text",
  number: "number",
  boolean: "true or false",
};

function typeOf(schema: Schema): string {
  const id = schema.$ref?.split("/").at(-1);
  if (id !== undefined) return linked[id] ?? id.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
  const branches = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined;
  if (branches !== undefined) return branches.map(typeOf).join(" or ");
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined)
    return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(" or ");
  switch (schema.type) {
    case "array":
      return `list of ${typeOf(schema.items as Schema)}${bounds(schema.minItems, schema.maxItems)}`;
    case "object":
      return objectType(schema);
    case "integer":
      return `whole number${bounds(schema.minimum, schema.maximum)}`;
    default:
      return spoken[String(schema.type)] ?? "anything";
  }
}

function objectType({ properties = {}, required = [] }: Schema): string {
  const fields = Object.entries(properties).map(([name, property]) => {
    const isOptional = !required.includes(name);
    return `${name}${isOptional ? "?" : ""}: ${typeOf(property as Schema)}`;
  });
  return `{ ${fields.join(", ")} }`;
}

function bounds(least: number | undefined, most: number | undefined): string {
  const isUnbounded = most === undefined || most >= Number.MAX_SAFE_INTEGER;
  if (!isUnbounded) return ` (${least ?? 0} to ${most})`;
  return least === undefined || least <= 0 ? "" : ` (${least} or more)`;
}
