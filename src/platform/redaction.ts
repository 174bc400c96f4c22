/** What must be written nowhere: not in logs, not in the audit trail. The one list of names under which it travels. */

/** Properties whose value opens something, in lower case and without punctuation. */
const secretNames = new Set([
  "authorization",
  "apikey",
  "cookie",
  "password",
  "privatekey",
  "secret",
  "secrets",
  "setcookie",
  "signingkey",
  "signingsecret",
  "token",
]);

export const redacted = "[redacted]";

/** A copy of plain JSON in which no secret is left. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, isSecret(name) ? redacted : withoutSecrets(part)]),
  );
}

function isSecret(name: string): boolean {
  return secretNames.has(name.toLowerCase().replaceAll(/[-_]/g, ""));
}

interface ErrorParts {
  readonly name?: string;
  readonly message?: string;
  readonly stack?: string;
  readonly cause?: unknown;
  readonly code?: unknown;
  readonly errors?: unknown;
  /** PostgreSQL's. */
  readonly severity?: string;
  readonly table?: string;
  readonly constraint?: string;
  readonly routine?: string;
}

export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
  readonly [part: string]: unknown;
}

/**
 * An error as logs show it: what it is and where it happened, and nothing of the data it happened with. Libraries quote
 * what they choke on: PostgreSQL in `detail`, drizzle in its parameters, JSON.parse in its message.
 */
export function loggedError(error: unknown): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: redacted, stack: "" };
  const { name, stack, cause, code, errors, severity, table, constraint, routine } = error as ErrorParts;
  // PostgreSQL's own messages name values in many ways; its code, with the place, says as much as is needed.
  const isPostgres = severity !== undefined;
  return {
    type: name ?? "Error",
    message: isPostgres ? `PostgreSQL refused a statement` : sparing(error.message),
    ...(typeof code === "string" && { code }),
    ...(isPostgres && { severity, table, constraint, routine }),
    stack: (stack ?? "")
      .split("\n")
      .filter((line) => /^\s+at /.test(line))
      .join("\n"),
    ...(cause !== undefined && { cause: loggedError(cause) }),
    ...(Array.isArray(errors) && { errors: errors.map(loggedError) }),
  };
}

/** A message without what it quotes, and without numbers long enough to be somebody's. */
function sparing(message: string): string {
  return message
    .replace(/\nparams:[\s\S]*$/, "")
    .replaceAll(/(["'`])(?:(?!\1)[\s\S])*\1?/g, "$1…$1")
    .replaceAll(/\+?\d[\d\s-]{5,}/g, "…");
}

/** How a logger writes what Fastify gives it of its own accord: no URL, no header, no body. */
export const logSerializers = {
  err: loggedError,
  error: loggedError,
  req: ({ method }: { readonly method: string }) => ({ method }),
  res: ({ statusCode }: { readonly statusCode?: number }) => ({ statusCode: statusCode ?? 0 }),
};
