/** @import { PromotionPage, PromotionUsagePage } from "../client/api-types.ts" */
/** @import { Place } from "./console.js" */
import { badge } from "./campaign-list.js";
import { element, table } from "./elements.js";
import { number } from "./figures.js";
import { fillBars, leftOf } from "./goals.js";
import { language, say } from "./language.js";
import { pagedList } from "./paged-list.js";

const statuses = ["draft", "scheduled", "active", "paused", "ended", "archived"];

/** @param {Place} place */
export function promotionList(place) {
  pagedList(place, {
    title: say("promotions"),
    path: "promotions",
    beside: "promotions/usages",
    statuses,
    empty: say("no_promotions"),
    /**
     * @param {PromotionPage["items"]} items
     * @param {PromotionUsagePage["items"]} usages
     */
    rows(items, usages) {
      const rows = table(
        say("promotions"),
        [
          { text: say("name") },
          { text: say("status") },
          { text: say("stage_what") },
          { text: say("campaign") },
          { text: say("left") },
          { text: say("uses_left"), isNumber: true },
        ],
        items.map(({ id, key, name, texts, status, explanation, campaign }) => [
          element(
            "span",
            { class: "named" },
            texts?.[language()]?.label ?? name ?? key,
            element("small", {}, key),
          ),
          badge(status),
          element("span", { class: "prose" }, explanation[language()]),
          campaign === undefined
            ? "–"
            : element("a", { href: `#/campaigns/${encodeURIComponent(campaign)}` }, campaign),
          ...leftCells(
            name ?? key,
            usages.find((usage) => usage.id === id),
          ),
        ]),
        "list",
      );
      fillBars(rows);
      return rows;
    },
  });
}

/**
 * Nothing is said of one that came between the two answers.
 * @param {string} name
 * @param {PromotionUsagePage["items"][number] | undefined} usage
 */
function leftCells(name, usage) {
  if (usage === undefined) return ["–", "–"];
  const { budgets, usesLeft } = usage;
  return [
    budgets.length === 0
      ? say("unlimited")
      : element(
          "div",
          {},
          ...budgets.map(({ currency, amount, left }) =>
            leftOf(budgets.length === 1 ? name : `${name} ${currency}`, amount, left, currency),
          ),
        ),
    usesLeft === null ? say("unlimited") : number(usesLeft),
  ];
}
