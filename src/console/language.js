/** Which language the console speaks, and its words. */
import { english } from "./words-en.js";
import { chinese } from "./words-zh.js";

/** @typedef {keyof typeof english} Word */
/** @typedef {"en" | "zh-CN"} Language */

const place = "dealwright.language";
const dictionaries = { en: english, "zh-CN": chinese };

/** @returns {Language} the one that was chosen, else the browser's */
export function language() {
  const chosen = localStorage.getItem(place) ?? navigator.language;
  return chosen.toLowerCase().startsWith("zh") ? "zh-CN" : "en";
}

/** How numbers and dates are written: as the browser has it, where it speaks the same language. */
export function locale() {
  return navigator.language.startsWith(language().slice(0, 2)) ? navigator.language : language();
}

/** @param {Language} chosen */
export function choose(chosen) {
  localStorage.setItem(place, chosen);
}

/**
 * `say("left", { amount: "3" })` puts 3 where the text has `{amount}`.
 * @param {Word} word
 * @param {Record<string, string | number>} [values]
 */
export function say(word, values = {}) {
  return dictionaries[language()][word].replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/**
 * The words for a code of the API; what is not known yet is told as it is.
 * @param {string} group
 * @param {string} code
 * @param {Record<string, string | number>} [values]
 */
export function sayCode(group, code, values) {
  const word = /** @type {Word} */ (`${group}_${code}`);
  return word in english ? say(word, values) : code;
}
