import { z } from "zod";
import { problem } from "./problem.ts";

export const roles = ["checkout", "pos", "erp", "marketing", "viewer", "admin"] as const;
export type Role = (typeof roles)[number];

export const environments = ["live", "test"] as const;
export type Environment = (typeof environments)[number];
export const environment = z.enum(environments).meta({ id: "Environment" });

/**
 * Where an environment of a project keeps its data. Test has a project of its own beside the live one, so that whatever keeps
 * projects apart keeps a test from spending live codes, uses and budgets, and from counting in them.
 */
export function spaceOf(projectId: string, environment: Environment): string {
  return environment === "live" ? projectId : `${projectId}:${environment}`;
}

/** The project that a space belongs to. */
export function projectOf(space: string): string {
  return space.replace(/:test$/, "");
}

/** Who is asking: what one API key stands for. */
export interface Caller {
  /** The space of its project and environment: where everything it reads and writes is. */
  readonly projectId: string;
  readonly environment: Environment;
  readonly apiKeyId: string;
  readonly role: Role;
  /** The key's own limit; left out, that of its role. */
  readonly requestsPerMinute?: number | undefined;
}

/**
 * Turns a presented key into its caller, or null. Answers synchronously when it can: a promise on every request would
 * cost more than the look-up itself.
 */
export interface Authenticator {
  callerOf(key: string): Caller | null | Promise<Caller | null>;
}

/** Caller of an operation open to anyone. It belongs to no project, so it can find nothing. */
export const anonymous: Caller = { projectId: "", environment: "live", apiKeyId: "", role: "viewer" };

const bearer = /^Bearer +([\x21-\x7e]{1,512}) *$/i;

export function bearerToken(authorization: string | undefined): string | null {
  return authorization === undefined ? null : (bearer.exec(authorization)?.[1] ?? null);
}

export function isAllowed(allowed: readonly Role[] | null, role: Role): boolean {
  return allowed === null || allowed.length === 0 || role === "admin" || allowed.includes(role);
}

export function requireRole(allowed: readonly Role[] | null, role: Role): void {
  if (!isAllowed(allowed, role)) {
    throw problem("forbidden-role", {
      detail: `This needs the role ${[...new Set([...(allowed ?? []), "admin"])].join(" or ")}; the key has ${role}.`,
    });
  }
}

export function unauthenticated() {
  return problem("unauthenticated", { headers: { "www-authenticate": 'Bearer realm="dealwright"' } });
}
