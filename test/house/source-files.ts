import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";

/** Texts by path from the root of the repository, with forward slashes. */
export type Sources = Readonly<Record<string, string>>;

export function readSources(folder: string, ending = ".ts"): Sources {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => posix.join(entry.parentPath.replaceAll("\\", "/"), entry.name))
    // The peers of the benchmark have packages of their own.
    .filter((path) => !/\/(node_modules|dist)\//.test(path))
    .sort();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(path, "utf8")]));
}

export interface Import {
  line: number;
  /** As written: "zod", "node:fs", "../kind.ts". */
  specifier: string;
  /** A file of ours, as a path from the root; null for a package. */
  path: string | null;
  /** Gone after compilation. */
  isTypeOnly: boolean;
}

const statement =
  /^[ \t]*(import|export)\s+(type\s+)?(?:[\w*\s{},$]+?\s+from\s+)?["']([^"'\n]+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/gm;

/** Every import, re-export and `import()` of a file. */
export function importsOf(path: string, text: string): Import[] {
  return [...withoutComments(text).matchAll(statement)].map((match) => {
    const specifier = match[3] ?? match[4] ?? "";
    const names =
      /\{([^}]*)\}/
        .exec(match[0])?.[1]
        ?.split(",")
        .filter((name) => name.trim() !== "") ?? [];
    const areAllTypes = names.length > 0 && names.every((name) => /^\s*type\s/.test(name));
    return {
      line: text.slice(0, match.index).split("\n").length + (/^\s*\n/.test(match[0]) ? 1 : 0),
      specifier,
      path: specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : null,
      isTypeOnly: match[2] !== undefined || areAllTypes,
    };
  });
}

/** "drizzle-orm/pg-core" → "drizzle-orm", "@fastify/swagger/x" → "@fastify/swagger". */
export function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

const commentOrText =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;

/** The same text with comments blanked out; lines and columns stay where they are. */
export function withoutComments(text: string): string {
  return text.replaceAll(commentOrText, (part) => (part.startsWith("/") ? blank(part) : part));
}

/** Comments and texts blanked out, except what stands in `${…}`: what is left is code. */
export function codeOf(text: string): string {
  return text.replaceAll(commentOrText, (part) =>
    part.startsWith("`")
      ? part.replaceAll(/\$\{[^}]*\}|[^\n]/g, (piece) => (piece.length > 1 ? piece : " "))
      : blank(part),
  );
}

function blank(part: string): string {
  return part.replaceAll(/[^\n]/g, " ");
}

/** Circles among nodes, each told once from its smallest member: "a → b → a". */
export function circlesIn(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const found = new Set<string>();
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): void => {
    const at = trail.indexOf(node);
    if (at >= 0) {
      const circle = trail.slice(at);
      const first = circle.indexOf([...circle].sort()[0] ?? node);
      const turned = [...circle.slice(first), ...circle.slice(0, first)];
      found.add([...turned, turned[0]].join(" → "));
      return;
    }
    if (done.has(node)) return;
    for (const next of edges.get(node) ?? []) visit(next, [...trail, node]);
    done.add(node);
  };
  for (const node of edges.keys()) visit(node, []);
  return [...found].sort();
}
