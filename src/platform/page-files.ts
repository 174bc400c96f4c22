/** Files of a page for browsers: few, read once, each with a route of its own, so that nothing beside them can be asked for. */
import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { filesPolicy } from "./security-headers.ts";

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** Whether it is of a kind that browsers are given. */
export function isPageFile(name: string): boolean {
  return endingOf(name) in types;
}

const endingOf = (name: string): string => /\.([a-z]+)$/.exec(name)?.[1] ?? "";

/** `index.html` answers at the folder itself. Links in it are relative, so that it works behind a proxy's prefix as well. */
export function mountPage(
  app: FastifyInstance,
  path: `/${string}`,
  files: ReadonlyMap<string, string>,
): void {
  app.get(path, (_request, reply) => reply.redirect(`${path.slice(path.lastIndexOf("/") + 1)}/`, 308));
  for (const [name, text] of files) {
    const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
    const type = types[endingOf(name)];
    if (type === undefined) throw new Error(`${name} is no file of a page`);
    app.get(`${path}/${name === "index.html" ? "" : name}`, (request, reply) => {
      reply.headers({
        "content-security-policy": filesPolicy,
        "referrer-policy": "no-referrer",
        // Kept by browsers, and asked for each time whether it is still the same: after an update nothing is mixed.
        "cache-control": "no-cache",
        etag,
      });
      if (request.headers["if-none-match"]?.includes(etag)) return reply.code(304).send();
      return reply.type(type).send(text);
    });
  }
}
