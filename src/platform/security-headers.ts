/**
 * What browsers are told, as OWASP's REST cheat sheet has it. Written here because a plugin costs more than the headers do.
 * `Strict-Transport-Security` is left to the proxy in front, as TLS is.
 */
import type { FastifyInstance } from "fastify";

export const securityHeaders = {
  "x-content-type-options": "nosniff",
  // An answer is data: nothing in it is run, and no page frames it. Pages of ours say otherwise for themselves.
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

export function setSecurityHeaders(app: FastifyInstance): void {
  app.addHook("onRequest", (_request, reply, done) => {
    reply.headers(securityHeaders);
    done();
  });
}

/** Swagger UI's own, which would turn plain addresses of a local network into https ones. */
export function pagePolicy(header: string): string {
  return header
    .replace(/\s*upgrade-insecure-requests;?/, "")
    .replace("frame-ancestors 'self'", "frame-ancestors 'none'");
}

export const graphiqlPolicy =
  "default-src 'self'; script-src 'unsafe-inline' https://unpkg.com; style-src 'unsafe-inline' https://unpkg.com; font-src data: https://unpkg.com; img-src 'self' data:; worker-src blob:; frame-ancestors 'none'";

/** Pages made of files of ours alone: nothing inline, nothing from elsewhere, no frames. */
export const filesPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
