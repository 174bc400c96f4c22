import { dealerFilter, dealerTest } from "../dealer.ts";
import type { Facts } from "../facts.ts";
import { defineCondition, met, missing, unmet } from "../kind.ts";

export const dealer = defineCondition({
  kind: "dealer",
  summary:
    "The cart is a dealer's who has an account: one of these, of one of these levels and regions, in one of these networks.",
  params: dealerFilter,
  example: { levels: ["gold"], regions: ["CN-SH"] },
  // A cart that names no dealer is nobody's: nothing is to be known for it.
  needs: [],
  isAboutCustomer: true,
  isAboutDealer: true,
  reasons: {
    dealer_not_included: {
      en: "This offer is for other dealers.",
      "zh-CN": "此优惠仅限指定的经销商。",
    },
  },
  compile(filter) {
    const isMeant = dealerTest(filter);
    const refused = unmet("dealer_not_included");
    const unknown = missing("dealer");
    return {
      alsoNeeds: ["dealer"],
      test({ cart, facts }) {
        if (cart.dealer === undefined) return refused;
        const account = (facts as Facts).dealer;
        if (account === undefined) return unknown;
        return account !== null && isMeant(account) ? met : refused;
      },
    };
  },
  words({ in: ids, levels, regions, networks }, say) {
    const parts = [
      ids && say.pick({ en: `the dealer is ${say.list(ids)}`, "zh-CN": `经销商为${say.list(ids)}` }),
      levels &&
        say.pick({
          en: `the dealer's level is ${say.list(levels)}`,
          "zh-CN": `经销商等级为${say.list(levels)}`,
        }),
      regions &&
        say.pick({
          en: `the dealer's region is ${say.list(regions)}`,
          "zh-CN": `经销商地区为${say.list(regions)}`,
        }),
      networks &&
        say.pick({
          en: `the dealer is in the network of ${say.list(networks)}`,
          "zh-CN": `经销商属于${say.list(networks)}的网络`,
        }),
    ].filter((part) => part !== undefined);
    if (parts.length === 0) return say.pick({ en: "a dealer buys", "zh-CN": "由经销商购买" });
    return parts.join(say.pick({ en: " and ", "zh-CN": "且" }));
  },
});
