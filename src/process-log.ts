import type { Log } from "./platform/log.ts";
import { loggedError } from "./platform/redaction.ts";

const levels = ["debug", "info", "warn", "error"] as const;

/** The log of everything that outlives or precedes the HTTP server: one JSON object per line, errors with their cause. */
export function processLog(logLevel: string): Log {
  const order: readonly string[] = ["trace", ...levels, "fatal", "silent"];
  const writerOf = (level: (typeof levels)[number]) =>
    order.indexOf(level) < order.indexOf(logLevel)
      ? () => {}
      : (details: object, message: string) => {
          const line = JSON.stringify(
            { level, time: new Date().toISOString(), msg: message, ...details },
            printable,
          );
          process.stderr.write(`${line}\n`);
        };
  return {
    debug: writerOf("debug"),
    info: writerOf("info"),
    warn: writerOf("warn"),
    error: writerOf("error"),
  };
}

function printable(_key: string, value: unknown): unknown {
  return value instanceof Error ? loggedError(value) : value;
}
