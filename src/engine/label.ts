import type { CompiledPromotion } from "./promotion.ts";

/** The label in the customer's language, else in the same language of another region, else the name. */
export function labelOf({ key, document }: CompiledPromotion, locale: string): string {
  const { texts, name } = document;
  if (texts === undefined) return name ?? key;
  const language = locale.split("-")[0]!;
  const related = Object.keys(texts)
    .sort()
    .find((tag) => tag.split("-")[0] === language && texts[tag]!.label !== undefined);
  return texts[locale]?.label ?? (related === undefined ? undefined : texts[related]!.label) ?? name ?? key;
}
