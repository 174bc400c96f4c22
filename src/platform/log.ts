/** What the platform needs of a logger; pino's and Fastify's fit. */
export interface Log {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

const discard = (): void => {};

export const silentLog: Log = { debug: discard, info: discard, warn: discard, error: discard };
