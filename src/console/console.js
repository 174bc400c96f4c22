/** The console: who is signed in, which page is shown, in which language. */
import { ask, forgetKey, keepKey, key, Refusal } from "./api.js";
import { campaignBoard } from "./campaign-board.js";
import { campaignList } from "./campaign-list.js";
import { cart } from "./cart.js";
import { element, field } from "./elements.js";
import { choose, language, say } from "./language.js";
import { promotionList } from "./promotion-list.js";

/**
 * What a page is given: where to show itself, until when, and whom to tell that it was refused.
 * @typedef {{ main: HTMLElement, signal: AbortSignal, refused: (error: unknown) => void }} Place
 */

/** @type {readonly { path: RegExp, word: import("./language.js").Word, show: (place: Place, name: string) => void }[]} */
const pages = [
  { path: /^#\/campaigns\/(.+)$/, word: "campaign", show: campaignBoard },
  { path: /^#\/promotions$/, word: "promotions", show: promotionList },
  { path: /^#\/cart$/, word: "cart", show: cart },
  { path: /^(?:#\/?(?:campaigns)?)?$/, word: "campaigns", show: campaignList },
];

const app = /** @type {HTMLElement} */ (document.getElementById("app"));
let leave = new AbortController();

/** @param {{ notice?: string, keepsFocus?: boolean }} [options] */
function show({ notice, keepsFocus = false } = {}) {
  leave.abort();
  leave = new AbortController();
  document.documentElement.lang = language();
  if (key() === null) return signIn(notice);
  const page = pages.find(({ path }) => path.test(location.hash));
  const name = decoded(page?.path.exec(location.hash)?.[1] ?? "");
  const main = element("main", { id: "content", tabindex: -1 });
  app.replaceChildren(header(), main);
  document.title = `${say(page?.word ?? "campaigns")} · Dealwright`;
  const { signal } = leave;
  const refused = (/** @type {unknown} */ error) => {
    if (!signal.aborted) tellRefusal(main, error);
  };
  if (page === undefined) location.hash = "#/";
  else page.show({ main, signal, refused }, name);
  if (!keepsFocus) main.focus({ preventScroll: true });
}

/** @param {string} part of an address that somebody may have typed */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * @param {HTMLElement} main
 * @param {unknown} error
 */
function tellRefusal(main, error) {
  if (error instanceof Refusal && error.status === 401) {
    forgetKey();
    show({ notice: say("wrong_key") });
    return;
  }
  main.querySelector(".refusal")?.remove();
  main.append(element("p", { class: "notice refusal", role: "alert" }, wordsOf(error)));
}

/** @param {unknown} error */
function wordsOf(error) {
  if (!(error instanceof Refusal)) return say("failed", { message: String(error) });
  if (error.status === 0) return say("away");
  if (error.status === 403) return say("forbidden");
  return error.code === "campaign-not-found" ? say("not_found") : say("failed", { message: error.message });
}

function header() {
  const link = (/** @type {string} */ href, /** @type {import("./language.js").Word} */ word) =>
    element("a", { href, "aria-current": isAt(href) ? "page" : null }, say(word));
  const toContent = (/** @type {Event} */ event) => {
    event.preventDefault();
    document.getElementById("content")?.focus();
  };
  return element(
    "header",
    { class: "top" },
    element("a", { class: "skip", href: "#content", onclick: toContent }, say("skip")),
    brand(),
    element(
      "nav",
      { "aria-label": say("navigation") },
      link("#/", "campaigns"),
      link("#/promotions", "promotions"),
      link("#/cart", "cart"),
    ),
    element("div", { class: "tools" }, languageSwitch(), signOut()),
  );
}

/** @param {string} href */
function isAt(href) {
  const { hash } = location;
  return href === "#/" ? hash === "" || hash === "#/" || hash.startsWith("#/campaigns") : hash === href;
}

function brand() {
  return element(
    "span",
    { class: "brand" },
    element("img", { src: "icon.svg", alt: "", width: 28, height: 28 }),
    "Dealwright",
  );
}

function languageSwitch() {
  const other = language() === "en" ? "zh-CN" : "en";
  const onclick = () => {
    choose(other);
    show({ keepsFocus: true });
    document.getElementById("language")?.focus();
  };
  return element("button", { id: "language", type: "button", lang: other, onclick }, say("other_language"));
}

function signOut() {
  const onclick = () => {
    forgetKey();
    show();
  };
  return element("button", { type: "button", onclick }, say("sign_out"));
}

/** @param {string} [notice] */
function signIn(notice) {
  document.title = `${say("sign_in")} · Dealwright`;
  const input = element("input", {
    id: "key",
    type: "password",
    autocomplete: "off",
    required: true,
    spellcheck: "false",
    maxlength: 512,
    "aria-describedby": "key-hint",
  });
  const told = element("p", { class: "notice", role: "alert", hidden: notice === undefined }, notice);
  const button = element("button", { class: "main", type: "submit" }, say("sign_in"));
  const refuse = (/** @type {string} */ words) => {
    told.hidden = false;
    told.textContent = words;
    button.disabled = false;
    input.select();
  };
  const onsubmit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const typed = input.value.trim();
    // No header can carry anything else, so no key has it.
    if (!/^[\x21-\x7e]+$/.test(typed)) return refuse(say("wrong_key"));
    keepKey(typed);
    button.disabled = true;
    try {
      await ask("promotions?limit=1");
      show();
    } catch (error) {
      // A role that may not read promotions may price carts all the same.
      if (error instanceof Refusal && error.status === 403) return show();
      forgetKey();
      refuse(error instanceof Refusal && error.status === 401 ? say("wrong_key") : wordsOf(error));
    }
  };
  app.replaceChildren(
    element("header", { class: "top" }, brand(), element("div", { class: "tools" }, languageSwitch())),
    element(
      "main",
      { class: "sign-in" },
      element("h1", {}, say("sign_in_title")),
      element(
        "form",
        { onsubmit },
        field(say("api_key"), input),
        element("p", { id: "key-hint", class: "quiet" }, say("sign_in_hint")),
        told,
        button,
      ),
    ),
  );
  input.focus();
}

addEventListener("hashchange", () => show());
show();
