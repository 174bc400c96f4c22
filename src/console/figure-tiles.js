/** The figures of a campaign that are looked at first. */
/** @import { CampaignBoard } from "../client/api-types.ts" */
/** @import { Word } from "./language.js" */
import { element } from "./elements.js";
import { money, number, percent, ratio } from "./figures.js";
import { say } from "./language.js";

/** @type {readonly { word: Word, of: (board: CampaignBoard) => string, under: (board: CampaignBoard) => string[] }[]} */
const figures = [
  {
    word: "gmv",
    of: ({ figures, currency }) => money(figures.gmv, currency),
    // What is sold says nothing without what is earned by it.
    under: ({ figures, currency }) => marginWords(figures.margin, currency),
  },
  {
    word: "orders",
    of: ({ figures }) => number(figures.orders),
    under: ({ figures }) => [say("units_per_order", { number: number(figures.unitsPerOrder) })],
  },
  {
    word: "order_value",
    of: ({ figures, currency }) => money(figures.averageOrderValue, currency),
    under: ({ figures, currency }) => [`${say("refunded")} ${money(figures.refunded, currency)}`],
  },
  {
    word: "visits_figure",
    of: ({ figures }) => percent(figures.conversion, 2),
    under: ({ figures }) => [say("visits", { number: number(figures.visits) })],
  },
  {
    word: "cost",
    of: ({ figures, currency }) => money(figures.cost, currency),
    under: ({ figures: { discountCost, giftCost, otherCosts }, currency }) => [
      say("discounts", { amount: money(discountCost, currency) }),
      ...(giftCost === 0 ? [] : [say("gift_costs", { amount: money(giftCost, currency) })]),
      ...(otherCosts === 0 ? [] : [say("other_costs", { amount: money(otherCosts, currency) })]),
    ],
  },
  { word: "roi", of: ({ figures }) => ratio(figures.roi), under: () => [] },
  {
    word: "new_customers",
    of: ({ figures }) => number(figures.newCustomers),
    under: ({ figures, currency }) => [
      say("acquisition", {
        amount: money(
          figures.acquisitionCost === null ? null : Math.round(figures.acquisitionCost),
          currency,
        ),
      }),
      say("win_backs", { number: number(figures.winBacks) }),
    ],
  },
];

/**
 * @param {CampaignBoard["figures"]["margin"]} margin
 * @param {string | null} currency
 */
function marginWords({ amount, grossPercent, netPercent, knownShare }, currency) {
  if (amount === null || grossPercent === null) return [say("margin_none")];
  return [
    `${say("margin")} ${percent(grossPercent / 100)} · ${money(amount, currency)}`,
    ...(knownShare !== null && knownShare < 1 ? [say("margin_part", { percent: percent(knownShare) })] : []),
    ...(netPercent === null ? [] : [say("net_margin", { percent: percent(netPercent / 100) })]),
  ];
}

/** Tiles that stay and change their text, and show that they did. */
export function figureTiles() {
  const tiles = figures.map(({ word, of, under }) => {
    const value = element("dd", { class: "value", "data-figure": word });
    value.addEventListener("animationend", () => value.classList.remove("changed"));
    const more = element("dd", { class: "quiet" });
    return {
      of,
      under,
      value,
      more,
      root: element("div", { class: "tile" }, element("dt", {}, say(word)), value, more),
    };
  });
  return {
    root: element("dl", { class: "tiles" }, ...tiles.map(({ root }) => root)),
    /** @param {CampaignBoard} board */
    update(board) {
      for (const { of, under, value, more } of tiles) {
        const text = of(board);
        if (value.textContent !== text) {
          value.classList.toggle("changed", value.textContent !== "");
          value.textContent = text;
        }
        const lines = under(board);
        if (more.textContent !== lines.join(""))
          more.replaceChildren(...lines.map((line) => element("div", {}, line)));
      }
    },
  };
}
