export interface Fence {
  /** "bash", "json" … */
  language: string;
  /** What stands after the language: "run", "answer", "file=…". */
  note: string;
  text: string;
}

export function fencesIn(markdown: string): Fence[] {
  return [...markdown.matchAll(/^```(\w*)[ \t]*([^\n]*)\n([\s\S]*?)\n```$/gm)].map(
    ([, language = "", note = "", text = ""]) => ({ language, note, text }),
  );
}

/** The part under a heading, up to the next one of its level or above. */
export function sectionOf(markdown: string, heading: string): string {
  const level = heading.split(" ", 1)[0]?.length ?? 1;
  const lines = markdown.split("\n");
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`there is no "${heading}"`);
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => new RegExp(`^#{1,${level}} `).test(line));
  return rest.slice(0, end < 0 ? rest.length : end).join("\n");
}

/** The rows of the first table: cells without the backticks around a whole cell. */
export function rowsIn(markdown: string): string[][] {
  const lines = markdown.split("\n");
  const start = lines.findIndex((line) => /^\|(---\|)+$/.test(line.replaceAll(" ", "")));
  const rest = start < 0 ? [] : lines.slice(start + 1);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  return rest.slice(0, end < 0 ? rest.length : end).map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim().replace(/^`([^`]*)`$/, "$1")),
  );
}

/** Links to files of the repository, without their anchors. */
export function localLinksIn(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map((match) => match[1] ?? "")
    .filter((target) => !/^[a-z]+:/.test(target));
}
