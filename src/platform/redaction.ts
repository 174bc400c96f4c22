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
