/** @import { PromotionPage } from "../client/api-types.ts" */
/** @import { Place } from "./console.js" */
import { badge } from "./campaign-list.js";
import { element, table } from "./elements.js";
import { money } from "./figures.js";
import { language, say } from "./language.js";
import { pagedList } from "./paged-list.js";

const statuses = ["draft", "scheduled", "active", "paused", "ended", "archived"];

/** @param {Place} place */
export function promotionList(place) {
  pagedList(place, {
    title: say("promotions"),
    path: "promotions",
    statuses,
    empty: say("no_promotions"),
    /** @param {PromotionPage["items"]} items */
    rows: (items) =>
      table(
        say("promotions"),
        [
          { text: say("name") },
          { text: say("status") },
          { text: say("stage_what") },
          { text: say("campaign") },
          { text: say("budget"), isNumber: true },
        ],
        items.map(({ key, name, texts, status, explanation, campaign, budget }) => [
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
          budget === undefined
            ? say("unlimited")
            : Object.entries(budget.amount)
                .map(([currency, amount]) => money(amount, currency))
                .join(" · "),
        ]),
        "list",
      ),
  });
}
