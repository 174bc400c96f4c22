/** Goals and budgets of a campaign as bars with numbers. */
/** @import { CampaignBoard } from "../client/api-types.ts" */
import { element } from "./elements.js";
import { dayBefore, measured, money, percent } from "./figures.js";
import { say, sayCode } from "./language.js";

/**
 * @param {{ label: string, share: number, text: string, expected?: number | null, kind?: string }} bar
 */
function progress({ label, share, text, expected = null, kind = "" }) {
  const whole = Math.round(Math.max(0, Math.min(share, 1)) * 1_000) / 10;
  return element(
    "div",
    {
      class: `progress ${kind}`,
      role: "progressbar",
      "aria-label": label,
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": whole,
      "aria-valuetext": text,
    },
    element("div", { class: "done", "data-percent": whole }),
    expected !== null &&
      element("div", { class: "mark", "data-percent": Math.round(Math.min(expected, 1) * 1_000) / 10 }),
  );
}

/**
 * By script, because the page's policy lets no style stand in an element.
 * @param {Element} place where the bars are
 */
export function fillBars(place) {
  for (const bar of /** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll("[data-percent]"))) {
    const share = `${bar.dataset.percent}%`;
    if (bar.className === "mark") bar.style.insetInlineStart = share;
    else bar.style.inlineSize = share;
  }
}

/** @param {CampaignBoard} board */
export function budgetOf({ budget, budgetLeft, currency }) {
  if (budget === null || budgetLeft === null) return [];
  const [amount, whole] = [money(Math.abs(budgetLeft), currency), money(budget, currency)];
  const text = say(budgetLeft < 0 ? "budget_over" : "budget_left", { amount, whole });
  const share = budget === 0 ? 1 : (budget - budgetLeft) / budget;
  const kind = share >= 1 ? "critical" : share >= 0.8 ? "warning" : "";
  return [
    element(
      "div",
      { class: "goal" },
      element(
        "div",
        { class: "heading" },
        element("h3", {}, say("budget")),
        element("span", {}, percent(share)),
      ),
      progress({ label: say("budget"), share, text, kind }),
      element("p", { class: "quiet" }, text),
    ),
  ];
}

/** @param {CampaignBoard} board */
export function goalsOf({ goals, timezone, currency }) {
  if (goals.length === 0) return [element("p", { class: "quiet" }, say("no_goals"))];
  return goals.map((goal) => {
    const { metric, target, actual, expected, by, isReached, isOnTrack } = goal;
    const told = (/** @type {number | null} */ value) => measured(metric, value, goal.currency ?? currency);
    const numbers = say("goal_numbers", { actual: told(actual), target: told(target) });
    const state = isReached
      ? "reached"
      : isOnTrack === null
        ? "unknown"
        : isOnTrack
          ? "on_track"
          : "off_track";
    const parts = [
      say("goal_by", { date: dayBefore(by, timezone) }),
      ...(expected === target ? [] : [say("goal_expected", { expected: told(expected) })]),
    ];
    return element(
      "div",
      { class: "goal" },
      element(
        "div",
        { class: "heading" },
        element("h3", {}, sayCode("metric", metric)),
        element("span", { class: `badge ${state}` }, say(`goal_${state}`)),
      ),
      progress({
        label: sayCode("metric", metric),
        share: actual === null || target === 0 ? 0 : actual / target,
        text: numbers,
        expected: target === 0 || expected === target ? null : expected / target,
        kind: state,
      }),
      element(
        "p",
        {},
        element("strong", {}, numbers),
        element("span", { class: "quiet" }, ` · ${parts.join(" · ")}`),
      ),
    );
  });
}

/**
 * @param {string} name
 * @param {number} budget
 * @param {number} budgetLeft
 * @param {string | null} currency
 */
export function leftOf(name, budget, budgetLeft, currency) {
  const text = say("budget_left", { amount: money(budgetLeft, currency), whole: money(budget, currency) });
  const share = budget === 0 ? 1 : (budget - budgetLeft) / budget;
  const kind = share >= 1 ? "critical" : share >= 0.8 ? "warning" : "";
  return element(
    "div",
    { class: "left" },
    progress({ label: `${say("budget")} ${name}`, share, text, kind }),
    text,
  );
}
