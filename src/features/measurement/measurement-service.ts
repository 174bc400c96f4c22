import { Temporal } from "temporal-polyfill";
import { millisecondsPerDay } from "../../engine/zone.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Connection, Database } from "../../platform/database.ts";
import { problem } from "../../platform/problem.ts";
import { marginOf, ordersOf } from "../campaigns/campaign-board.ts";
import type { CampaignDocument } from "../campaigns/campaign-schemas.ts";
import { existingCampaign } from "../campaigns/campaign-service.ts";
import { soldAndSpent } from "../campaigns/sold-and-spent-service.ts";
import type { Caution } from "../planning/calculation.ts";
import { returnsOf } from "../planning/campaign-returns.ts";
import { levelOfLook, toFourDigits } from "../planning/significance.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { compareAfter, compareArms, shownArm } from "./arm-comparison.ts";
import { cautionsOnArms, cautionsOnGifts, onceEach, segmentsOfNow } from "./measurement-cautions.ts";
import type {
  ExperimentMeasurement,
  ExperimentQuery,
  MeasuredGroup,
  Measurement,
  MeasurementQuery,
  SalesOfPeriod,
} from "./measurement-schemas.ts";
import {
  type ArmQuestion,
  countLooks,
  exposed,
  type GroupedArm,
  type Grouping,
  noteLook,
  type SkuUnits,
  salesBetween,
  sumArms,
  sumDiscounts,
  unitsBySku,
} from "./measurement-store.ts";
import { whileMeasuring } from "./measuring-service.ts";
import { isWholeCheaper } from "./purchase-history-store.ts";

export interface MeasurementService {
  measure(projectId: string, campaign: string, query: MeasurementQuery): Promise<Measurement>;
  measureExperiment(projectId: string, name: string, query: ExperimentQuery): Promise<ExperimentMeasurement>;
}

const mostSkus = 50;
const mostDipDays = 30;

/** In which a campaign is measured; throws unless somebody names one. */
export function measuredCurrency(asked: string | undefined, { budget }: CampaignDocument): string {
  const currency = asked ?? budget?.currency;
  if (currency !== undefined) return currency;
  const message = "The campaign has no budget that names one.";
  throw problem("invalid-request", { errors: [{ path: "/currency", code: "currency_missing", message }] });
}

const tooMuch =
  "Ask again in a quieter hour. Of a campaign that many meet let `exposures.samplePercent` note a part of the customers, before it begins.";

