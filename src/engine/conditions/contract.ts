import { z } from "zod";
import { dayOfDate, monthsLater } from "../calendar.ts";
import { defineCondition, met, unmet } from "../kind.ts";
import { limits } from "../limits.ts";
import { findZone, millisecondsPerDay } from "../zone.ts";

export const contract = defineCondition({
  kind: "contract",
  summary:
    "The customer has a contract that runs: of one of these kinds, one that ends within so many months, by the calendar of the time zone (the project's, if left out).",
  params: z.strictObject({
    kinds: z.array(z.string().min(1).max(limits.nameLength)).min(1).max(limits.namesPerField).optional(),
    endsWithinMonths: z.int().min(1).max(120).optional(),
    timezone: z.string().max(64).optional(),
  }),
  example: { kinds: ["maintenance"], endsWithinMonths: 6 },
  needs: ["contracts"],
  isAboutCustomer: true,
  reasons: {
    no_such_contract: {
      en: "This offer is for customers whose contract is about to be renewed.",
      "zh-CN": "此优惠仅限合同即将到期的客户。",
    },
  },
  compile({ kinds, endsWithinMonths, timezone }, compiler, path) {
    const zone = findZone(compiler.timezone(timezone, `${path}/timezone`));
    const meant = kinds === undefined ? null : new Set(kinds);
    return {
      test({ facts, now }) {
        const today = Math.floor((now + (zone?.spanAt(now).offset ?? 0)) / millisecondsPerDay);
        const isMeant = facts.contracts.some(({ kind, endsOn }) => {
          const end = dayOfDate(endsOn)!;
          if (end < today || (meant !== null && (kind === null || !meant.has(kind)))) return false;
          return endsWithinMonths === undefined || monthsLater(end, -endsWithinMonths) <= today;
        });
        return isMeant ? met : unmet("no_such_contract");
      },
    };
  },
  words({ kinds, endsWithinMonths }, say) {
    const which =
      kinds === undefined
        ? say.pick({ en: "a contract", "zh-CN": "合同" })
        : say.pick({ en: `a contract of the kind ${say.list(kinds)}`, "zh-CN": `${say.list(kinds)}合同` });
    return endsWithinMonths === undefined
      ? say.pick({ en: `the customer has ${which}`, "zh-CN": `客户有${which}` })
      : say.pick({
          en: `the customer has ${which} that ends within ${endsWithinMonths} months`,
          "zh-CN": `客户的${which}在${endsWithinMonths}个月内到期`,
        });
  },
});
