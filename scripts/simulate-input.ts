/** Reads what the simulator prices: a scenario, an evaluation request with its promotions, or a CSV of carts. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { z } from "zod";
import { type Cart, cartSchema } from "../src/engine/cart.ts";
import { normalizeCode } from "../src/engine/codes.ts";
import type { Facts } from "../src/engine/facts.ts";
import { formatMinorUnits } from "../src/engine/words.ts";

/** Something in the files or on the command line is not as it should be; the message says what and where. */
export class InputError extends Error {}

export interface Simulation {
  carts: { name: string; cart: Cart }[];
  promotions: readonly unknown[];
  settings: object;
  now: string | undefined;
  /** Uses of promotions and coupons behind codes, as the file says them. */
  facts: Pick<Facts, "usage" | "coupons">;
}

const couponFact = z.object({ pool: z.string(), status: z.enum(["usable", "used", "expired", "void"]) });

const caseFile = z.strictObject({
  title: z.string().optional(),
  why: z.string().optional(),
  now: z.iso.datetime({ offset: true }).optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
  promotions: z.array(z.unknown()).optional(),
  cart: z.record(z.string(), z.unknown()),
  facts: z
    .object({
      usage: z.record(z.string(), z.looseObject({ total: z.int() })).optional(),
      coupons: z.record(z.string(), couponFact).optional(),
    })
    .optional(),
  expect: z.unknown().optional(),
});

export function readSimulation(
  path: string,
  promotionsPath: string | undefined,
  currency: string,
): Simulation {
  const promotions = promotionsPath === undefined ? undefined : readPromotions(promotionsPath);
  if (path.toLowerCase().endsWith(".csv")) {
    if (promotions === undefined) throw new InputError("A CSV of carts needs --promotions <file.json>.");
    return {
      carts: readCarts(readText(path), path, currency),
      promotions,
      settings: {},
      now: undefined,
      facts: {},
    };
  }
  const content = readJson(path);
  const isCase = typeof content === "object" && content !== null && "cart" in content;
  const file = isCase ? content : asCase(content, path);
  const parsed = caseFile.safeParse(file);
  if (!parsed.success) throw new InputError(`${path}:\n${z.prettifyError(parsed.error)}`);
  const { title, now, settings = {}, cart, facts } = parsed.data;
  const name = title ?? basename(path, ".json");
  return {
    carts: [{ name, cart: parseCart(cart, path) }],
    promotions: promotions ?? parsed.data.promotions ?? [],
    settings,
    now,
    facts: {
      usage: new Map(Object.entries(facts?.usage ?? {})),
      coupons: new Map(
        Object.entries(facts?.coupons ?? {}).map(([code, coupon]) => [normalizeCode(code), coupon]),
      ),
    },
  };
}

/** An evaluation request, as it would be sent to the API. */
function asCase(request: unknown, path: string): object {
  if (typeof request !== "object" || request === null || !("lines" in request))
    throw new InputError(
      `${path} is neither a scenario (with "cart") nor an evaluation request (with "lines").`,
    );
  const { promotions, only: _only, save: _save, at, ...cart } = request as Record<string, unknown>;
  return { cart, ...(promotions !== undefined && { promotions }), ...(at !== undefined && { now: at }) };
}

