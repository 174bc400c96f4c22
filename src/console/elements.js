/** Elements of a page. What is shown is text and never HTML, so nothing that the API answers is run. */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * `element("p", { class: "note" }, "text")`. A function is listened to under its name without `on`; `false`, `null` and
 * `undefined` leave an attribute out.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string | number | boolean | null | undefined | ((event: Event) => unknown)>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key.replace(/^on/, ""), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, String(value));
  }
  made.append(...shown(children));
  return made;
}

/** @param {readonly Child[]} children */
export function shown(children) {
  return children.flatMap((child) =>
    child === null || child === undefined || child === false
      ? []
      : [typeof child === "number" ? String(child) : child],
  );
}

/**
 * A table that its caption names, in a box that scrolls by itself on a small screen.
 * @param {string} caption
 * @param {readonly { text: string, isNumber?: boolean }[]} columns
 * @param {readonly (readonly Child[])[]} rows the first cell of each heads its row
 * @param {string} [more] a class
 */
export function table(caption, columns, rows, more = "") {
  const kind = (/** @type {number} */ at) => (columns[at]?.isNumber ? "number" : null);
  return element(
    "div",
    { class: `table ${more}`, tabindex: 0, role: "region", "aria-label": caption },
    element(
      "table",
      {},
      element("caption", { class: "unseen" }, caption),
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          ...columns.map(({ text }, at) => element("th", { scope: "col", class: kind(at) }, text)),
        ),
      ),
      element(
        "tbody",
        {},
        ...rows.map((cells) =>
          element(
            "tr",
            {},
            ...cells.map((cell, at) =>
              at === 0 ? element("th", { scope: "row" }, cell) : element("td", { class: kind(at) }, cell),
            ),
          ),
        ),
      ),
    ),
  );
}

/**
 * A labelled field of a form.
 * @param {string} label
 * @param {HTMLInputElement | HTMLSelectElement} input
 * @param {string} [hint]
 */
export function field(label, input, hint) {
  return element(
    "label",
    { class: "field" },
    element("span", {}, label),
    input,
    hint !== undefined && element("small", {}, hint),
  );
}
