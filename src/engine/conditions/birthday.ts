import { z } from "zod";
import { dateOf, dayOf, monthLength } from "../calendar.ts";
import { defineCondition, met, unmet } from "../kind.ts";
import { findZone, millisecondsPerDay } from "../zone.ts";

export const birthday = defineCondition({
  kind: "birthday",
  summary:
    "The customer's birthday is today, or within so many days to come, by the calendar of the time zone (the project's, if left out). Of 29 February it is the 28th in other years.",
  params: z.strictObject({
    withinDays: z.int().min(0).max(365).default(0),
    timezone: z.string().max(64).optional(),
  }),
  example: { withinDays: 7 },
  needs: ["birthday"],
  isAboutCustomer: true,
  reasons: {
    birthday_not_near: { en: "This offer is for birthdays.", "zh-CN": "此优惠仅限生日期间。" },
  },
  compile({ withinDays, timezone }, compiler, path) {
    const zone = findZone(compiler.timezone(timezone, `${path}/timezone`));
    return {
      test({ facts, now }) {
        const today = Math.floor((now + (zone?.spanAt(now).offset ?? 0)) / millisecondsPerDay);
        const actual = daysUntil(facts.birthday, today);
        return actual <= withinDays ? met : unmet("birthday_not_near", { required: withinDays, actual });
      },
    };
  },
  words: ({ withinDays }, say) =>
    withinDays === 0
      ? say.pick({ en: "it is the customer's birthday", "zh-CN": "顾客生日当天" })
      : say.pick({
          en: `the customer's birthday is within ${withinDays} days`,
          "zh-CN": `顾客生日在${withinDays}天内`,
        }),
});

/** `birthday`: `--02-29` or `1992-02-29`; `today`: days since 1970-01-01. */
function daysUntil(birthday: string, today: number): number {
  const [monthDay = 1, month = 1] = birthday.split("-").reverse().map(Number);
  const { year } = dateOf(today);
  const [next] = [year, year + 1]
    .map((each) => dayOf(each, month, Math.min(monthDay, monthLength(each, month))))
    .filter((day) => day >= today);
  return next! - today;
}
