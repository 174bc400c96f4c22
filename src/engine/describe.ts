/** Says a whole promotion in one sentence, from the words each kind has for itself. */
import { type BenefitDocument, benefitKind } from "./benefits/index.ts";
import { describeConditions } from "./conditions/describe.ts";
import { schedule } from "./conditions/schedule.ts";
import type { ConditionDocument } from "./conditions/tree.ts";
import type { PromotionDocument } from "./promotion.ts";
import type { Schedule } from "./schedule.ts";
import type { Locale } from "./settings.ts";
import { type Sayer, sayer } from "./words.ts";

/** "30.00 CNY off for every 200.00 CNY of everything, given the channel is web; with code SAVE30; until 2026-11-12." */
export function describePromotion(document: PromotionDocument, locale: Locale, currency?: string): string {
  const say = sayer(locale, currency);
  const comma = say.pick({ en: ", ", "zh-CN": "，" });
  const clauses = [
    benefitWords(document, say) + conditionWords(document, say, comma),
    ...triggerWords(document, say),
    ...scheduleWords(document.schedule, say),
    ...limitWords(document, say),
    ...variantWords(document, say),
    ...(document.stacking.exclusive ? [say.pick({ en: "not combinable", "zh-CN": "不与其他优惠同享" })] : []),
  ];
  const sentence = clauses.join(say.pick({ en: "; ", "zh-CN": "；" })) + say.pick({ en: ".", "zh-CN": "。" });
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function benefitWords({ benefits }: PromotionDocument, say: Sayer): string {
  return (benefits as BenefitDocument[])
    .map(({ kind, ...params }) => benefitKind.get(kind)!.words(params as never, say))
    .join(say.pick({ en: " and ", "zh-CN": "，并" }));
}

function conditionWords({ conditions }: PromotionDocument, say: Sayer, comma: string): string {
  if (conditions === undefined) return "";
  const text = describeConditions(conditions as ConditionDocument, say);
  return text === "" ? "" : say.pick({ en: `${comma}given ${text}`, "zh-CN": `${comma}条件：${text}` });
}

function triggerWords({ trigger }: PromotionDocument, say: Sayer): string[] {
  switch (trigger.type) {
    case "automatic":
      return [];
    case "code":
      return [say.pick({ en: `with code ${trigger.code}`, "zh-CN": `使用优惠码 ${trigger.code}` })];
    case "coupon":
      return [say.pick({ en: `with a coupon of ${trigger.pool}`, "zh-CN": `使用 ${trigger.pool} 的优惠券` })];
  }
}

function scheduleWords(window: Schedule | undefined, say: Sayer): string[] {
  if (window === undefined) return [];
  const { startsAt, endsAt, recurring } = window;
  const words: string[] = [];
  const from = startsAt === undefined ? undefined : dayAndTime(startsAt);
  const until = endsAt === undefined ? undefined : dayAndTime(endsAt);
  if (from !== undefined && until !== undefined)
    words.push(say.pick({ en: `${from} to ${until}`, "zh-CN": `${from} 至 ${until}` }));
  else if (from !== undefined) words.push(say.pick({ en: `from ${from}`, "zh-CN": `${from} 起` }));
  else if (until !== undefined) words.push(say.pick({ en: `until ${until}`, "zh-CN": `截至 ${until}` }));
  if (recurring !== undefined) words.push(recurringWords(recurring, say));
  return words;
}

/** One window of weekdays and hours is said as the condition of that name says it; anything richer only mentioned. */
function recurringWords([window, ...others]: NonNullable<Schedule["recurring"]>, say: Sayer): string {
  const { weekdays, from, to, ...rest } = window ?? {};
  const isPlain = others.length === 0 && Object.values(rest).every((value) => value === undefined);
  if (isPlain) return schedule.words({ weekdays, from, to } as never, say);
  return say.pick({ en: "in its recurring hours", "zh-CN": "限指定时段" });
}

/** As the merchant wrote it, less what nobody reads: "2026-11-01T00:00:00+08:00" → "2026-11-01". */
function dayAndTime(text: string): string {
  const [day = text, time] = text.split("T", 2);
  const clock = time?.slice(0, 5);
  return clock === undefined || clock === "00:00" ? day : `${day} ${clock}`;
}

function variantWords({ variant }: PromotionDocument, say: Sayer): string[] {
  if (variant === undefined) return [];
  const { experiment, name, from, to } = variant;
  const share = `${Number((to - from).toFixed(4))}%`;
  return [
    say.pick({
      en: `for ${share} of customers (${name} of ${experiment})`,
      "zh-CN": `限${share}的顾客（${experiment} 之 ${name}）`,
    }),
  ];
}

function limitWords({ limits, budget }: PromotionDocument, say: Sayer): string[] {
  const parts: string[] = [];
  if (limits?.total !== undefined)
    parts.push(say.pick({ en: `${limits.total} in all`, "zh-CN": `共${limits.total}份` }));
  if (limits?.perCustomer !== undefined) {
    parts.push(
      say.pick({ en: `${limits.perCustomer} per customer`, "zh-CN": `每人限${limits.perCustomer}次` }),
    );
  }
  if (limits?.stock !== undefined) {
    const skus = [...new Set(limits.stock.map(({ sku }) => sku))];
    const named = skus.length > 3 ? skus.length : say.list(skus);
    parts.push(
      say.pick({
        en: `stock of its own of ${named}${skus.length > 3 ? " SKUs" : ""}`,
        "zh-CN": `${named}${skus.length > 3 ? "个SKU" : ""}限量`,
      }),
    );
  }
  if (limits?.perPeriod !== undefined) {
    const { count, period } = limits.perPeriod;
    const name = say.pick({ en: period, "zh-CN": { day: "天", week: "周", month: "月" }[period] });
    parts.push(say.pick({ en: `${count} a ${name}`, "zh-CN": `每${name}${count}次` }));
  }
  if (budget !== undefined)
    parts.push(
      say.pick({ en: `budget ${say.money(budget.amount)}`, "zh-CN": `预算${say.money(budget.amount)}` }),
    );
  return parts.length === 0 ? [] : [parts.join(say.pick({ en: ", ", "zh-CN": "，" }))];
}
