/** The figures of campaigns by brute force: everything is read, and every unit of every order looked at for itself. */
import type { TestDatabase } from "../../database.ts";

// biome-ignore lint/suspicious/noExplicitAny: rows as they are stored.
type Row = any;

export const figures = [
  "orders",
  "returned_orders",
  "revenue",
  "refunded",
  "units",
  "returned_units",
  "goods",
  "costed_goods",
  "goods_cost",
  "discount",
  "gift_value",
  "promoted_units",
  "new_customers",
  "win_backs",
  "gift_cost",
  "uncosted_gifts",
] as const;

export const skuFigures = [
  "orders",
  "units",
  "goods",
  "costed_goods",
  "goods_cost",
  "discount",
  "gifts",
  "gift_cost",
  "uncosted_gifts",
] as const;

type Sums = Record<string, Record<string, number>>;

const sold = ["committed", "partially_returned", "returned"];

/** By campaign, promotion, quarter hour and channel; rows in which nothing was sold are left out. And by campaign and SKU. */
export async function modelFigures({ pool }: TestDatabase): Promise<{ sums: Sums; skus: Sums }> {
  const read = async (table: string): Promise<Row[]> => (await pool.query(`select * from ${table}`)).rows;
  const [redemptions, orders, versions] = [
    await read("redemptions"),
    await read("orders"),
    await read("promotion_versions order by version"),
  ];
  const orderOf = (r: Row) =>
    orders.find((o) => o.redemption_id === r.id) ??
    orders.find(
      (o) =>
        o.redemption_id === null &&
        o.external_id === r.order_ref &&
        (o.customer_id === null || r.customer_id === null || o.customer_id === r.customer_id),
    );
  const versionOf = (promotionId: string, r: Row) =>
    versions.findLast((v) => v.promotion_id === promotionId && Number(v.revision) <= Number(r.revision));
  const buyerOf = (r: Row): string | null => r.customer_id ?? orderOf(r)?.customer_id ?? null;
  const sums: Sums = {};
  const skus: Sums = {};
  for (const r of redemptions) {
    const o = orderOf(r);
    if (!sold.includes(r.state) || o?.status === "cancelled") continue;
    const isBack = r.state === "returned" || o?.status === "returned";
    const buyer = buyerOf(r);
    const earlier = [
      ...redemptions.filter(
        (x) =>
          sold.includes(x.state) &&
          x.request.deposit === undefined &&
          x.customer_id === buyer &&
          (x.created_at < r.created_at || (x.created_at.getTime() === r.created_at.getTime() && x.id < r.id)),
      ),
    ]
      .map((x) => x.created_at.getTime())
      .concat(
        orders
          .filter(
            (y) =>
              y.customer_id === buyer &&
              ["paid", "fulfilled", "returned"].includes(y.status) &&
              y.placed_at < r.created_at &&
              y.redemption_id !== r.id &&
              y.external_id !== r.order_ref,
          )
          .map((y) => y.placed_at.getTime()),
      );
    const isPaid = o === undefined || ["paid", "fulfilled"].includes(o.status);
    const mayBeFirst = buyer !== null && isPaid && !isBack;
    const gap = r.created_at.getTime() - Math.max(...earlier);
    const told: {
      line: string;
      sku: string;
      isFree: boolean;
      price: number;
      cost: number | null;
      isKept: boolean;
    }[] = [];
    for (const line of o === undefined || o.document.lines.length === 0
      ? r.request.lines
      : o.document.lines) {
      const asked = r.request.lines.find(({ id }: Row) => id === line.id);
      const quoted = r.quote.lines.find(({ id }: Row) => id === line.id);
      const total =
        o === undefined
          ? quoted.total
          : (line.total ?? line.quantity * line.unitPrice - (line.discount ?? 0));
      const gone = Math.max(
        r.returned?.lines?.[line.id] ?? 0,
        o?.returned.find(({ id }: Row) => id === line.id)?.quantity ?? 0,
      );
      for (let nth = 0; nth < line.quantity; nth += 1)
        told.push({
          line: line.id,
          sku: line.sku,
          isFree: asked === undefined && total === 0,
          price: total / line.quantity,
          cost: line.unitCost ?? asked?.unitCost ?? null,
          isKept: !isBack && nth >= gone,
        });
    }
    // In turn: a gift that was kept is a kept unit that nobody paid for, one that came back a unit that did; what only one of
    // the two sides tells has come back for both.
    const gifts = r.quote.rewards.flatMap((gift: Row) =>
      Array.from({ length: gift.quantity }, (_, nth) => ({
        gift,
        isKept:
          r.state !== "returned" && nth >= (r.returned?.gifts?.[`${gift.promotion}/${gift.benefit}`] ?? 0),
        unit: null as (typeof told)[number] | null,
      })),
    );
    for (const [isGiftKept, isUnitKept] of [
      [true, true],
      [false, false],
      [true, false],
      [false, true],
    ])
      for (const one of gifts.filter(({ isKept, unit }: Row) => isKept === isGiftKept && unit === null)) {
        const isTaken = (unit: Row) => gifts.some((other: Row) => other.unit === unit);
        const ofGift = told.filter((unit) => unit.isFree && unit.sku === one.gift.sku && !isTaken(unit));
        const matching = ofGift.filter(({ isKept }) => isKept === isUnitKept);
        one.unit = matching.find(({ cost }) => cost !== null) ?? matching[0] ?? null;
      }
    for (const one of gifts.filter(({ unit }: Row) => unit !== null))
      one.isKept = one.unit.isKept = one.isKept && one.unit.isKept;
    // A gift is given, and none of the units that were sold.
    const units = told.filter((unit) => !gifts.some((one: Row) => one.unit === unit));
    const sum = (of: typeof units, amount: (unit: Row) => number) =>
      of.reduce((all, unit) => all + amount(unit), 0);
    const keptUnits = units.filter(({ isKept }) => isKept);
    const paid = o?.total ?? r.total;
    const tillIds = Object.keys(r.returned?.lines ?? {});
    const toldIds: string[] = (o?.returned ?? []).map(({ id }: Row) => id);
    const isOfOtherLines =
      tillIds.length > 0 &&
      toldIds.length > 0 &&
      toldIds.every((id) => !tillIds.includes(id) && r.quote.lines.some((line: Row) => line.id === id));
    const whole = {
      orders: 1,
      returned_orders: Number(isBack),
      revenue: paid,
      refunded: Math.min(
        paid,
        o === undefined || o.redemption_id !== null || isOfOtherLines
          ? r.refunded + (o?.refunded ?? 0)
          : Math.max(r.refunded, o.refunded),
      ),
      units: units.length,
      returned_units: units.length - keptUnits.length,
      goods: sum(keptUnits, ({ price }) => price),
      costed_goods: sum(keptUnits, ({ price, cost }) => (cost === null ? 0 : price)),
      goods_cost: sum(keptUnits, ({ cost }) => cost ?? 0),
      new_customers: Number(mayBeFirst && earlier.length === 0),
      win_backs: Number(mayBeFirst && earlier.length > 0 && gap > 90 * 86_400_000),
    };
    const campaigns = new Map<string, string[]>();
    for (const { promotion, promotionId } of r.quote.promotions) {
      const campaign = versionOf(promotionId, r)?.document.campaign;
      if (campaign !== undefined && !campaigns.get(campaign)?.includes(promotion))
        campaigns.set(campaign, [...(campaigns.get(campaign) ?? []), promotion]);
    }
    for (const [campaign, keys] of campaigns)
      for (const promotion of ["", ...keys]) {
        const own = promotion === "" ? keys : [promotion];
        const givenGifts = gifts.filter(({ gift, isKept }: Row) => isKept && own.includes(gift.promotion));
        const offOf = (unit: Row) => {
          const quoted = r.quote.lines.find(({ id }: Row) => id === unit.line);
          if (quoted === undefined) return 0;
          const asked = r.request.lines.find(({ id }: Row) => id === unit.line);
          const amount = quoted.adjustments
            .filter((adjustment: Row) => own.includes(adjustment.promotion))
            .reduce((all: number, adjustment: Row) => all + adjustment.amount, 0);
          return amount / asked.quantity;
        };
        // A line of the order says best what a gift cost, else the promotion did then.
        const costs = givenGifts.map(({ gift, unit }: Row) => {
          const { promotionId } = r.quote.promotions.find((p: Row) => p.promotion === gift.promotion);
          const said = versionOf(promotionId, r).document.benefits[gift.benefit].unitCost?.CNY ?? null;
          return { sku: gift.sku, cost: unit?.cost ?? said };
        });
        const costOf = (some: Row[]) => some.reduce((all, { cost }) => all + (cost ?? 0), 0);
        const isUncosted = ({ cost }: Row) => cost === null;
        for (const sku of promotion !== "" ? [] : new Set([...units.map((unit) => unit.sku), "TOTE"])) {
          const own = keptUnits.filter((unit) => unit.sku === sku);
          const ownGifts = costs.filter((gift: Row) => gift.sku === sku);
          const adds: Record<string, number> = {
            orders: Number(own.length > 0),
            units: own.length,
            goods: sum(own, ({ price }) => price),
            costed_goods: sum(own, ({ price, cost }) => (cost === null ? 0 : price)),
            goods_cost: sum(own, ({ cost }) => cost ?? 0),
            discount: sum(own, offOf),
            gifts: ownGifts.length,
            gift_cost: costOf(ownGifts),
            uncosted_gifts: ownGifts.filter(isUncosted).length,
          };
          const total = skus[`${campaign} | ${sku}`] ?? {};
          skus[`${campaign} | ${sku}`] = total;
          for (const name of skuFigures) total[name] = (total[name] ?? 0) + adds[name]!;
        }
        const row: Record<string, number> = {
          ...whole,
          gift_cost: costOf(costs),
          uncosted_gifts: costs.filter(isUncosted).length,
          discount: sum(keptUnits, offOf),
          gift_value: givenGifts.reduce((all: number, { gift }: Row) => all + gift.value, 0),
          promoted_units: keptUnits.filter((unit) => offOf(unit) > 0).length + givenGifts.length,
        };
        const minutes = Math.floor(r.committed_at.getTime() / 900_000) * 15;
        const channel = o?.channel ?? r.request.channel ?? "";
        const place = [campaign, promotion, new Date(minutes * 60_000).toISOString(), channel].join(" | ");
        const total = sums[place] ?? {};
        sums[place] = total;
        for (const name of figures) total[name] = (total[name] ?? 0) + row[name]!;
      }
  }
  const nonZero = Object.entries(skus).filter(([, total]) => skuFigures.some((name) => total[name] !== 0));
  return { sums, skus: Object.fromEntries(nonZero) };
}
