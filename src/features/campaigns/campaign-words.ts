/**
 * Texts as they are searched. PostgreSQL knows where English words end and how they are inflected. Chinese has no spaces and it no
 * dictionary, so that of runs of Chinese every character and every two neighbours become a word, written in ASCII so that no
 * locale takes it apart: 双十一 is found by 双, 双十 and 十一, and by 双十一 as those two beside each other.
 */
const runs = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+/gu;

const wordOf = (characters: readonly string[]): string =>
  `u${characters.map((character) => character.codePointAt(0)!.toString(16)).join("x")}`;

const pairsOf = (characters: readonly string[]): string[] =>
  characters.slice(1).map((character, index) => wordOf([characters[index]!, character]));

export interface SearchWords {
  /** What is left for PostgreSQL's own parser. */
  readonly latin: string;
  /** Words of runs, one after the other with spaces. */
  readonly runs: string;
}

/** What a text is found by. */
export function wordsOfText(text: string): SearchWords {
  const words = (text.match(runs) ?? []).flatMap((run) => {
    const characters = [...run];
    return [...characters.map((character) => wordOf([character])), ...pairsOf(characters)];
  });
  return { latin: text.replaceAll(runs, " "), runs: words.join(" ") };
}

/** What must be in a text for it to be found: of a single character itself, of longer runs all pairs. */
export function wordsOfQuery(query: string): SearchWords {
  const words = (query.match(runs) ?? []).flatMap((run) => {
    const characters = [...run];
    return characters.length === 1 ? [wordOf(characters)] : pairsOf(characters);
  });
  return { latin: query.replaceAll(runs, " ").trim(), runs: words.join(" ") };
}