export function measurementService({
  database,
  clock,
  projects,
}: {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "timezone">;
}): MeasurementService {
  return {
    async measure(projectId, campaign, { currency: asked, confidence }) {
      const connection = database.of(projectId);
      const row = await existingCampaign(connection, projectId, campaign);
      const currency = measuredCurrency(asked, row.document);
      const now = new Date(clock.now());
      const span = spanOf(row, now);
      const timezone = await projects.timezone(connection, projectId);
      // Once it is over the figures hardly change: all looks of then are one.
      const day = dayOf(span.isOver ? new Date(span.to.getTime() + millisecondsPerDay) : now, timezone);
      const look = { projectId, kind: "campaign", name: campaign, day } as const;
      const days = await countLooks(connection, look);
      const level = levelOfLook(confidence, days);
      const sample = row.document.exposures?.samplePercent ?? 100;
      const scale = sample === 0 ? 0 : 100 / sample;
      const question: ArmQuestion = { ...look, currency, until: span.to, afterwards: span.afterwards, now };
      const read = await whileMeasuring(database, projectId, tooMuch, async (snapshot) => ({
        ...(await readArms(snapshot, projectId, question)),
        sold: await soldAndSpent(snapshot, projectId, campaign, currency),
        present: await salesBetween(snapshot, projectId, currency, row.startsAt, span.to),
        past: await salesBetween(
          snapshot,
          projectId,
          currency,
          yearBefore(row.startsAt),
          yearBefore(span.to),
        ),
      }));
      const grouped = (wanted: Grouping) => read.arms.filter(({ by }) => by === wanted);
      const all = grouped("all");
      const treatment = all.find(({ arm }) => arm === "treatment");
      const holdout = all.find(({ arm }) => arm === "holdout");
      const comparison =
        treatment === undefined || holdout === undefined
          ? null
          : compareArms(holdout, treatment, { level, scale });
      // Whoever sees no difference cannot stop at the one that suits.
      if (comparison !== null) await noteLook(connection, look);
      const { whole, entered } = read.sold;
      const { discount, giftCost, newCustomers } = whole;
      const [revenue, orders] = [whole.revenue - whole.refunded, ordersOf(whole)];
      const goodsCost = whole.goods > 0 && whole.costedGoods === whole.goods ? whole.goodsCost : null;
      const cost = discount + giftCost + entered;
      const returns = returnsOf({
        revenue,
        cost,
        orders,
        newCustomers,
        ...(goodsCost !== null && { goodsCost }),
        ...(comparison !== null && { revenueWithout: revenue - comparison.incremental.revenue }),
      });
      const channels = groupsOf(grouped("channel"), level, scale);
      // Who is in a segment now may be there because of what the campaign sold.
      const segments = groupsOf(grouped("segment"), level, scale).map(withoutVerdict);
      const dipDays = (span.afterwards.getTime() - span.to.getTime()) / millisecondsPerDay;
      return {
        campaign,
        currency,
        from: row.startsAt.toISOString(),
        to: span.to.toISOString(),
        isOver: span.isOver,
        returns: {
          revenue,
          cost,
          ...returns.result,
          // What was sold is counted as it was paid: the discounts are off already.
          netMargin: marginOf(whole, revenue, entered).netPercent,
        },
        arms: all.map(shownArm),
        comparison,
        dip:
          dipDays === 0 || treatment === undefined || holdout === undefined
            ? null
            : { days: Math.ceil(dipDays), ...compareAfter(holdout, treatment, scale) },
        channels,
        segments,
        skus:
          treatment === undefined || holdout === undefined
            ? []
            : read.skus.map((units) => shownSku(units, treatment.customers, holdout.customers, scale)),
        lastYear: lastYear(row.startsAt, span.to, read.present, read.past),
        looks: { days, level: toFourDigits(level) },
        cautions: onceEach([
          ...returns.cautions,
          ...cautionsOnGifts(whole.uncostedGifts),
          ...cautionsOnArms(comparison, days),
          ...cautionsOnSpan(span.isOver, sample, channels.length + segments.length),
          ...(segments.length > 0 ? [segmentsOfNow] : []),
          ...(comparison === null ? [] : cautionsOnDiscounts(read.discounts)),
        ]),
      };
    },

    async measureExperiment(projectId, name, { currency, confidence, to }) {
      const connection = database.of(projectId);
      const now = new Date(clock.now());
      const until = to === undefined || Date.parse(to) > now.getTime() ? now : new Date(to);
      const day = dayOf(now, await projects.timezone(connection, projectId));
      const look = { projectId, kind: "experiment", name, day } as const;
      const days = await countLooks(connection, look);
      const question: ArmQuestion = { ...look, currency, until, afterwards: until, now };
      const arms = await whileMeasuring(database, projectId, tooMuch, async (snapshot) =>
        sumArms(
          snapshot,
          projectId,
          question,
          ["all"],
          await isWholeCheaper(snapshot, exposed(projectId, question)),
        ),
      );
      const against = arms.find(({ arm }) => arm === "control") ?? arms[0];
      const level = levelOfLook(confidence, days) / Math.max(1, arms.length - 1);
      const comparisons = arms
        .filter((arm) => arm !== against)
        .map((arm) => compareArms(against!, arm, { level, scale: 1 }));
      if (comparisons.length > 0) await noteLook(connection, look);
      return {
        experiment: name,
        currency,
        arms: arms.map(shownArm),
        comparisons,
        looks: { days, level: toFourDigits(level) },
        cautions: onceEach(
          comparisons.length === 0
            ? cautionsOnArms(null, days)
            : comparisons.flatMap((comparison) => cautionsOnArms(comparison, days)),
        ),
      };
    },
  };
}

/** Units of a thousand customers of each arm, and how many the campaign added in all. */
function shownSku({ sku, ...units }: SkuUnits, treated: number, heldOut: number, scale: number) {
  const ofTreatment = units.treatment / treated;
  const ofHoldout = units.holdout / heldOut;
  return {
    sku,
    treatment: toFourDigits(ofTreatment * 1_000),
    holdout: toFourDigits(ofHoldout * 1_000),
    incrementalUnits: toFourDigits((ofTreatment - ofHoldout) * treated * scale),
  };
}

