/** @import { CampaignPage } from "../client/api-types.ts" */
/** @import { Place } from "./console.js" */
import { element, table } from "./elements.js";
import { day, dayBefore, measured, money } from "./figures.js";
import { say, sayCode } from "./language.js";
import { pagedList } from "./paged-list.js";

const statuses = ["planned", "running", "over", "archived"];

/** @param {Place} place */
export function campaignList(place) {
  pagedList(place, {
    title: say("campaigns"),
    path: "campaigns",
    statuses,
    empty: say("no_campaigns"),
    /** @param {CampaignPage["items"]} items */
    rows: (items) =>
      table(
        say("campaigns"),
        [
          { text: say("name") },
          { text: say("status") },
          { text: say("dates") },
          { text: say("goals") },
          { text: say("budget"), isNumber: true },
        ],
        items.map(({ key, name, status, startsAt, endsAt, timezone, goals, budget }) => [
          element(
            "span",
            { class: "named" },
            element("a", { href: `#/campaigns/${encodeURIComponent(key)}` }, name),
            element("small", {}, key),
          ),
          badge(status),
          `${day(startsAt, timezone)} ${say("until")} ${dayBefore(endsAt, timezone)}`,
          goals
            .map(
              ({ metric, target, currency }) =>
                `${sayCode("metric", metric)} ${measured(metric, target, currency ?? budget?.currency ?? null)}`,
            )
            .join(" · "),
          money(budget?.amount, budget?.currency, { maximumFractionDigits: 0 }),
        ]),
        "list",
      ),
  });
}

/** @param {string} status */
export function badge(status) {
  return element("span", { class: `badge ${status}` }, sayCode("status", status));
}