function parseCart(input: unknown, where: string): Cart {
  const parsed = cartSchema.safeParse(input);
  if (!parsed.success)
    throw new InputError(`${where}: the cart is not right.\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** A list of promotion documents, or an object that has one under `promotions` or `items`. */
function readPromotions(path: string): readonly unknown[] {
  const content = readJson(path) as { promotions?: unknown; items?: unknown } | unknown[];
  const list = Array.isArray(content) ? content : (content?.promotions ?? content?.items);
  if (!Array.isArray(list)) throw new InputError(`${path} should be a list of promotions.`);
  return list;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    throw new InputError(
      `${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}.`,
    );
  }
}

function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`${path} is not JSON: ${(error as Error).message}`);
  }
}

// ---------------------------------------------------------------- CSV

const moneyColumns = {
  unit_price: "unitPrice",
  list_price: "listPrice",
  unit_cost: "unitCost",
  min_unit_price: "minUnitPrice",
} as const;
const textColumns = { product: "product", brand: "brand" } as const;
const listColumns = { categories: "categories", tags: "tags" } as const;
const contextColumns = {
  channel: "channel",
  store: "store",
  region: "region",
  country: "country",
  payment_method: "paymentMethod",
} as const;
const required = ["cart", "sku", "quantity", "unit_price"];
const known = new Set([
  ...required,
  "id",
  "on_sale",
  "currency",
  "codes",
  "shipping",
  "customer",
  ...[moneyColumns, textColumns, listColumns, contextColumns].flatMap((columns) => Object.keys(columns)),
]);

type Row = Record<string, string>;

/**
 * One row a line, amounts in major units; rows with the same `cart` belong together. Lists are separated by `|`. What
 * belongs to the whole cart (currency, codes, shipping, …) is taken from the first of its rows that says it.
 */
function readCarts(text: string, path: string, currency: string): Simulation["carts"] {
  const [header, ...records] = parseCsv(text);
  if (header === undefined) throw new InputError(`${path} is empty.`);
  const names = header.map((name) => name.trim().toLowerCase());
  const missing = required.filter((name) => !names.includes(name));
  if (missing.length > 0) throw new InputError(`${path} lacks the column ${missing.join(", ")}.`);
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw new InputError(`${path}: unknown column ${unknown.join(", ")}. Known: ${[...known].join(", ")}.`);
  const carts = new Map<string, { row: Row; where: string }[]>();
  records.forEach((fields, i) => {
    const where = `${path}, row ${i + 2}`;
    if (fields.length !== names.length)
      throw new InputError(`${where}: ${fields.length} fields where the header has ${names.length}.`);
    const row: Row = Object.fromEntries(names.map((name, column) => [name, fields[column]!.trim()]));
    if (row.cart === "") throw new InputError(`${where}: no cart is named.`);
    carts.set(row.cart!, [...(carts.get(row.cart!) ?? []), { row, where }]);
  });
  return [...carts].map(([name, rows]) => ({ name, cart: cartOf(rows, currency) }));
}

function cartOf(rows: readonly { row: Row; where: string }[], defaultCurrency: string): Cart {
  const first = (column: string) =>
    rows.map(({ row }) => row[column]).find((value) => value !== undefined && value !== "");
  const currency = first("currency") ?? defaultCurrency;
  const where = rows[0]!.where;
  const shipping = first("shipping");
  const customer = first("customer");
  const input: Record<string, unknown> = {
    currency,
    lines: rows.map(({ row, where: place }, i) => lineOf(row, i, currency, place)),
    ...(shipping !== undefined && {
      shipping: [{ id: "shipping", amount: minorUnitsOf(shipping, currency, `${where}, shipping`) }],
    }),
    ...(customer !== undefined && { customer: { id: customer } }),
    ...(first("codes") !== undefined && { codes: listOf(first("codes")!) }),
  };
  for (const [column, field] of Object.entries(contextColumns))
    if (first(column) !== undefined) input[field] = first(column);
  return parseCart(input, where);
}

function lineOf(row: Row, index: number, currency: string, where: string): object {
  const line: Record<string, unknown> = {
    id: row.id || String(index + 1),
    sku: row.sku,
    quantity: Number(row.quantity),
  };
  if (!/^\d+$/.test(row.quantity!)) throw new InputError(`${where}: "${row.quantity}" is not a quantity.`);
  for (const [column, field] of Object.entries(moneyColumns))
    if (row[column]) line[field] = minorUnitsOf(row[column], currency, `${where}, ${column}`);
  for (const [column, field] of Object.entries(textColumns)) if (row[column]) line[field] = row[column];
  for (const [column, field] of Object.entries(listColumns))
    if (row[column]) line[field] = listOf(row[column]);
  if (row.on_sale) line.onSale = ["1", "true", "yes"].includes(row.on_sale.toLowerCase());
  if (line.unitPrice === undefined) throw new InputError(`${where}: no unit_price.`);
  return line;
}

const listOf = (text: string) =>
  text
    .split("|")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");

/** "12.5" in CNY is 1250; more decimals than the currency has are a mistake, not something to round. */
export function minorUnitsOf(text: string, currency: string, where: string): number {
  const digits = formatMinorUnits(0, currency).length - 2;
  const decimals = Math.max(0, digits);
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text);
  const fraction = match?.[2] ?? "";
  if (match === null || fraction.length > decimals)
    throw new InputError(
      `${where}: "${text}" is not an amount in ${currency}, which has ${decimals} decimals.`,
    );
  return Number(match[1] + fraction.padEnd(decimals, "0"));
}

/** RFC 4180: fields may stand in quotes, in which a quote is doubled. */
function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let field = "";
  let isQuoted = false;
  const endRecord = () => {
    record.push(field);
    if (record.some((value) => value.trim() !== "")) records.push(record);
    record = [];
    field = "";
  };
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (text[i + 1] === '"') field += text[++i]!;
      else isQuoted = false;
    } else if (character === '"' && field === "") isQuoted = true;
    else if (character === ",") {
      record.push(field);
      field = "";
    } else if (character === "\n") endRecord();
    else if (character !== "\r") field += character;
  }
  if (field !== "" || record.length > 0) endRecord();
  return records;
}
