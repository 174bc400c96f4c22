/** What all exports have in common: few at once, and rows as CSV or as lines of JSON. */
import { csvLines } from "./csv.ts";
import { problem } from "./problem.ts";

export type ExportFormat = "ndjson" | "csv";

/** Each holds a database connection for as long as its client takes to read. */
const exportsAtOnce = 3;

/** Of one kind in this process: hands on what an export says, or refuses it before it begins where others fill the room. */
export function fewExportsAtOnce(): (pieces: AsyncIterable<string>) => AsyncGenerator<string> {
  let running = 0;
  return async function* (pieces) {
    if (running >= exportsAtOnce)
      throw problem("unavailable", {
        detail: "Other exports are running.",
        headers: { "retry-after": "10" },
      });
    running += 1;
    try {
      yield* pieces;
    } finally {
      running -= 1;
    }
  };
}

/** Batches of rows as one file: CSV has a heading and these columns in their order, NDJSON each row as it is. */
export async function* exportedRows<Column extends string>(
  format: ExportFormat,
  columns: readonly Column[],
  batches: AsyncIterable<readonly Readonly<Record<Column, string | number | null>>[]>,
): AsyncGenerator<string> {
  if (format === "csv") yield csvLines([columns]);
  for await (const rows of batches)
    yield format === "csv"
      ? csvLines(rows.map((row) => columns.map((column) => row[column])))
      : rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}
