/** Records read from a stream one by one, in constant memory: no limit to their number, one to the size of each. */
import { isUtf8 } from "node:buffer";
import type { Readable } from "node:stream";
import { parse } from "csv-parse";
import { withoutApostrophe } from "./csv.ts";
import { Problem } from "./problem.ts";
import { parseJsonBody } from "./text-safety.ts";

export const longestRecordBytes = 1_048_576;

/** Why a record could not be read. The ones after it can, except in CSV. */
export interface RecordFault {
  readonly code: string;
  readonly message: string;
}

export interface StreamRecord<Value> {
  /** Counted from 1; of a CSV record over several lines its last one. */
  readonly line: number;
  readonly value: Value | null;
  readonly fault: RecordFault | null;
}

const tooLong: RecordFault = {
  code: "line_too_long",
  message: `A line may have ${longestRecordBytes / 1_048_576} MiB.`,
};
const tooLongCsv: RecordFault = {
  code: tooLong.code,
  message: `A line may have ${longestRecordBytes / 1_048_576} MiB; nothing was read from here on.`,
};
const columnTwice: RecordFault = {
  code: "duplicate_column",
  message: "Two columns have one name; nothing was read.",
};
const brokenCsv: RecordFault = {
  code: "csv_broken",
  message: "The quotes do not match; nothing was read from here on.",
};
const notUtf8: RecordFault = { code: "not_utf8", message: "The line is not UTF-8." };

/** One JSON value a line; blank lines are skipped. What the house refuses in a JSON body it refuses here. */
export async function* readNdjson(body: Readable): AsyncGenerator<StreamRecord<unknown>> {
  for await (const { line, value: text, fault } of readLines(body)) {
    if (text === null) yield { line, value: null, fault };
    else yield parsed(line, text);
  }
}

export interface LineBatches<Line> {
  lineOf(record: StreamRecord<unknown>): Line;
  /** 1 where it is left out. */
  weightOf?(line: Line): number;
  /** A batch is full at this weight. */
  readonly fullAt: number;
  /** Pieces of the answer: whole lines. */
  write(batch: readonly Line[]): Promise<string>;
}

/** What is answered to each batch of a stream's lines, in their order; never more in memory than one batch. */
export async function* answerInBatches<Line>(
  body: Readable,
  { lineOf, weightOf = () => 1, fullAt, write }: LineBatches<Line>,
): AsyncGenerator<string> {
  let batch: Line[] = [];
  let weight = 0;
  for await (const record of readNdjson(body)) {
    const line = lineOf(record);
    batch.push(line);
    weight += weightOf(line);
    if (weight < fullAt) continue;
    yield await write(batch);
    batch = [];
    weight = 0;
  }
  if (batch.length > 0) yield await write(batch);
}

function parsed(line: number, text: string): StreamRecord<unknown> {
  try {
    return { line, value: parseJsonBody(text), fault: null };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const [first] = error.errors ?? [];
    const fault = first === undefined ? { code: "malformed_json", message: error.title } : first;
    return { line, value: null, fault: { code: fault.code, message: fault.message } };
  }
}

async function* readLines(body: Readable): AsyncGenerator<StreamRecord<string>> {
  let pieces: Buffer[] = [];
  let length = 0;
  let line = 0;

  function take(end: Buffer): StreamRecord<string> | null {
    line += 1;
    const size = length + end.length;
    const bytes = pieces.length === 0 ? end : Buffer.concat([...pieces, end]);
    pieces = [];
    length = 0;
    if (size > longestRecordBytes) return { line, value: null, fault: tooLong };
    if (!isUtf8(bytes)) return { line, value: null, fault: notUtf8 };
    const text = bytes.toString("utf8").replace(line === 1 ? /^\ufeff/ : "", "");
    return text.trim() === "" ? null : { line, value: text, fault: null };
  }

  for await (const chunk of body) {
    const bytes = chunk as Buffer;
    let from = 0;
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, from)) {
      const record = take(bytes.subarray(from, at));
      if (record !== null) yield record;
      from = at + 1;
    }
    const rest = bytes.subarray(from);
    length += rest.length;
    // Of a line that is too long nothing is kept but its length.
    if (length > longestRecordBytes) pieces = [];
    else if (rest.length > 0) pieces.push(rest);
  }
  if (length > 0) {
    const record = take(Buffer.alloc(0));
    if (record !== null) yield record;
  }
}

/**
 * CSV with a header line; each record by its column names, which are compared in lower case. What `csvLines` writes is read
 * as it was, but for spaces at the ends of cells. A record whose quotes do not match, or that is too long, is told and ends
 * the reading: nobody can say where the next one begins.
 */
export async function* readCsv(body: Readable): AsyncGenerator<StreamRecord<Record<string, string>>> {
  let last: StreamRecord<Record<string, string>> | null = null;
  const parser = parse({
    bom: true,
    cast: withoutApostrophe,
    columns(given: string[]) {
      const names = given.map((name) => name.trim().toLowerCase());
      const named = names.filter((name) => name !== "");
      if (new Set(named).size < named.length) last = { line: 1, value: null, fault: columnTwice };
      return names;
    },
    info: true,
    max_record_size: longestRecordBytes,
    relax_column_count: true,
    skip_empty_lines: true,
    // Not to go on after it, but to have the records before it, which an error would take along.
    skip_records_with_error: true,
    trim: true,
    on_skip: (error) => {
      const line = typeof error?.lines === "number" ? error.lines : 0;
      const fault = error?.code === "CSV_MAX_RECORD_SIZE" ? tooLongCsv : brokenCsv;
      last ??= { line, value: null, fault };
    },
  });
  const lastRecord = () => last;
  body.on("error", (error) => parser.destroy(error));
  body.pipe(parser);
  try {
    for await (const item of parser) {
      const { record, info } = item as { record: Record<string, string>; info: { lines: number } };
      const end = lastRecord();
      if (end !== null && end.line < info.lines) break;
      yield { line: info.lines, value: record, fault: null };
    }
    const end = lastRecord();
    if (end !== null) yield end;
  } finally {
    body.unpipe(parser);
    parser.destroy();
  }
}
