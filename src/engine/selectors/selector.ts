/** Which lines are meant: inside a field any of the values, across the fields all of them. */
import { z } from "zod";
import type { CanonicalLine } from "../canonical-cart.ts";
import type { Expression } from "../expression.ts";
import type { Compiler } from "../kind.ts";
import { limits } from "../limits.ts";

const values = z.array(z.string().min(1).max(limits.nameLength)).min(1).max(limits.namesPerSelector);

const fields = {
  skus: values.optional(),
  products: values.optional(),
  categories: values.optional(),
  brands: values.optional(),
  tags: values.optional(),
  where: z
    .string()
    .min(1)
    .max(limits.expressionLength)
    .optional()
    .describe("A CEL expression over `line` and `cart`."),
};

export const selectorSchema = z
  .strictObject({
    ...fields,
    exclude: z.strictObject(fields).optional().describe("Lines that match this are left out."),
    excludeDiscounted: z
      .boolean()
      .optional()
      .describe("Leaves out units on sale, or whose price is below their list price by now."),
  })
  .meta({ id: "Selector", scalar: true, description: "Which lines are meant; left out, every line." });

export type Selector = z.output<typeof selectorSchema>;

/** The fields of a selector that name goods, the most selective first: the order in which promotions are filed. */
export const selectorFields = ["skus", "products", "categories", "brands", "tags"] as const;
export type SelectorField = (typeof selectorFields)[number];

export interface CompiledSelector {
  /** The selector as text; equal texts mean equal selectors. */
  readonly id: string;
  readonly source: Selector;
  readonly coversEverything: boolean;
  readonly excludeDiscounted: boolean;
  /** The SKU, where the selector names one SKU and nothing else. */
  readonly onlySku: string | null;
  /** Those that are run for a line, where it comes to them. */
  readonly expressions: readonly Expression[];
  /** Does the line match, apart from `excludeDiscounted`, which depends on running prices? */
  covers(line: CanonicalLine): boolean;
}

export function compileSelector(
  select: Selector | undefined,
  compiler: Compiler,
  path: string,
): CompiledSelector {
  const source = select ?? {};
  const { exclude, excludeDiscounted = false, ...include } = source;
  const expressions: Expression[] = [];
  const included = compileFields(include, compiler, path, expressions);
  const excluded =
    exclude === undefined ? null : compileFields(exclude, compiler, `${path}/exclude`, expressions);
  return {
    id: canonicalText(source),
    source,
    coversEverything: included === everything && excluded === null && !excludeDiscounted,
    excludeDiscounted,
    onlySku: source.skus?.length === 1 && Object.keys(source).length === 1 ? source.skus[0]! : null,
    expressions,
    covers: excluded === null ? included : (line) => included(line) && !excluded(line),
  };
}

const everything = () => true;

type LineTest = (line: CanonicalLine) => boolean;

function compileFields(
  select: Omit<Selector, "exclude" | "excludeDiscounted">,
  compiler: Compiler,
  path: string,
  expressions: Expression[],
): LineTest {
  const tests: LineTest[] = [];
  const { skus, products, categories, brands, tags, where } = select;
  if (skus !== undefined) tests.push(oneOf(skus, (line) => line.sku));
  if (products !== undefined) tests.push(oneOf(products, (line) => line.product));
  if (categories !== undefined) tests.push(someOf(categories, (line) => line.categories));
  if (brands !== undefined) tests.push(oneOf(brands, (line) => line.brand));
  if (tags !== undefined) tests.push(someOf(tags, (line) => line.tags));
  if (where !== undefined) {
    const expression = compiler.expression(where, `${path}/where`);
    expressions.push(expression);
    // A line for which the expression cannot be answered (an attribute it lacks) is not meant.
    tests.push((line) => expression.test({ line, cart: line.cart }).met);
  }
  if (tests.length === 0) return everything;
  if (tests.length === 1) return tests[0]!;
  return (line) => tests.every((test) => test(line));
}

function oneOf(allowed: readonly string[], read: (line: CanonicalLine) => string | undefined): LineTest {
  if (allowed.length === 1) {
    const only = allowed[0]!;
    return (line) => read(line) === only;
  }
  const set = new Set(allowed);
  return (line) => {
    const value = read(line);
    return value !== undefined && set.has(value);
  };
}

function someOf(allowed: readonly string[], read: (line: CanonicalLine) => readonly string[]): LineTest {
  const set = new Set(allowed);
  return (line) => {
    for (const value of read(line)) if (set.has(value)) return true;
    return false;
  };
}

/** The same selector always gives the same text, whatever the order of its fields and values. */
function canonicalText(select: Selector): string {
  return JSON.stringify(select, (_, value: unknown) => {
    if (Array.isArray(value)) return [...(value as string[])].sort();
    if (value !== null && typeof value === "object")
      return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
    return value;
  });
}
