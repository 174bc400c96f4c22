/** How codes are compared. What people type, paste and read aloud must find the code that was printed. */

/** White space, every dash (the minus sign is one to whoever types it), control and invisible characters. */
const ignored = /[\s\p{White_Space}\p{Pd}\u2212\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** Unicode NFKC, upper case, without spaces, dashes and invisible characters. Empty when nothing is left. */
export function normalizeCode(text: string): string {
  let code = text;
  // Each step may undo another (NFKC makes spaces, upper case makes sequences that compose): repeat until it stands still.
  for (let round = 0; round < 4; round++) {
    const next = code
      .replace(ignored, "")
      .normalize("NFKC")
      .toUpperCase()
      .normalize("NFKC")
      .replace(ignored, "");
    if (next === code) break;
    code = next;
  }
  return code;
}

/**
 * Folds the characters people confuse: O is read as 0, I and L as 1. Only for pools whose alphabet has at most one of
 * each pair; shared codes, which may be any word, are never folded.
 */
export function foldLookAlikes(normalized: string): string {
  return normalized.replace(/[OIL]/g, (letter) => (letter === "O" ? "0" : "1"));
}
