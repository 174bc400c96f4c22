/** A quote as a receipt: what each line costs, which offers did it, and why the others did not. */
/** @import { NotApplied, Quote } from "../client/api-types.ts" */
import { element } from "./elements.js";
import { money, number } from "./figures.js";
import { say, sayCode } from "./language.js";

/**
 * @param {Quote} quote
 * @param {(id: string) => string} nameOf a line's name
 */
export function receipt(quote, nameOf) {
  const { currency, lines, shippingLines, promotions, codes, notApplied, hints = [], optimality } = quote;
  const amount = (/** @type {number} */ minorUnits) => money(minorUnits, currency);
  const off = (/** @type {number} */ minorUnits) => `−${amount(minorUnits)}`;
  const label = (/** @type {string} */ key) =>
    promotions.find(({ promotion }) => promotion === key)?.label ?? key;
  const line = (
    /** @type {string} */ name,
    /** @type {typeof lines[number]["adjustments"]} */ adjustments,
    /** @type {number} */ before,
    /** @type {number} */ after,
  ) =>
    element(
      "li",
      {},
      row(name, amount(before), "item"),
      ...adjustments
        .filter((adjustment) => adjustment.amount > 0)
        .map((adjustment) => row(label(adjustment.promotion), off(adjustment.amount), "off")),
      adjustments.length > 0 && row("", amount(after), "after"),
    );
  const saved = quote.discount + quote.shippingDiscount;
  const near = notApplied.filter(({ wouldSave }) => wouldSave !== undefined);
  const others = notApplied.filter(({ wouldSave }) => wouldSave === undefined);
  return [
    element(
      "ul",
      { class: "slip" },
      ...lines.map(({ id, adjustments, subtotal, total }) => line(nameOf(id), adjustments, subtotal, total)),
      ...shippingLines.map((one) => line(say("shipping"), one.adjustments, one.amount, one.total)),
    ),
    element(
      "dl",
      { class: "sums" },
      ...sum(say("subtotal"), amount(quote.subtotal)),
      ...(quote.discount > 0 ? sum(say("discount"), off(quote.discount), "off") : []),
      ...(quote.shipping > 0 ? sum(say("shipping"), amount(quote.shipping - quote.shippingDiscount)) : []),
      ...sum(say("total"), amount(quote.total), "total"),
    ),
    saved > 0 && element("p", { class: "saved" }, say("saved", { amount: amount(saved) })),
    part(
      say("rewards"),
      quote.rewards.map((reward) => [rewardWords(reward)]),
    ),
    part(
      say("codes_answered"),
      codes.map(({ code, status, reason }) => [
        element("code", {}, code),
        ` ${say(`code_${status}`)}${reason === null ? "" : `: ${sayCode("reason", reason)}`}`,
      ]),
      "codes",
    ),
    part(
      say("near_misses"),
      [
        ...near.map((miss) => [
          element("strong", {}, miss.message),
          ` ${miss.promotion} · ${say("would_save", { amount: amount(miss.wouldSave ?? 0) })}`,
        ]),
        ...hints.map(({ message }) => [message]),
      ],
      "near",
    ),
    part(
      say("not_applied"),
      others.map((miss) => [
        element("strong", {}, miss.promotion),
        ` ${miss.message}${forcing(miss, amount)}`,
      ]),
      "others",
    ),
    element(
      "p",
      { class: "quiet" },
      optimality.proven ? say("proven") : say("not_proven", { amount: amount(optimality.bound ?? 0) }),
    ),
  ];
}

/**
 * @param {NotApplied} miss
 * @param {(minorUnits: number) => string} amount
 */
function forcing({ costOfForcing }, amount) {
  return costOfForcing === undefined ? "" : ` (${say("cost_of_forcing", { amount: amount(costOfForcing) })})`;
}

/** @param {Quote["rewards"][number]} reward */
function rewardWords({ kind, sku, name, choices, quantity = 1, points, multiplier, pool }) {
  if (kind === "points")
    return points === null || points === undefined
      ? say("reward_multiplier", { multiplier: number(multiplier) })
      : say("reward_points", { points: number(points) });
  return sayCode("reward", kind, {
    quantity,
    name: name ?? sku ?? choices?.join(" / ") ?? pool ?? "",
  });
}

/**
 * @param {string} title
 * @param {(Node | string)[][]} items
 * @param {string} [kind]
 */
function part(title, items, kind = "") {
  return (
    items.length > 0 &&
    element(
      "div",
      { class: `part ${kind}` },
      element("h3", {}, title),
      element("ul", {}, ...items.map((item) => element("li", {}, ...item))),
    )
  );
}

/** @param {string} name @param {string} amount @param {string} kind */
function row(name, amount, kind) {
  return element(
    "div",
    { class: `row ${kind}` },
    element("span", {}, name),
    element("span", { class: "number" }, amount),
  );
}

/** @param {string} name @param {string} amount @param {string} [kind] */
function sum(name, amount, kind = "") {
  return [element("dt", { class: kind }, name), element("dd", { class: `number ${kind}` }, amount)];
}
