/** The cart simulator: what a customer would pay, and why. */
/** @import { Quote } from "../client/api-types.ts" */
/** @import { Place } from "./console.js" */
import { ask, Refusal } from "./api.js";
import { element, field, shown } from "./elements.js";
import { minorUnitsOf } from "./figures.js";
import { language, say } from "./language.js";
import { receipt } from "./receipt.js";

/** @typedef {{ sku: string, product: string, categories: string, quantity: string, unitPrice: string }} Line */

/** @type {Line} */
const emptyLine = { sku: "", product: "", categories: "", quantity: "1", unitPrice: "" };
const empty = {
  currency: "CNY",
  channel: "",
  customer: "",
  groups: "",
  country: "",
  shipping: "",
  method: "",
  codes: "",
};
/** What the demo shop sells. */
const example = {
  cart: {
    currency: "CNY",
    channel: "mini-program",
    customer: "c-42",
    groups: "fan",
    country: "CN",
    shipping: "12.00",
    method: "express",
    codes: "welcome 20, NO-SUCH-CODE",
  },
  lines: [
    { sku: "CLEANSER-120", product: "", categories: "skincare", quantity: "1", unitPrice: "159.00" },
    { sku: "CREAM-50", product: "", categories: "skincare", quantity: "1", unitPrice: "199.00" },
    { sku: "MASK-ROSE", product: "MASK", categories: "", quantity: "2", unitPrice: "29.00" },
  ],
};

/** Stays while the tab is open, whatever page is looked at meanwhile and in which language. */
const kept = {
  cart: { ...empty },
  lines: [{ ...emptyLine }],
  /** @type {Quote | null} */
  quote: null,
};

/** @param {Place} place */
export function cart({ main, signal, refused }) {
  const lines = element("tbody");
  const told = element("div", { role: "alert" });
  const answer = element("section", {
    class: "card receipt",
    "aria-labelledby": "receipt",
    "aria-live": "polite",
  });
  const button = element("button", { class: "main", type: "submit" }, say("price_it"));
  const heads = /** @type {const} */ (["sku", "product", "categories", "quantity", "unit_price"]);
  const form = element("form", { class: "card", onsubmit: price, novalidate: true });

  function draw() {
    form.replaceChildren(
      element(
        "div",
        { class: "fields" },
        bound("currency", say("currency"), { list: "currencies", maxlength: 3, class: "short" }),
        bound("channel", say("channel")),
        bound("customer", say("customer")),
        bound("groups", say("groups"), {}, say("comma")),
        bound("country", say("country"), { maxlength: 2, class: "short" }),
        bound("shipping", say("shipping"), { inputmode: "decimal", class: "short" }),
        bound("method", say("shipping_method")),
        bound("codes", say("codes"), {}, say("comma")),
      ),
      element(
        "datalist",
        { id: "currencies" },
        ...["CNY", "USD", "EUR", "SGD", "JPY"].map((value) => element("option", { value })),
      ),
      element("h2", {}, say("lines")),
      element(
        "div",
        { class: "table lines", role: "region", tabindex: 0, "aria-label": say("lines") },
        element(
          "table",
          {},
          element(
            "thead",
            {},
            element(
              "tr",
              {},
              ...heads.map((word) => element("th", { scope: "col" }, say(word))),
              element("td"),
            ),
          ),
          lines,
        ),
      ),
      element(
        "p",
        { class: "buttons" },
        element("button", { type: "button", onclick: addLine }, say("add_line")),
        element("button", { type: "button", onclick: fillIn }, say("example")),
        button,
      ),
      told,
    );
    drawLines();
  }

  /**
   * @param {keyof typeof empty} name
   * @param {string} label
   * @param {Record<string, string | number>} [attributes]
   * @param {string} [hint]
   */
  function bound(name, label, attributes = {}, hint) {
    const input = element("input", {
      name,
      value: kept.cart[name],
      autocomplete: "off",
      maxlength: 200,
      ...attributes,
    });
    input.addEventListener("input", () => {
      kept.cart[name] = input.value;
    });
    return field(label, input, hint);
  }

  function drawLines() {
    lines.replaceChildren(
      ...kept.lines.map((line, at) =>
        element(
          "tr",
          {},
          ...heads.map((word) => element("td", {}, cell(line, word, at))),
          element(
            "td",
            {},
            element(
              "button",
              {
                type: "button",
                class: "remove",
                "aria-label": say("remove_line", { sku: line.sku || at + 1 }),
                onclick: () => {
                  kept.lines.splice(at, 1);
                  drawLines();
                },
              },
              "×",
            ),
          ),
        ),
      ),
    );
  }

  /**
   * @param {Line} line
   * @param {typeof heads[number]} word
   * @param {number} at
   */
  function cell(line, word, at) {
    const name = word === "unit_price" ? "unitPrice" : word;
    const isNumber = name === "quantity" || name === "unitPrice";
    const input = element("input", {
      name: `${name}-${at}`,
      value: line[name],
      "aria-label": `${say(word)} ${at + 1}`,
      inputmode: name === "quantity" ? "numeric" : isNumber ? "decimal" : null,
      class: isNumber ? "number" : null,
      autocomplete: "off",
      maxlength: 200,
    });
    input.addEventListener("input", () => {
      line[name] = input.value;
    });
    return input;
  }

  function addLine() {
    kept.lines.push({ ...emptyLine });
    drawLines();
    /** @type {HTMLElement | null} */ (lines.querySelector("tr:last-child input"))?.focus();
  }

  function fillIn() {
    kept.cart = { ...example.cart };
    kept.lines = example.lines.map((line) => ({ ...line }));
    draw();
    button.focus();
  }

  /** @param {Event} event */
  async function price(event) {
    event.preventDefault();
    told.replaceChildren();
    const notice = (/** @type {string} */ text) =>
      told.replaceChildren(element("p", { class: "notice" }, text));
    const request = requestOf();
    if (typeof request === "string") return notice(request);
    button.disabled = true;
    try {
      kept.quote = await ask("evaluations", { method: "POST", body: request, signal });
      drawAnswer();
    } catch (error) {
      if (!(error instanceof Refusal) || error.status === 401 || error.status === 0) refused(error);
      else if (error.status === 403) notice(say("price_forbidden"));
      else
        notice(
          say("failed", {
            message:
              error.errors.map(({ path, message }) => `${path}: ${message}`).join(" ") || error.message,
          }),
        );
    } finally {
      button.disabled = false;
    }
  }

  function drawAnswer() {
    answer.replaceChildren(
      element("h2", { id: "receipt" }, say("receipt")),
      ...shown(
        kept.quote === null
          ? [element("p", { class: "quiet" }, say("receipt_empty"))]
          : receipt(kept.quote, (id) => kept.lines[Number(id) - 1]?.sku ?? id),
      ),
    );
  }

  draw();
  drawAnswer();
  main.append(
    element("h1", {}, say("cart_title")),
    element("p", { class: "quiet" }, say("cart_intro")),
    element("div", { class: "simulator" }, form, answer),
  );
  // In the language that was chosen meanwhile.
  if (kept.quote !== null) form.requestSubmit();
}

