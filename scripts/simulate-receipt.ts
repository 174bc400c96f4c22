/** A quote as a till would print it: amounts in major units, in the customer's language. */
import type { Cart } from "../src/engine/cart.ts";
import type { Quote } from "../src/engine/quote.ts";
import { reasonWords } from "../src/engine/reasons.ts";
import { type Locale, spokenLocale } from "../src/engine/settings.ts";
import { formatMinorUnits } from "../src/engine/words.ts";

const words = {
  subtotal: { en: "Goods", "zh-CN": "商品合计" },
  discount: { en: "Discounts", "zh-CN": "优惠" },
  shipping: { en: "Shipping", "zh-CN": "运费" },
  shippingDiscount: { en: "Off shipping", "zh-CN": "运费优惠" },
  total: { en: "Total", "zh-CN": "应付" },
  due: { en: "Due after deposits", "zh-CN": "扣除定金后应付" },
  rewards: { en: "On top", "zh-CN": "赠送" },
  codes: { en: "Codes", "zh-CN": "优惠码" },
  notApplied: { en: "Not applied", "zh-CN": "未享受" },
  saves: { en: "would save", "zh-CN": "可省" },
  oneOf: { en: "one of", "zh-CN": "任选" },
  points: { en: "points", "zh-CN": "积分" },
  pointsTimes: { en: "times the points", "zh-CN": "倍积分" },
  coupon: { en: "coupon of", "zh-CN": "优惠券" },
  forReferrer: { en: "for the referrer", "zh-CN": "给推荐人" },
  worth: { en: "worth", "zh-CN": "价值" },
} as const;

const width = 64;

export function receipt(name: string, cart: Cart, quote: Quote, locale: string): string {
  const language = spokenLocale(locale);
  const say = (word: keyof typeof words) => words[word][language];
  const money = (amount: number) => formatMinorUnits(amount, quote.currency);
  const labels = new Map(quote.promotions.map(({ promotion, label }) => [promotion, label]));
  const discounts = (adjustments: Quote["lines"][number]["adjustments"]) =>
    adjustments.map(({ promotion, amount, code }) => {
      const label = labels.get(promotion) ?? promotion;
      const named = label === promotion ? label : `${label} [${promotion}]`;
      return columns(`    ${named}${code === null ? "" : ` (${code})`}`, `-${money(amount)}`);
    });

  const rows: string[] = [name, columns(`${quote.at}  ${quote.strategy}`, quote.currency), "-".repeat(width)];
  quote.lines.forEach((line, i) => {
    const { sku, quantity, unitPrice } = cart.lines[i]!;
    rows.push(
      columns(`${quantity} x ${sku} @ ${money(unitPrice)}`, money(line.subtotal)),
      ...discounts(line.adjustments),
    );
  });
  quote.shippingLines.forEach((line, i) => {
    const method = cart.shipping?.[i]?.method;
    rows.push(
      columns(`${say("shipping")}${method === undefined ? "" : ` ${method}`}`, money(line.amount)),
      ...discounts(line.adjustments),
    );
  });
  rows.push("-".repeat(width), columns(say("subtotal"), money(quote.subtotal)));
  if (quote.discount > 0) rows.push(columns(say("discount"), `-${money(quote.discount)}`));
  if (quote.shippingLines.length > 0) rows.push(columns(say("shipping"), money(quote.shipping)));
  if (quote.shippingDiscount > 0)
    rows.push(columns(say("shippingDiscount"), `-${money(quote.shippingDiscount)}`));
  rows.push(columns(say("total"), money(quote.total)));
  if (quote.due !== quote.total) rows.push(columns(say("due"), money(quote.due)));

  section(
    rows,
    say("rewards"),
    quote.rewards.map((reward) => `${rewardText(reward, say, money)} [${reward.promotion}]`),
  );
  section(
    rows,
    say("codes"),
    quote.codes.map(({ code, status, reason }) =>
      status === "applied" ? `+ ${code}` : `- ${code}: ${reasonText(reason, language)}`,
    ),
  );
  section(
    rows,
    say("notApplied"),
    quote.notApplied.map(
      ({ promotion, message, wouldSave }) =>
        `${promotion}: ${message}${wouldSave === undefined ? "" : ` (${say("saves")} ${money(wouldSave)})`}`,
    ),
  );
  return `${rows.join("\n")}\n`;
}

function section(rows: string[], title: string, entries: readonly string[]): void {
  if (entries.length > 0) rows.push("", title, ...entries.map((entry) => `  ${entry}`));
}

function rewardText(
  reward: Quote["rewards"][number],
  say: (word: keyof typeof words) => string,
  money: (amount: number) => string,
): string {
  const { kind, quantity = 1, value } = reward;
  const worth = value === undefined || value === null ? "" : ` (${say("worth")} ${money(value)})`;
  if (kind === "points")
    return reward.multiplier === undefined
      ? `${reward.points ?? 0} ${say("points")}`
      : `${reward.multiplier} ${say("pointsTimes")}`;
  if (kind === "issue_coupon")
    return `${say("coupon")} ${reward.pool}${reward.to === "referrer" ? ` ${say("forReferrer")}` : ""}`;
  if (kind === "service") return `${reward.name ?? ""}${worth}`;
  return `${quantity} x ${reward.sku ?? `${say("oneOf")} ${(reward.choices ?? []).join(", ")}`}${worth}`;
}

function reasonText(reason: string | null, language: Locale): string {
  return reason === null ? "" : reasonWords(reason, language);
}

/** Text on the left, an amount on the right; Chinese characters are two columns wide. */
function columns(left: string, right: string): string {
  return left + " ".repeat(Math.max(1, width - columnsOf(left) - columnsOf(right))) + right;
}

function columnsOf(text: string): number {
  let count = 0;
  for (const character of text)
    count +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/.test(
        character,
      )
        ? 2
        : 1;
  return count;
}
