/** @import { CampaignBoard } from "../client/api-types.ts" */
/** @import uPlot from "uplot" */
import { element, table } from "./elements.js";
import { dayBefore, decimalsOf, measured, moment } from "./figures.js";
import { language, locale, say, sayCode } from "./language.js";

/** @typedef {"gmv" | "orders"} Metric */

const hour = 3_600_000;

/**
 * What came together over time, against the line that the goal asks for. The picture is told in words, and as a table.
 * @param {AbortSignal} signal
 */
export function chart(signal) {
  /** @type {Metric} */
  let metric = "gmv";
  /** @type {CampaignBoard | null} */
  let board = null;
  /** @type {uPlot | null} */
  let plot = null;
  let made = "";

  const picture = element("div", { class: "picture", role: "img" });
  const legend = element("p", { class: "legend", "aria-hidden": "true" });
  const rows = element("div");
  const details = element(
    "details",
    { ontoggle: () => tellRows() },
    element("summary", {}, say("chart_table")),
    rows,
  );
  const choice = element(
    "fieldset",
    { class: "choice" },
    element("legend", { class: "unseen" }, say("chart")),
    ...["gmv", "orders"].map((value) =>
      element(
        "label",
        {},
        element("input", {
          type: "radio",
          name: "metric",
          value,
          checked: value === metric,
          onchange: () => {
            metric = /** @type {Metric} */ (value);
            draw();
          },
        }),
        sayCode("metric", value),
      ),
    ),
  );
  const root = element(
    "section",
    { class: "card chart", "aria-labelledby": "chart" },
    element("div", { class: "heading" }, element("h2", { id: "chart" }, say("chart")), choice),
    picture,
    legend,
    details,
  );

  const size = new ResizeObserver(() => plot?.setSize(sizeOf(picture)));
  size.observe(picture);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const redraw = () => {
    made = "";
    draw();
  };
  scheme.addEventListener("change", redraw, { signal });
  signal.addEventListener("abort", () => {
    size.disconnect();
    plot?.destroy();
  });

  async function draw() {
    if (board === null) return;
    const { figures, currency, timezone, goals } = board;
    const goal = goals.find(
      (one) => one.metric === metric && (metric !== "gmv" || one.currency === currency),
    );
    const told = (/** @type {number} */ value) => measured(metric, value, currency);
    const words = { metric: sayCode("metric", metric), actual: told(figures[metric]) };
    picture.setAttribute(
      "aria-label",
      goal === undefined
        ? say("chart_of", words)
        : say("chart_goal", {
            ...words,
            expected: told(goal.expected),
            target: told(goal.target),
            date: dayBefore(goal.by, timezone),
          }),
    );
    legend.replaceChildren(
      element("span", { class: "line actual" }, say("chart_actual")),
      ...(goal === undefined ? [] : [element("span", { class: "line expected" }, say("chart_expected"))]),
    );
    tellRows();
    const data = linesOf(board, metric, goal);
    const { default: Plot } = await import("./uplot.js");
    if (signal.aborted) return;
    const kind = JSON.stringify([metric, currency, goal === undefined, language()]);
    if (plot !== null && made === kind) {
      plot.setData(data);
      return;
    }
    made = kind;
    plot?.destroy();
    plot = new Plot(optionsOf(picture, metric, currency, timezone), data, picture);
  }

  function tellRows() {
    if (board === null || !details.open) return;
    const { timeline, currency, timezone } = board;
    rows.replaceChildren(
      timeline.length === 0
        ? element("p", { class: "quiet" }, say("chart_empty"))
        : table(
            say("chart"),
            [
              { text: say("from") },
              { text: say("metric_gmv"), isNumber: true },
              { text: say("orders"), isNumber: true },
              { text: say("discount_cost"), isNumber: true },
            ],
            timeline.map(({ from, gmv, orders, discountCost }) => [
              moment(from, timezone),
              measured("gmv", gmv, currency),
              orders,
              measured("gmv", discountCost, currency),
            ]),
          ),
    );
  }

  return {
    root,
    /** @param {CampaignBoard} now */
    update(now) {
      board = now;
      draw();
    },
  };
}

/**
 * Sums over time and the expected line, on one axis of seconds. Where nothing was sold the sum stays what it was.
 * @param {Pick<CampaignBoard, "startsAt" | "endsAt" | "asOf" | "figures" | "timeline">} board
 * @param {Metric} metric
 * @param {Pick<CampaignBoard["goals"][number], "by" | "target"> | undefined} goal
 * @returns {[number[], (number | null)[], (number | null)[]]}
 */
export function linesOf({ startsAt, endsAt, asOf, figures, timeline }, metric, goal) {
  const [start, end] = [Date.parse(startsAt), Date.parse(endsAt)];
  const now = Math.max(start, Math.min(Date.parse(asOf), end));
  const bucket = end - start <= 72 * hour ? hour : 24 * hour;
  // Only so many points are told: what came before them stands at the beginning.
  let sum = figures[metric] - timeline.reduce((all, point) => all + point[metric], 0);
  /** @type {Map<number, number>} */
  const actual = new Map([[start, sum]]);
  for (const point of timeline) {
    const from = Math.max(start, Math.min(Date.parse(point.from), now));
    actual.set(from, sum);
    sum += point[metric];
    actual.set(Math.min(from + bucket, now), sum);
  }
  actual.set(now, sum);
  /** @type {Map<number, number>} */
  const expected = new Map(
    goal === undefined
      ? []
      : [
          [start, 0],
          [Date.parse(goal.by), goal.target],
        ],
  );
  const times = [...new Set([...actual.keys(), ...expected.keys(), end])].sort((a, b) => a - b);
  return [
    times.map((time) => time / 1_000),
    times.map((time) => actual.get(time) ?? null),
    times.map((time) => expected.get(time) ?? null),
  ];
}

/**
 * @param {HTMLElement} picture
 * @param {Metric} metric
 * @param {string | null} currency
 * @param {string} timeZone
 * @returns {uPlot.Options}
 */
function optionsOf(picture, metric, currency, timeZone) {
  const style = getComputedStyle(picture);
  const color = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: color("quiet"),
    font: `12px ${style.fontFamily}`,
    grid: { stroke: color("line"), width: 1 },
    ticks: { stroke: color("line"), width: 1 },
  };
  const short = new Intl.NumberFormat(locale(), { notation: "compact", maximumFractionDigits: 1 });
  const decimals = metric === "gmv" && currency !== null ? minor(currency) : 1;
  const dates = new Intl.DateTimeFormat(locale(), { month: "short", day: "numeric", timeZone });
  const hours = new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", timeZone });
  return {
    ...sizeOf(picture),
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(most * 1.08, 1)] } },
    series: [
      {},
      {
        stroke: color("accent"),
        width: 2.5,
        fill: color("accent-faint"),
        spanGaps: true,
        points: { show: false },
      },
      { stroke: color("quiet"), width: 1.5, dash: [6, 5], spanGaps: true, points: { show: false } },
    ],
    axes: [
      {
        ...axis,
        space: 70,
        values: (_plot, times, _axis, _space, step) =>
          times.map((time) => (step < 86_400 ? hours : dates).format(time * 1_000)),
      },
      { ...axis, size: 64, values: (_plot, values) => values.map((value) => short.format(value / decimals)) },
    ],
  };
}

/** @param {HTMLElement} picture */
function sizeOf(picture) {
  return { width: picture.clientWidth, height: picture.clientHeight };
}

/** @param {string} currency */
function minor(currency) {
  return 10 ** decimalsOf(currency);
}
