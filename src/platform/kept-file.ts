/**
 * What a process keeps on its disk to begin with when the database is away: lines of JSON that are there whole or not at all.
 * The first line says what the file is, the last has the SHA-256 of all before it; whatever was cut, mixed up or written by
 * another version is as if it were not there.
 */
import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";

const formatVersion = 1;
const heading = z.object({ dealwright: z.string(), version: z.literal(formatVersion) }).loose();
/** So much is written at once; between, requests get their turn. */
const mostCharacters = 262_144;

export interface Kept {
  readonly heading: Readonly<Record<string, unknown>>;
  readonly lines: readonly unknown[];
}

/** Whoever reads the file meanwhile sees the old one or the new one. Only the owner may read it. */
export async function keepFile(
  path: string,
  kind: string,
  heading: Readonly<Record<string, unknown>>,
  lines: Iterable<unknown>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${process.pid}.tmp`;
  const hash = createHash("sha256");
  const file = await open(unfinished, "w", 0o600);
  try {
    let text = "";
    const write = async () => {
      hash.update(text);
      await file.writeFile(text);
      text = "";
    };
    text += `${JSON.stringify({ dealwright: kind, version: formatVersion, ...heading })}\n`;
    for (const line of lines) {
      text += `${JSON.stringify(line)}\n`;
      if (text.length > mostCharacters) await write();
    }
    await write();
    await file.writeFile(`${JSON.stringify({ sha256: hash.digest("hex") })}\n`);
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(unfinished, { force: true });
    throw error;
  }
  await file.close();
  await rename(unfinished, path);
}

/** Null where there is no such file, or none that can be believed. */
export async function readKept(path: string, kind: string): Promise<Kept | null> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return null;
  const end = text.lastIndexOf("\n", text.length - 2) + 1;
  const body = text.slice(0, end);
  try {
    const { sha256 } = JSON.parse(text.slice(end)) as { sha256: string };
    if (sha256 !== createHash("sha256").update(body).digest("hex")) return null;
    const [first, ...lines] = body
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown);
    const read = heading.parse(first);
    return read.dealwright === kind ? { heading: read, lines } : null;
  } catch {
    return null;
  }
}

/** The first line alone, unchecked: to see whether what is there need be written anew. */
export async function readHeading(path: string): Promise<Kept["heading"] | null> {
  try {
    const file = await open(path, "r");
    try {
      // It is as long as the campaigns are many.
      for await (const line of file.readLines({ autoClose: false })) return heading.parse(JSON.parse(line));
      return null;
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

/** Something that was true at an instant, kept under its name. */
export interface KeptNote {
  readonly name: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Adds to a file that several processes write: of each name the newest note stands, and what is older than `oldest` goes. */
export async function keepNewest(
  path: string,
  kind: string,
  notes: Iterable<KeptNote>,
  { oldest, isGone = () => false }: { oldest: number; isGone?: (note: KeptNote) => boolean },
): Promise<void> {
  const newest = new Map<string, KeptNote>();
  for (const note of [...(await readNotes(path, kind)), ...notes])
    if (note.at >= oldest && note.at >= (newest.get(note.name)?.at ?? 0) && !isGone(note))
      newest.set(note.name, note);
  await keepFile(path, kind, {}, newest.values());
}

/** Empty where there is no such file. */
export async function readNotes(path: string, kind: string): Promise<readonly KeptNote[]> {
  return ((await readKept(path, kind))?.lines ?? []) as readonly KeptNote[];
}
