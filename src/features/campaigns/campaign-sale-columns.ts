/** The columns of what a sale adds to a campaign, wherever it is kept, and their sums. */
import { type SQL, sql } from "drizzle-orm";
import { saleMeasures } from "./campaign-sale.ts";

/** As SQL calls what a contribution calls otherwise. */
export const columnOf = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const sums = (nameOf: (measure: string) => string, of = ""): SQL =>
  sql.raw(saleMeasures.map((name) => `sum(${of}${columnOf(name)})::bigint as ${nameOf(name)}`).join(", "));

/** `SaleFigures` of some rows of `campaign_kpis` or `campaign_sales`; null where there are none. */
export const summedSales = sums((name) => `"${name}"`);

/** The same of rows called `s`, under the names of the columns, to be summed up again. */
export const partlySummedSales = sums(columnOf, "s.");
