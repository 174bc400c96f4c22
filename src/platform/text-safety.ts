import { type ProblemError, problem } from "./problem.ts";

const deepestNesting = 64;

/**
 * Parses a JSON body, refusing what JSON.parse lets through and what would surprise further in: duplicate keys (the
 * last would silently win), `__proto__`, nesting deep enough to exhaust the stack, and text PostgreSQL cannot store
 * (NUL, lone surrogates).
 *
 * This runs on every request, so it is one walk that counts keys; only a body that looks suspicious is looked at twice.
 */
export function parseJsonBody(text: string): unknown {
  if (text.length === 0) {
    return undefined;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw problem("malformed-json");
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const keys = countKeys(value, 1);
  if (mayHoldMoreKeys(text, keys)) {
    refuseDuplicateKeys(text);
  }
  // NUL and lone surrogates can only be written as escapes in well-formed JSON.
  if (text.includes("\\u")) {
    requireStorableText(value);
  }
  return value;
}

function countKeys(value: object, depth: number): number {
  if (depth > deepestNesting) {
    throw invalid("", "too_deep", `Nested deeper than ${deepestNesting} levels.`);
  }
  let keys = 0;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (typeof item === "object" && item !== null) {
        keys += countKeys(item, depth + 1);
      }
    }
    return keys;
  }
  for (const key in value) {
    keys += 1;
    if (key === "__proto__") {
      throw invalid("/__proto__", "forbidden_key", "This key is not allowed.");
    }
    const item = (value as Record<string, unknown>)[key];
    if (typeof item === "object" && item !== null) {
      keys += countKeys(item, depth + 1);
    }
  }
  return keys;
}

/** Whether `text` shows more `"…" :` than the parsed value has keys. May say yes wrongly, never no wrongly. */
function mayHoldMoreKeys(text: string, keys: number): boolean {
  let colons = 0;
  for (let at = text.indexOf(":"); at !== -1; at = text.indexOf(":", at + 1)) {
    let before = at - 1;
    while (before > 0 && text.charCodeAt(before) <= 0x20) {
      before -= 1;
    }
    if (text.charCodeAt(before) === 0x22) {
      colons += 1;
    }
  }
  return colons > keys;
}

/** The slow second look: walks the text itself. `text` is known to be well-formed. */
function refuseDuplicateKeys(text: string): void {
  const scopes: (Set<string> | null)[] = [];
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [lexeme] = match;
    if (lexeme === "{") {
      scopes.push(new Set());
    } else if (lexeme === "[") {
      scopes.push(null);
    } else if (lexeme === "}" || lexeme === "]") {
      scopes.pop();
    } else if (isFollowedByColon(text, token.lastIndex)) {
      const key = JSON.parse(lexeme) as string;
      const scope = scopes.at(-1);
      if (scope?.has(key)) {
        throw invalid(pointer([key]), "duplicate_key", "This key appears twice in one object.");
      }
      scope?.add(key);
    }
  }
}

function isFollowedByColon(text: string, from: number): boolean {
  let at = from;
  while (text.charCodeAt(at) <= 0x20) {
    at += 1;
  }
  return text.charCodeAt(at) === 0x3a;
}

/** Refuses text that PostgreSQL cannot store, with its path. */
export function requireStorableText(value: unknown): void {
  const path = unstorablePath(value, []);
  if (path !== undefined) {
    throw invalid(pointer(path), "invalid_text", "Holds a NUL character or half of a surrogate pair.");
  }
}

function unstorablePath(
  value: unknown,
  path: readonly (string | number)[],
): readonly (string | number)[] | undefined {
  if (typeof value === "string") {
    return isStorable(value) ? undefined : path;
  }
  if (typeof value !== "object" || value === null) {
    return undefined;
  }
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? value.map((item, index) => [index, item])
    : Object.entries(value);
  for (const [key, item] of entries) {
    const inner = typeof key === "string" && !isStorable(key) ? path : unstorablePath(item, [...path, key]);
    if (inner !== undefined) {
      return inner;
    }
  }
  return undefined;
}

const loneSurrogate = /\p{Surrogate}/u;

/** Whether PostgreSQL can store it. */
export function isStorable(text: string): boolean {
  return !text.includes("\0") && !loneSurrogate.test(text);
}

export function pointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function invalid(path: string, code: string, message: string) {
  const errors: ProblemError[] = [{ path, code, message }];
  return problem("invalid-request", { errors });
}
