/** Which lines are meant: inside a field any of the values, across the fields all of them. */
import { z } from "zod";
import type { CanonicalLine } from "../canonical-cart.ts";
import type { Expression } from "../expression.ts";
import type { Compiler } from "../kind.ts";
import { limits } from "../limits.ts";

const values = z.array(z.string().min(1).max(limits.nameLength)).min(1).max(limits.namesPerSelector);

const ofGoods = {
  skus: values.optional(),
  products: values.optional(),
  categories: values.optional(),
  brands: values.optional(),
};

const fields = {
  ...ofGoods,
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

/** A selector of goods of which only is known what they are: those of orders. */
export const goodsSelector = z
  .strictObject({
    ...ofGoods,
    exclude: z.strictObject(ofGoods).optional().describe("Goods that match this are left out."),
  })
  .meta({ id: "GoodsSelector" });
export type GoodsSelector = z.output<typeof goodsSelector>;

export type NamedGoods = Pick<CanonicalLine, "sku" | "product" | "categories" | "brand">;

/** Whether goods are meant. */
export function goodsTest({ exclude, ...include }: GoodsSelector): (goods: NamedGoods) => boolean {
  const included = goodsTests(include);
  const excluded = exclude === undefined ? null : goodsTests(exclude);
  return (goods) =>
    included.every((test) => test(goods)) && (excluded === null || !excluded.every((test) => test(goods)));
}

/** What a line may have many of. */
export type NameList = "categories" | "tags";
const nameLists: readonly NameList[] = ["categories", "tags"];

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
  /** The lists of a line that are gone through for it, each as often as it is. */
  readonly listsRead: readonly NameList[];
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
    listsRead: [include, exclude ?? {}].flatMap((fields) =>
      nameLists.filter((list) => fields[list] !== undefined),
    ),
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
  const { tags, where } = select;
  const tests: LineTest[] = goodsTests(select);
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

type GoodsTest = (goods: NamedGoods) => boolean;

function goodsTests({ skus, products, categories, brands }: Omit<GoodsSelector, "exclude">): GoodsTest[] {
  const tests: GoodsTest[] = [];
  if (skus !== undefined) tests.push(oneOf(skus, (goods) => goods.sku));
  if (products !== undefined) tests.push(oneOf(products, (goods) => goods.product));
  if (categories !== undefined) tests.push(someOf(categories, (goods) => goods.categories));
  if (brands !== undefined) tests.push(oneOf(brands, (goods) => goods.brand));
  return tests;
}

function oneOf<Line>(
  allowed: readonly string[],
  read: (line: Line) => string | undefined,
): (line: Line) => boolean {
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

function someOf<Line>(
  allowed: readonly string[],
  read: (line: Line) => readonly string[],
): (line: Line) => boolean {
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
