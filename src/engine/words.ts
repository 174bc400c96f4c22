/** Puts amounts, percents and selectors into words, so that every kind can explain itself in each language. */
import type { MoneyMap } from "./money.ts";
import type { Selector } from "./selectors/selector.ts";
import type { Locale } from "./settings.ts";

/** What a kind's `words` may use. */
export interface Sayer {
  readonly locale: Locale;
  /** Picks the text of the current language. */
  pick(texts: Readonly<Record<Locale, string>>): string;
  /** "30.00" in the currency the sentence is about, or every currency of the map. */
  money(map: MoneyMap): string;
  percent(percent: number): string;
  select(select: Selector | undefined): string;
  list(values: readonly string[]): string;
}

/** Digits after the point, ISO 4217, where they are not two. */
const exponents: Readonly<Record<string, number>> = {
  BHD: 3,
  BIF: 0,
  CLF: 4,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  IQD: 3,
  ISK: 0,
  JOD: 3,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  PYG: 0,
  RWF: 0,
  TND: 3,
  UGX: 0,
  UYI: 0,
  UYW: 4,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
};

/** 123456 CNY → "1234.56", 1234 JPY → "1234". */
export function formatMinorUnits(amount: number, currency: string): string {
  const digits = exponents[currency] ?? 2;
  if (digits === 0) return String(amount);
  const text = String(Math.abs(amount)).padStart(digits + 1, "0");
  return `${amount < 0 ? "-" : ""}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

const joiners = {
  en: { or: " or ", and: " and ", comma: ", " },
  "zh-CN": { or: "或", and: "且", comma: "、" },
} as const;

export function sayer(language: Locale, currency?: string): Sayer {
  const join = joiners[language];
  const pick: Sayer["pick"] = (texts) => texts[language];
  const list: Sayer["list"] = (values) =>
    values.length <= 3
      ? values.join(join.comma)
      : `${values.slice(0, 3).join(join.comma)}${pick({ en: ` and ${values.length - 3} more`, "zh-CN": `等${values.length}项` })}`;
  return {
    locale: language,
    pick,
    list,
    percent: (percent) => `${percent}%`,
    money(map) {
      const known =
        currency !== undefined && map[currency] !== undefined ? [currency] : Object.keys(map).sort();
      return known.map((code) => `${formatMinorUnits(map[code]!, code)} ${code}`).join(" / ");
    },
    select(select) {
      if (select === undefined) return pick({ en: "everything", "zh-CN": "全部商品" });
      const parts: string[] = [];
      const say = (values: readonly string[] | undefined, en: string, zh: string) => {
        if (values !== undefined)
          parts.push(pick({ en: `${en} ${list(values)}`, "zh-CN": `${zh}${list(values)}` }));
      };
      say(select.skus, "SKU", "SKU ");
      say(select.products, "product", "商品 ");
      say(select.categories, "category", "品类 ");
      say(select.brands, "brand", "品牌 ");
      say(select.tags, "tag", "标签 ");
      if (select.where !== undefined)
        parts.push(pick({ en: `goods where ${select.where}`, "zh-CN": `满足 ${select.where} 的商品` }));
      if (parts.length === 0) parts.push(pick({ en: "everything", "zh-CN": "全部商品" }));
      let text = parts.join(join.and);
      if (select.exclude !== undefined)
        text += pick({
          en: ` except ${this.select(select.exclude)}`,
          "zh-CN": `(${this.select(select.exclude)}除外)`,
        });
      if (select.excludeDiscounted)
        text += pick({ en: " not already discounted", "zh-CN": "(特价商品除外)" });
      return text;
    },
  };
}
