/** `npm run simulate -- test/scenarios/x.json`: prices carts without a server and prints receipts. */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { evaluate } from "../src/engine/evaluate.ts";
import { buildRulebook } from "../src/engine/rulebook.ts";
import { type Settings, settingsSchema } from "../src/engine/settings.ts";
import { givenFacts } from "../src/features/facts/given-facts.ts";
import { checkDocument } from "../src/features/promotions/promotion-document.ts";
import { InputError, readSimulation, type Simulation } from "./simulate-input.ts";
import { receipt } from "./simulate-receipt.ts";

const usage = `Usage: npm run simulate -- <scenario.json | request.json | carts.csv> [options]

  --promotions <file.json>   the promotions: needed for a CSV, instead of the file's own otherwise
  --at <time>                price as of this instant (RFC 3339); the scenario's, or now
  --locale <tag>             en or zh-CN
  --strategy <name>          best or priority
  --currency <code>          of a CSV without a currency column; CNY
  --json                     the quotes instead of receipts

A CSV has one row a line: cart, sku, quantity, unit_price (in major units), and if wanted id, currency, product, brand,
categories, tags (lists with |), list_price, unit_cost, min_unit_price, on_sale, channel, store, region, country,
payment_method, customer, codes, shipping.
`;

/** What is to be printed. */
export function simulate(argv: readonly string[], now: number): string {
  const { values, positionals } = readArguments(argv);
  if (values.help) return usage;
  const [path] = positionals;
  if (path === undefined || positionals.length > 1) throw new InputError(`Name one file.\n\n${usage}`);
  const simulation = readSimulation(path, values.promotions, values.currency);
  const settings = readSettings(simulation, values);
  const instant = values.at ?? simulation.now;
  const at = instant === undefined ? now : Date.parse(instant);
  if (Number.isNaN(at))
    throw new InputError(`--at: "${instant}" is not a time such as 2026-11-11T10:00:00+08:00.`);
  const rulebook = buildRulebook("simulation", compile(simulation, settings));
  const quotes = simulation.carts.map(({ name, cart: given }) => {
    const cart = values.strategy === undefined ? given : { ...given, strategy: settings.strategy };
    return {
      name,
      cart,
      quote: evaluate(rulebook, cart, { ...givenFacts(cart), ...simulation.facts }, at, { settings }),
    };
  });
  if (values.json)
    return `${JSON.stringify(quotes.length === 1 ? quotes[0]!.quote : quotes.map(({ name, quote }) => ({ cart: name, quote })), null, 2)}\n`;
  return quotes
    .map(({ name, cart, quote }) => receipt(name, cart, quote, cart.locale ?? settings.locale))
    .join("\n");
}

function readArguments(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        promotions: { type: "string" },
        at: { type: "string" },
        locale: { type: "string" },
        strategy: { type: "string" },
        currency: { type: "string", default: "CNY" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new InputError(`${(error as Error).message}\n\n${usage}`);
  }
}

function readSettings(
  { settings }: Simulation,
  { locale, strategy }: { locale?: string | undefined; strategy?: string | undefined },
): Settings {
  const parsed = settingsSchema.safeParse({
    ...settings,
    ...(locale !== undefined && { locale }),
    ...(strategy !== undefined && { strategy }),
  });
  if (!parsed.success) throw new InputError(`The settings are not right.\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function compile({ promotions }: Simulation, { timezone }: Settings) {
  const selectors = new Map();
  return promotions.map((document, i) => {
    const { compiled, errors } = checkDocument(document, { id: null, timezone, selectors });
    if (errors === null) return compiled;
    const key = (document as { key?: unknown } | null)?.key;
    const faults = errors.map(({ path, message }) => `  ${path === "" ? "/" : path}: ${message}`);
    throw new InputError(
      `Promotion ${typeof key === "string" ? `"${key}"` : `number ${i + 1}`} is not right.\n${faults.join("\n")}`,
    );
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.stdout.write(simulate(process.argv.slice(2), Date.now()));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    process.stderr.write(`simulate: ${error.message}\n`);
    process.exitCode = 2;
  }
}
