/** The goods and shipments of a priced plan where one of its stages begins. */
import { Goods } from "./goods.ts";
import { type Stage, stages } from "./kind.ts";
import type { Priced } from "./price.ts";
import type { Situation } from "./situation.ts";

export function goodsAtStage(
  situation: Situation,
  { applications }: Priced,
  asked: Stage,
): { readonly goods: Goods; readonly shipments: Goods } {
  const goods = new Goods(situation.cart.lines);
  const shipments = new Goods(situation.shipments);
  for (const stage of stages) {
    goods.startStage();
    shipments.startStage();
    if (stage === asked) break;
    for (const application of applications)
      if (application.stage === stage)
        (stage === "shipping" ? shipments : goods).discount(application.discount, null);
  }
  return { goods, shipments };
}
