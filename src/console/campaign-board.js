/** A campaign as it happens. */
/** @import { CampaignBoard } from "../client/api-types.ts" */
/** @import { Place } from "./console.js" */
/** @import { Connection } from "./api.js" */
/** @import { Word } from "./language.js" */
import { follow } from "./api.js";
import { badge } from "./campaign-list.js";
import { chart } from "./chart.js";
import { element, table } from "./elements.js";
import { figureTiles } from "./figure-tiles.js";
import { clock, day, dayBefore, measured, money, number, percent, ratio } from "./figures.js";
import { budgetOf, fillBars, goalsOf, leftOf } from "./goals.js";
import { say, sayCode } from "./language.js";

/**
 * @param {Place} place
 * @param {string} key
 */
export function campaignBoard({ main, signal, refused }, key) {
  const title = element("h1", {}, key);
  const state = element("p", { class: "under" });
  const connection = element("span", { class: "connection", role: "status" }, say("loading"));
  const time = element("span", { class: "quiet" });
  const tiles = figureTiles();
  const budget = element("div");
  const goals = element("div");
  const alerts = element("div", { "aria-live": "polite" });
  const promotions = element("div");
  const channels = element("div");
  const others = element("p", { class: "quiet" });
  const drawn = chart(signal);
  const put = putter();

  main.append(
    element(
      "div",
      { class: "heading" },
      element("div", {}, title, state),
      element("p", { class: "state" }, connection, time),
    ),
    element(
      "div",
      { class: "board" },
      section("figures", tiles.root, others),
      section("alerts", alerts),
      section("goals", goals, budget),
      drawn.root,
      // The log of policies comes here: what they did by themselves, and undoing it.
      section("promotions_of", promotions),
      section("channels", channels),
    ),
  );

  follow(`campaigns/${encodeURIComponent(key)}/live`, {
    signal,
    refused,
    /** @param {Connection} now */
    tell(now) {
      connection.className = `connection ${now}`;
      const text = say(`connection_${now}`);
      if (connection.textContent !== text) connection.textContent = text;
    },
    /** @param {CampaignBoard} board */
    show(board) {
      const { name, status, startsAt, endsAt, timezone, elapsed, asOf, otherCurrencies } = board;
      title.textContent = name;
      document.title = `${name} · Dealwright`;
      put(state, [
        badge(status),
        `${day(startsAt, timezone)} ${say("until")} ${dayBefore(endsAt, timezone)} · ${say("elapsed", { percent: percent(elapsed) })}`,
      ]);
      time.textContent = say("as_of", { time: clock(asOf) });
      tiles.update(board);
      put(budget, budgetOf(board));
      put(goals, goalsOf(board));
      put(alerts, alertsOf(board));
      put(promotions, [promotionsOf(board)]);
      put(channels, [channelsOf(board)]);
      put(
        others,
        otherCurrencies.length === 0
          ? []
          : [
              say("other_currencies", {
                list: otherCurrencies.map((one) => money(one.gmv, one.currency)).join(" · "),
              }),
            ],
      );
      drawn.update(board);
    },
  });
}

/** Replaces only what is another one, so that nothing is read out or scrolled back that stayed the same. */
function putter() {
  /** @type {WeakMap<Element, string>} */
  const before = new WeakMap();
  /** @param {Element} place @param {(Node | string)[]} children */
  return (place, children) => {
    const made = element("div", {}, ...children);
    if (before.get(place) === made.innerHTML) return;
    before.set(place, made.innerHTML);
    place.replaceChildren(...made.childNodes);
    fillBars(place);
  };
}

/**
 * @param {Word} word
 * @param {...Node} children
 */
function section(word, ...children) {
  const id = `heading-${word}`;
  return element(
    "section",
    { class: `card ${word}`, "aria-labelledby": id },
    element("h2", { id }, say(word)),
    ...children,
  );
}

/** @param {CampaignBoard} board */
function alertsOf({ alerts, currency, promotions }) {
  if (alerts.length === 0) return [element("p", { class: "quiet" }, say("no_alerts"))];
  return [
    element(
      "ul",
      { class: "alerts" },
      ...alerts.map(({ code, severity, subject, actual, threshold }) => {
        const unit = unitOf(code, subject);
        return element(
          "li",
          { class: severity },
          element("strong", {}, sayCode("severity", severity)),
          " ",
          sayCode("alert", code, {
            subject:
              promotions.find(({ promotion }) => promotion === subject)?.name ?? sayCode("metric", subject),
            actual: measured(unit, actual, currency),
            threshold: measured(unit, threshold, currency),
          }),
        );
      }),
    ),
  ];
}

/**
 * In which unit an alert's figures are, as a metric.
 * @param {string} code
 * @param {string} subject
 */
function unitOf(code, subject) {
  if (code.includes("budget")) return "gmv";
  return code === "cost_unknown" ? "conversion" : subject;
}

/** @param {CampaignBoard} board */
function promotionsOf({ promotions, currency }) {
  if (promotions.length === 0) return element("p", { class: "quiet" }, say("no_promotions"));
  return table(
    say("promotions_of"),
    [
      { text: say("name") },
      { text: say("status") },
      { text: say("left") },
      { text: say("uses_left"), isNumber: true },
      { text: say("orders"), isNumber: true },
      { text: say("discount_cost"), isNumber: true },
    ],
    promotions.map(({ promotion, name, status, orders, discountCost, usesLeft, budget, budgetLeft }) => [
      element("span", { class: "named" }, name ?? promotion, element("small", {}, promotion)),
      badge(status),
      budget === null || budgetLeft === null
        ? say("unlimited")
        : leftOf(name ?? promotion, budget, budgetLeft, currency),
      usesLeft === null ? say("unlimited") : number(usesLeft),
      number(orders),
      money(discountCost, currency),
    ]),
  );
}

/** @param {CampaignBoard} board */
function channelsOf({ channels, currency }) {
  return table(
    say("channels"),
    [
      { text: say("channel") },
      { text: say("orders"), isNumber: true },
      { text: say("gmv"), isNumber: true },
      { text: say("margin"), isNumber: true },
      { text: say("cost"), isNumber: true },
      { text: say("roi"), isNumber: true },
    ],
    channels.map(({ channel, orders, gmv, margin, cost, roi }) => [
      channel ?? say("channel_none"),
      number(orders),
      money(gmv, currency),
      margin.grossPercent === null ? "–" : percent(margin.grossPercent / 100),
      money(cost, currency),
      ratio(roi),
    ]),
  );
}
