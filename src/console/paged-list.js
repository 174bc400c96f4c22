/** A list of the API with its filters, a page at a time, and what another list says of the same things. */
/** @import { Place } from "./console.js" */
import { ask } from "./api.js";
import { element, field } from "./elements.js";
import { say, sayCode } from "./language.js";

/**
 * @template Item
 * @template Beside
 * @param {Place} place
 * @param {{ title: string, path: string, beside?: string, statuses: readonly string[], empty: string, rows: (items: Item[], beside: Beside[]) => HTMLElement }} list
 */
export function pagedList({ main, signal, refused }, { title, path, beside, statuses, empty, rows }) {
  const option = (/** @type {string} */ status) =>
    element("option", { value: status }, status === "" ? say("all") : sayCode("status", status));
  const status = element("select", { onchange: () => read() }, ...["", ...statuses].map(option));
  const search = element("input", { type: "search", maxlength: 100, onchange: () => read() });
  const shown = element("div", { "aria-live": "polite" });
  const more = element("button", { type: "button", hidden: true, onclick: () => read(true) }, say("more"));
  const onsubmit = (/** @type {Event} */ event) => event.preventDefault();
  main.append(
    element("h1", {}, title),
    element(
      "form",
      { class: "filters", role: "search", onsubmit },
      field(say("filter"), status),
      field(say("search"), search),
    ),
    shown,
    more,
  );

  /** @type {Item[]} */
  let items = [];
  /** @type {Beside[]} */
  let besides = [];
  /** @type {string | null} */
  let cursor = null;
  let asked = 0;

  async function read(goesOn = false) {
    asked += 1;
    const asking = asked;
    const query = new URLSearchParams({ limit: "50" });
    if (status.value !== "") query.set("status", status.value);
    if (search.value.trim() !== "") query.set("q", search.value.trim());
    if (goesOn && cursor !== null) query.set("after", cursor);
    try {
      /** @type {[{ items: Item[], nextCursor: string | null }, { items: Beside[] }]} */
      const [page, pageBeside] = await Promise.all([
        ask(`${path}?${query}`, { signal }),
        beside === undefined ? { items: [] } : ask(`${beside}?${query}`, { signal }),
      ]);
      // Whoever types on is answered what was asked last.
      if (asking !== asked) return;
      items = goesOn ? [...items, ...page.items] : page.items;
      besides = goesOn ? [...besides, ...pageBeside.items] : pageBeside.items;
      cursor = page.nextCursor;
      more.hidden = cursor === null;
      shown.replaceChildren(
        items.length > 0 ? rows(items, besides) : element("p", { class: "quiet" }, empty),
      );
    } catch (error) {
      refused(error);
    }
  }
  read();
}
