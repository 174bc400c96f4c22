/** CSV as it is handed out: safe to open in a spreadsheet. */
import { stringify } from "csv-stringify/sync";

export type CsvCell = string | number | null;

/**
 * Lines of CSV. A cell that a spreadsheet would run as a formula gets an apostrophe before it; so does one that looks as if it
 * had got one, so that each is read back as it was.
 */
export function csvLines(rows: readonly (readonly CsvCell[])[]): string {
  return stringify(
    rows.map((cells) => cells.map((cell) => (typeof cell === "string" ? inert(cell) : cell))),
    { record_delimiter: "unix" },
  );
}

/** The full-width forms as well: spreadsheets read them as the same. */
const trigger = /^'*[=+\-@\t\r\n＝＋－＠]/;

/** What was handed out as such a cell. */
export function withoutApostrophe(cell: string): string {
  return cell.startsWith("'") && trigger.test(cell.slice(1)) ? cell.slice(1) : cell;
}

function inert(cell: string): string {
  return trigger.test(cell) ? `'${cell}` : cell;
}
