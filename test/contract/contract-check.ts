/**
 * Holds every answer that a test receives against the OpenAPI document: the operation is there, the status is one it
 * states, the media type and the body are those of that status, and a problem is one that the operation names.
 */
import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from "fastify";
import { problems } from "../../src/platform/problem.ts";

export interface SeenAnswer {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** What is wrong with the answer; null when it keeps the contract. */
export type ContractCheck = (seen: SeenAnswer) => string | null;

interface Header {
  readonly $ref?: string;
  readonly required?: boolean;
}
interface Response {
  readonly headers?: Readonly<Record<string, Header>>;
  readonly content?: Readonly<Record<string, unknown>>;
}
interface DocumentedOperation {
  readonly responses: Readonly<Record<string, Response>>;
}
export interface ContractDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components?: { readonly headers?: Readonly<Record<string, Header>> };
}

export function contractCheck(document: ContractDocument): ContractCheck {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ ...document, $id: "openapi" });
  const compiled = new Map<string, ValidateFunction>();
  const validatorAt = (pointer: readonly string[]): ValidateFunction => {
    const reference = `openapi#/${pointer.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`;
    const known = compiled.get(reference) ?? ajv.compile({ $ref: reference });
    compiled.set(reference, known);
    return known;
  };
  // A fixed path comes before one with a parameter in the same place.
  const routes = Object.keys(document.paths)
    .sort((a, b) => (a.replaceAll("{", "~") < b.replaceAll("{", "~") ? -1 : 1))
    .map((path) => ({ path, pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]*")}$`) }));

  const isRequired = ({ $ref, required }: Header): boolean =>
    ($ref === undefined ? required : document.components?.headers?.[$ref.split("/").at(-1)!]?.required) ===
    true;

  return ({ method, url, status, contentType, text, headers }) => {
    const path = url.split("?", 1)[0] ?? "";
    if (path === "/graphql") return graphqlFault(status, text);
    const route = routes.find(({ pattern }) => pattern.test(path));
    const verb = method === "HEAD" ? "get" : method.toLowerCase();
    const operation = route && (document.paths[route.path]?.[verb] as DocumentedOperation | undefined);
    if (route === undefined || operation === undefined) return refusalFault(path, status, text);
    const response = operation.responses[status];
    if (response === undefined) return `status ${status} is not documented`;
    const missing = Object.entries(response.headers ?? {}).find(
      ([name, header]) => isRequired(header) && !(name.toLowerCase() in headers),
    );
    if (missing !== undefined) return `${status} without the header ${missing[0]}`;
    if (response.content === undefined) return text === "" ? null : "a body where none is documented";
    const type = contentType.split(";", 1)[0] ?? "";
    if (!(type in response.content))
      return `${status} is documented as ${Object.keys(response.content)}, not as "${type}"`;
    if (!/[/+]json$/.test(type) || method === "HEAD") return null;
    const isValid = validatorAt([
      "paths",
      route.path,
      verb,
      "responses",
      String(status),
      "content",
      type,
      "schema",
    ]);
    return isValid(JSON.parse(text)) ? null : ajv.errorsText(isValid.errors);
  };
}

let ofTheService: ContractCheck | undefined;
/** Against the document that is generated and committed. */
export const publishedContract: ContractCheck = (seen) => {
  ofTheService ??= contractCheck(JSON.parse(readFileSync("openapi/openapi.json", "utf8")));
  return ofTheService(seen);
};

/** Throws what a fault would be, with the answer that shows it. */
export function requireContract(seen: SeenAnswer, check: ContractCheck = publishedContract): void {
  const fault = check(seen);
  if (fault !== null)
    throw new Error(`${seen.method} ${seen.url} breaks the contract: ${fault}\n${seen.text.slice(0, 2_000)}`);
}

/** What is no operation of ours may be refused, or is a page or a probe. */
function refusalFault(path: string, status: number, text: string): string | null {
  if (status < 400) return path.startsWith("/v1/") ? "answered although it is not documented" : null;
  const code: unknown = JSON.parse(text).code;
  return isKnownProblem(code, status) ? null : `${status} with code ${code} is no problem of the table`;
}

interface GraphqlAnswer {
  readonly code?: unknown;
  readonly errors?: readonly {
    readonly extensions?: { readonly code?: unknown; readonly status?: number };
  }[];
}

function graphqlFault(status: number, text: string): string | null {
  const { code, errors } = JSON.parse(text) as GraphqlAnswer;
  if (code !== undefined)
    return isKnownProblem(code, status) ? null : `${status} with code ${code} is no problem`;
  const wrong = (errors ?? []).filter(
    ({ extensions }) => !isKnownProblem(extensions?.code, extensions?.status ?? 0),
  );
  return wrong.length === 0 ? null : `errors that are no problems: ${JSON.stringify(wrong)}`;
}

function isKnownProblem(code: unknown, status: number): boolean {
  return (
    typeof code === "string" && (problems as Record<string, { status: number }>)[code]?.status === status
  );
}

/** From now on a request injected into the app fails, in the test that made it, when its answer breaks the contract. */
export function watchContract(app: FastifyInstance, check: ContractCheck = publishedContract): void {
  const inject = app.inject.bind(app) as (options: InjectOptions | string) => Promise<LightMyRequestResponse>;
  app.inject = (async (options: InjectOptions | string) => {
    const { method = "GET", url } = typeof options === "string" ? { url: options } : options;
    const response = await inject(options);
    requireContract(
      {
        method,
        url: String(url),
        status: response.statusCode,
        contentType: String(response.headers["content-type"] ?? ""),
        text: response.body,
        headers: response.headers,
      },
      check,
    );
    return response;
  }) as typeof app.inject;
}
