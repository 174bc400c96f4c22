/**
 * Why a promotion or a code did not apply. Kinds bring their own reasons; here are those of the pipeline itself.
 *
 * When several hold, the first one in the order of the pipeline is told: not active, currency, not for this part of the customers, conditions (inside a tree
 * the first unmet leaf), limits, budget, and then what happened in its stage: budget, floors, stock, who was in the way.
 */
import { benefitKinds } from "./benefits/index.ts";
import { conditionKinds } from "./conditions/index.ts";
import { treeReasons } from "./conditions/tree.ts";
import type { CouponFact } from "./facts.ts";
import type { Words } from "./kind.ts";
import type { Locale } from "./settings.ts";

const pipelineReasons: Readonly<Record<string, Words>> = {
  code_unknown: { en: "We do not know this code.", "zh-CN": "无法识别此优惠码。" },
  code_used: { en: "This code has been used.", "zh-CN": "此优惠码已被使用。" },
  code_expired: { en: "This code has expired.", "zh-CN": "此优惠码已过期。" },
  code_not_needed: {
    en: "Another of your codes gave this already.",
    "zh-CN": "已通过其他优惠码享受此优惠。",
  },
  code_void: { en: "This code is no longer valid.", "zh-CN": "此优惠码已失效。" },
  code_of_another_customer: {
    en: "This code belongs to another account. Sign in with that one to use it.",
    "zh-CN": "此优惠码属于其他账户，请登录该账户后使用。",
  },
  code_not_entered: {
    en: "This offer needs a code that was not entered.",
    "zh-CN": "此优惠需要输入优惠码。",
  },
  goods_missing: {
    en: "None of the goods this offer is for are in the cart.",
    "zh-CN": "购物车中没有此优惠适用的商品。",
  },
  too_many_attempts: {
    en: "Too many wrong codes were tried. Try again later.",
    "zh-CN": "优惠码尝试次数过多，请稍后再试。",
  },
  not_guaranteed: {
    en: "Whether anything is left of this offer cannot be said right now.",
    "zh-CN": "暂时无法确认此优惠是否仍有名额。",
  },
  promotions_stopped: { en: "There are no offers at the moment.", "zh-CN": "优惠活动暂停中。" },
  not_started: { en: "This offer has not started yet.", "zh-CN": "优惠尚未开始。" },
  ended: { en: "This offer has ended.", "zh-CN": "优惠已结束。" },
  outside_schedule: { en: "This offer is not on at this time.", "zh-CN": "当前时段不享受此优惠。" },
  held_out: { en: "This offer is not available to you.", "zh-CN": "此优惠暂不适用于您。" },
  other_variant: { en: "Another form of this offer is meant for you.", "zh-CN": "您适用此优惠的其他方案。" },
  group_required: {
    en: "This price is for groups: open one, or join one.",
    "zh-CN": "拼团价：请开团或参团。",
  },
  currency_not_supported: {
    en: "This offer is not made in this currency.",
    "zh-CN": "此优惠不支持当前币种。",
  },
  facts_missing: {
    en: "Something we need to know for this offer is missing.",
    "zh-CN": "缺少判断此优惠所需的信息。",
  },
  customer_required: { en: "Sign in to get this.", "zh-CN": "请登录后享受此优惠。" },
  identifier_required: {
    en: "This offer needs to know the device, phone or address.",
    "zh-CN": "此优惠需要设备、手机或网络信息。",
  },
  limit_reached: { en: "This offer has been used as often as it may be.", "zh-CN": "优惠名额已用完。" },
  budget_exhausted: { en: "The budget of this offer is used up.", "zh-CN": "优惠预算已用完。" },
  campaign_paused: {
    en: "The campaign is paused in this channel.",
    "zh-CN": "该渠道的活动已暂停。",
  },
  campaign_limit_reached: {
    en: "You have had offers of this campaign as often as one customer may.",
    "zh-CN": "您参与本次活动的次数已达上限。",
  },
  campaign_budget_exhausted: {
    en: "The budget of this campaign is used up.",
    "zh-CN": "活动预算已用完。",
  },
  stock_exhausted: {
    en: "What this offer had of these goods is sold.",
    "zh-CN": "活动库存已售罄。",
  },
  stock_below_safety: {
    en: "So few of these goods are left that the offer is paused for them.",
    "zh-CN": "商品库存不足，优惠暂停。",
  },
  nothing_to_discount: {
    en: "There is nothing in the cart that this would make cheaper.",
    "zh-CN": "购物车中没有可优惠的商品。",
  },
  floor_reached: { en: "The goods are at their lowest price already.", "zh-CN": "商品已达最低价。" },
  displaced: { en: "Another offer applied instead.", "zh-CN": "已享受其他优惠。" },
  threshold_protected: {
    en: "Left out, because with it you would miss a larger discount and pay more.",
    "zh-CN": "未使用：使用后将达不到其他优惠的门槛，实付更高。",
  },
};

/** What is told of a coupon when another one of its pool, or none, triggered the promotion. */
export const couponReason: Readonly<Record<CouponFact["status"], string>> = {
  usable: "code_not_needed",
  used: "code_used",
  expired: "code_expired",
  void: "code_void",
  owned: "code_of_another_customer",
};

export const reasons: ReadonlyMap<string, Words> = new Map([
  ...Object.entries({ ...pipelineReasons, ...treeReasons }),
  ...[...conditionKinds, ...benefitKinds].flatMap((kind) => Object.entries(kind.reasons)),
]);

/** A reason that the table does not know stands for itself. */
export const reasonWords = (reason: string, locale: Locale): string =>
  reasons.get(reason)?.[locale] ?? reason;
