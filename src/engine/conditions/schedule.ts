import { z } from "zod";
import { defineCondition, met, unmet } from "../kind.ts";
import { compileSchedule, hoursShape } from "../schedule.ts";
import { timezone } from "../settings.ts";

const weekdayWords = {
  mon: { en: "Monday", "zh-CN": "周一" },
  tue: { en: "Tuesday", "zh-CN": "周二" },
  wed: { en: "Wednesday", "zh-CN": "周三" },
  thu: { en: "Thursday", "zh-CN": "周四" },
  fri: { en: "Friday", "zh-CN": "周五" },
  sat: { en: "Saturday", "zh-CN": "周六" },
  sun: { en: "Sunday", "zh-CN": "周日" },
} as const;

export const schedule = defineCondition({
  kind: "schedule",
  summary: "It is one of these weekdays, between these hours on the wall clock of the time zone.",
  params: z.strictObject({ ...hoursShape, timezone: timezone.optional() }),
  example: { weekdays: ["fri", "sat"], from: "18:00", to: "02:00", timezone: "Asia/Shanghai" },
  needs: [],
  reasons: {
    outside_schedule: { en: "This offer is for other hours.", "zh-CN": "当前时段不适用此优惠。" },
  },
  compile({ timezone: zoneName, ...hours }, compiler, path) {
    const zone = compiler.timezone(zoneName, `${path}/timezone`);
    const compiled = compileSchedule({ recurring: [hours] }, zone, (where, code, message) => {
      // The compiler has already named a bad zone; the rest is about the one window this condition is.
      if (where !== "/timezone") compiler.issue(path + where.replace("/recurring/0", ""), code, message);
    });
    const refused = unmet("outside_schedule");
    return { test: ({ now }) => (compiled.contains(now) ? met : refused) };
  },
  words({ weekdays, from, to, timezone: zone }, say) {
    const parts: string[] = [];
    if (weekdays !== undefined)
      parts.push(
        weekdays
          .map((weekday) => say.pick(weekdayWords[weekday]))
          .join(say.pick({ en: ", ", "zh-CN": "、" })),
      );
    if (from !== undefined || to !== undefined) parts.push(`${from ?? "00:00"}–${to ?? "24:00"}`);
    if (zone !== undefined) parts.push(`(${zone})`);
    return say.pick({ en: `on ${parts.join(" ")}`, "zh-CN": `时段为${parts.join(" ")}` });
  },
});