/** Where nobody was held out there is nothing to compare, and nothing more to read. */
async function readArms(connection: Connection, projectId: string, question: ArmQuestion) {
  const isWhole = await isWholeCheaper(connection, exposed(projectId, question));
  const arms = await sumArms(connection, projectId, question, ["all", "channel", "segment"], isWhole);
  if (["treatment", "holdout"].some((wanted) => arms.every(({ arm }) => arm !== wanted)))
    return { arms, skus: [], discounts: { discount: 0, known: 0 } };
  return {
    arms,
    skus: await unitsBySku(connection, projectId, question, mostSkus, isWhole),
    discounts: await sumDiscounts(connection, projectId, question.name, question.currency),
  };
}

const dayOf = (at: Date, timezone: string) =>
  Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timezone).toPlainDate().toString();

interface Span {
  readonly to: Date;
  /** Until when a dip is looked for; `to` while it runs. */
  readonly afterwards: Date;
  readonly isOver: boolean;
}

function spanOf({ startsAt, endsAt }: { startsAt: Date; endsAt: Date }, now: Date): Span {
  if (now < endsAt)
    return {
      to: now < startsAt ? startsAt : now,
      afterwards: now < startsAt ? startsAt : now,
      isOver: false,
    };
  const lasted = Math.max(1, Math.ceil((endsAt.getTime() - startsAt.getTime()) / millisecondsPerDay));
  const dipEnds = endsAt.getTime() + Math.min(lasted, mostDipDays) * millisecondsPerDay;
  return { to: endsAt, afterwards: new Date(Math.min(dipEnds, now.getTime())), isOver: true };
}

/** The same date and hour, UTC; of 29 February, 1 March. */
function yearBefore(at: Date): Date {
  const before = new Date(at);
  before.setUTCFullYear(at.getUTCFullYear() - 1);
  return before;
}

type Sales = Pick<SalesOfPeriod, "orders" | "revenue">;

function lastYear(from: Date, to: Date, present: Sales, past: Sales): Measurement["lastYear"] {
  return {
    now: { from: from.toISOString(), to: to.toISOString(), ...present },
    before: { from: yearBefore(from).toISOString(), to: yearBefore(to).toISOString(), ...past },
    change:
      past.revenue === 0
        ? null
        : Math.round(((present.revenue - past.revenue) / past.revenue) * 1_000_000) / 10_000,
  };
}

/** Of many groups some differ by chance: each has its part of the level. Those of which one arm is empty are left out. */
function groupsOf(rows: readonly GroupedArm[], level: number, scale: number): MeasuredGroup[] {
  const names = [...new Set(rows.map(({ group }) => group))];
  const pairs = names.flatMap((name) => {
    const arm = (wanted: string) => rows.find((row) => row.group === name && row.arm === wanted);
    const [holdout, treatment] = [arm("holdout"), arm("treatment")];
    return holdout === undefined || treatment === undefined ? [] : [{ name, holdout, treatment }];
  });
  return pairs.map(({ name, holdout, treatment }) => ({
    name,
    comparison: compareArms(holdout, treatment, { level: level / pairs.length, scale }),
  }));
}

const withoutVerdict = ({ name, comparison }: MeasuredGroup): MeasuredGroup => ({
  name,
  comparison: { ...comparison, verdict: "withheld" },
});

/** What was added is known of customers who are known; what it cost was spent on everybody. */
function cautionsOnDiscounts({ discount, known }: { discount: number; known: number }): Caution[] {
  if (known >= discount) return [];
  const share = Math.round((known / discount) * 10_000) / 100;
  return [
    {
      code: "discounts_of_unknown_customers",
      message: `${share} % of the discounts went to customers who are known. What the others bought because of it is in no arm, what it cost is: the incremental ROI is too low.`,
    },
  ];
}

function cautionsOnSpan(isOver: boolean, sample: number, groups: number): Caution[] {
  const cautions: Caution[] = [];
  if (!isOver)
    cautions.push({
      code: "still_running",
      message: "It still runs, and what it brings ahead is not known yet.",
    });
  if (sample < 100)
    cautions.push({
      code: "sampled",
      message: `Of ${sample} % of the customers it is noted that they met it; the rest is reckoned.`,
    });
  if (groups > 1)
    cautions.push({
      code: "many_groups",
      message: "Of many groups some differ by chance: the level is divided by how many there are.",
    });
  cautions.push({
    code: "last_year_is_no_control",
    message: "Since last year more has changed than the campaign. Trust the holdout.",
  });
  return cautions;
}
