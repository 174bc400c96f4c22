/** The API as the console asks it: the key that was typed in goes with each request, and is forgotten with the tab. */

const place = "dealwright.key";

export function key() {
  return sessionStorage.getItem(place);
}

/** @param {string} typed */
export function keepKey(typed) {
  sessionStorage.setItem(place, typed);
}

export function forgetKey() {
  sessionStorage.removeItem(place);
}

/** What the API refuses, as it says it (RFC 9457); status 0: nobody answered. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {{ code?: string, title?: string, detail?: string, errors?: readonly { path: string, message: string }[] }} body
   */
  constructor(status, body) {
    super(body.detail ?? body.title ?? `HTTP ${status}`);
    this.status = status;
    this.code = body.code ?? "";
    this.errors = body.errors ?? [];
  }
}

/**
 * @param {string} path relative to `/v1/`
 * @param {{ method?: string, body?: unknown, signal?: AbortSignal, accept?: string }} [options]
 */
async function answered(path, { method = "GET", body, signal, accept } = {}) {
  /** @type {Record<string, string>} */
  const headers = { authorization: `Bearer ${key() ?? ""}`, accept: accept ?? "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  // Relative, so that the console works behind a proxy's prefix as well.
  const response = await fetch(`../v1/${path}`, {
    method,
    headers,
    cache: "no-store",
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  }).catch((error) => {
    throw signal?.aborted ? error : new Refusal(0, {});
  });
  if (!response.ok) throw new Refusal(response.status, await response.json().catch(() => ({})));
  return response;
}

/**
 * @template Answer
 * @param {string} path
 * @param {{ method?: string, body?: unknown, signal?: AbortSignal }} [options]
 * @returns {Promise<Answer>}
 */
export async function ask(path, options) {
  return (await answered(path, options)).json();
}

/** Within which at least a sign of life must come. */
const silenceMilliseconds = 25_000;

/**
 * The data of each event of a stream, until it ends. EventSource cannot send a key, so it is read by hand
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 * @param {string} path
 * @param {AbortSignal} signal
 */
export async function* events(path, signal) {
  const silence = new AbortController();
  const either = AbortSignal.any([signal, silence.signal]);
  let timer = setTimeout(() => silence.abort(), silenceMilliseconds);
  try {
    const { body } = await answered(path, { signal: either, accept: "text/event-stream" });
    const reader = /** @type {ReadableStream<Uint8Array>} */ (body).getReader();
    const decoder = new TextDecoder();
    let unread = "";
    for (;;) {
      const { done, value } = await reader.read();
      clearTimeout(timer);
      if (done) return;
      timer = setTimeout(() => silence.abort(), silenceMilliseconds);
      const parts = (unread + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      unread = parts.pop() ?? "";
      for (const part of parts) {
        const data = part
          .split(/\r?\n/)
          .flatMap((line) => (line.startsWith("data:") ? [line.slice(5).trimStart()] : []));
        if (data.length > 0) yield data.join("\n");
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

/** @typedef {"live" | "asking" | "away"} Connection */

/**
 * Follows a resource: by its stream, and where that breaks by asking, until the signal.
 * @template Answer
 * @param {string} path
 * @param {{ signal: AbortSignal, show: (answer: Answer) => void, tell: (connection: Connection) => void, refused: (error: Refusal) => void }} options
 */
export async function follow(path, { signal, show, tell, refused }) {
  let failures = 0;
  while (!signal.aborted) {
    try {
      for await (const data of events(`${path}/stream`, signal)) {
        failures = 0;
        show(JSON.parse(data));
        tell("live");
      }
    } catch {
      failures += 1;
    }
    if (signal.aborted) return;
    if (failures > 0) {
      try {
        show(await ask(path, { signal }));
        tell("asking");
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Refusal && [401, 403, 404].includes(error.status)) {
          refused(error);
          return;
        }
        tell("away");
      }
    }
    await pause(Math.min(1_000 * 2 ** Math.min(failures, 4), 15_000), signal);
  }
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function pause(milliseconds, signal) {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        done();
      },
      { once: true },
    );
  });
}
