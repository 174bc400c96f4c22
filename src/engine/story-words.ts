/** Tells a promotion's story in sentences. */
import { conditionWords } from "./conditions/describe.ts";
import { labelOf } from "./label.ts";
import { reasonWords } from "./reasons.ts";
import type { Locale } from "./settings.ts";
import type { Rival, Story } from "./story.ts";
import { type Sayer, sayer } from "./words.ts";

/** `total`: what the quote says. */
export function tell(story: Story, locale: Locale, currency: string, total: number): string {
  const say = sayer(locale, currency);
  const money = (amount: number) => say.money({ [currency]: amount });
  const name = labelOf(story.promotion, locale);
  const sentences =
    story.rejection === null
      ? appliedWords(story, name, say, money)
      : [
          say.pick({ en: `${name} did not apply.`, "zh-CN": `未享受“${name}”。` }),
          reasonWords(story.rejection.reason, locale),
          ...conditionSentences(story, say, money),
          ...story.rivals.map((rival) => rivalWords(rival, locale, say)),
          ...forcingWords(story, total, say, money),
        ];
  return sentences.join(say.pick({ en: " ", "zh-CN": "" }));
}

type Money = (amount: number) => string;

const limitWords = {
  cap: { en: "its cap", "zh-CN": "优惠上限" },
  floor: { en: "the lowest prices of the goods", "zh-CN": "商品最低价" },
  budget: { en: "what is left of its budget", "zh-CN": "剩余预算" },
} as const;

function appliedWords({ parts }: Story, name: string, say: Sayer, money: Money): string[] {
  return parts.map(({ stage, amount, unapplied, limitedBy }) => {
    if (stage === "reward")
      return say.pick({
        en: `${name} applied: its reward is granted.`,
        "zh-CN": `已享受“${name}”：赠送奖励。`,
      });
    const by = limitedBy.map((limit) => say.pick(limitWords[limit]));
    const kept =
      by.length === 0
        ? ""
        : say.pick({ en: `, kept by ${say.list(by)}`, "zh-CN": `，受${say.list(by)}限制` });
    const lost =
      unapplied === 0
        ? ""
        : say.pick({ en: `, ${money(unapplied)} less than it would`, "zh-CN": `，少减${money(unapplied)}` });
    return say.pick({
      en: `${name} applied: ${money(amount)} off${lost}${kept}.`,
      "zh-CN": `已享受“${name}”：减${money(amount)}${lost}${kept}。`,
    });
  });
}

/** The conditions that are as they should not be, with what is missing. */
function conditionSentences({ conditions }: Story, say: Sayer, money: Money): string[] {
  return conditions
    .filter(({ verdict, isWanted }) => verdict.met !== isWanted)
    .map(({ document, verdict, isWanted }) => {
      const said = conditionWords(document, say);
      const asked = isWanted ? said : say.pick({ en: `not (${said})`, "zh-CN": `非(${said})` });
      const opening = say.pick({ en: `It asks for: ${asked}`, "zh-CN": `条件：${asked}` });
      const end = say.pick({ en: ".", "zh-CN": "。" });
      if (verdict.met || verdict.gap === undefined) return opening + end;
      const { actual = 0, gap, gapIn } = verdict;
      const figure = gapIn === "amount" ? money : String;
      return say.pick({
        en: `${opening}; there is ${figure(actual)}, ${figure(gap)} is missing.`,
        "zh-CN": `${opening}；当前${figure(actual)}，还差${figure(gap)}。`,
      });
    });
}

function rivalWords({ promotion, by, group }: Rival, locale: Locale, say: Sayer): string {
  const other = labelOf(promotion, locale);
  switch (by) {
    case "group":
      return say.pick({
        en: `${other} has what it would have touched; of the group “${group}” only one may.`,
        "zh-CN": `“${other}”已占用它可优惠的商品，同一组（${group}）只能享受一个。`,
      });
    case "exclusive":
      return say.pick({
        en: `It cannot stand beside ${other}: one of the two is exclusive.`,
        "zh-CN": `它与“${other}”不能同享：其中一个是独享优惠。`,
      });
    case "excludes":
      return say.pick({
        en: `It cannot stand beside ${other}: one of the two excludes the other.`,
        "zh-CN": `它与“${other}”互斥，不能同享。`,
      });
    case "threshold":
      return say.pick({
        en: `With it, ${other} would miss a threshold.`,
        "zh-CN": `使用它后，“${other}”将达不到门槛。`,
      });
  }
}

function forcingWords({ forced }: Story, total: number, say: Sayer, money: Money): string[] {
  if (forced === null) return [];
  const cost = forced.priced.total - total;
  const inAll = money(forced.priced.total);
  const atMost = forced.optimality.proven ? "" : say.pick({ en: " at most", "zh-CN": "最多" });
  if (cost === 0)
    return [say.pick({ en: "With it the customer would pay the same.", "zh-CN": "使用它后实付不变。" })];
  return cost > 0
    ? [
        say.pick({
          en: `With it the customer would pay${atMost} ${money(cost)} more, ${inAll} in all.`,
          "zh-CN": `使用它后${atMost}多付${money(cost)}，共${inAll}。`,
        }),
      ]
    : [
        say.pick({
          en: `With it the customer would pay ${money(-cost)} less, ${inAll} in all: the plan chosen is not the cheapest.`,
          "zh-CN": `使用它后少付${money(-cost)}，共${inAll}：当前方案并非最优。`,
        }),
      ];
}