/** The request for what was typed in, or what is wrong with that. */
function requestOf() {
  const { cart, lines } = kept;
  const currency = cart.currency.trim().toUpperCase();
  if (!/^[A-Z]{3}$/.test(currency)) return say("wrong_currency");
  const filled = lines.flatMap((line, at) =>
    line.sku.trim() === "" ? [] : [{ ...line, id: String(at + 1) }],
  );
  if (filled.length === 0) return say("no_lines");
  const wrong = [
    ...filled.map(({ unitPrice }) => unitPrice),
    ...(cart.shipping.trim() === "" ? [] : [cart.shipping]),
  ].find((amount) => minorUnitsOf(amount, currency) === null);
  if (wrong !== undefined) return say("wrong_amount", { amount: wrong, currency });
  const customer = { ...named("id", cart.customer), ...listed("groups", cart.groups) };
  return {
    currency,
    ...named("channel", cart.channel),
    ...named("country", cart.country.toUpperCase()),
    ...(Object.keys(customer).length > 0 && { customer }),
    lines: filled.map(({ id, sku, product, categories, quantity, unitPrice }) => ({
      id,
      sku: sku.trim(),
      ...named("product", product),
      ...listed("categories", categories),
      quantity: Number(quantity),
      unitPrice: minorUnitsOf(unitPrice, currency),
    })),
    ...(cart.shipping.trim() !== "" && {
      shipping: [{ id: "1", ...named("method", cart.method), amount: minorUnitsOf(cart.shipping, currency) }],
    }),
    ...listed("codes", cart.codes),
    locale: language(),
    explain: "all",
    hints: true,
  };
}

/** @param {string} name @param {string} typed */
function named(name, typed) {
  return typed.trim() === "" ? {} : { [name]: typed.trim() };
}

/** @param {string} name @param {string} typed */
function listed(name, typed) {
  const parts = typed.split(/[,，]/).flatMap((part) => (part.trim() === "" ? [] : [part.trim()]));
  return parts.length === 0 ? {} : { [name]: parts };
}
