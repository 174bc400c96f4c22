/** What customers do, from generated traffic: the same for the same seed, whoever is answered first. */
import { DealwrightProblem, type RedemptionRequest, type TrackedEvent } from "../../src/client/client.ts";
import {
  type BuyerKind,
  buyerKinds,
  type Channel,
  campaignKey,
  channels,
  currency,
  type Plan,
  pays,
  prices,
} from "./plan.ts";
import { allAtOnce, everything, type Shop, seeded, shuffled, until } from "./shop.ts";

const seed = 1111;
/** Requests under way. */
const atOnce = 24;
const viewsPerBatch = 500;
const halfYearBefore = "2025-05-18T12:00:00+08:00";

export interface Buyer {
  readonly id: string;
  readonly channel: Channel;
  readonly kind: Exclude<BuyerKind, "second">;
  readonly isEarly: boolean;
  /** Who brought them. */
  member: string | null;
  /** The redemption by which they paid the deposit. */
  deposit: string | null;
}

export interface Crowd {
  readonly buyers: readonly Buyer[];
}

const depositorsOf = (buyers: readonly Buyer[], channel: Channel): Buyer[] =>
  buyers.filter((buyer) => buyer.kind === "deposit" && buyer.isEarly && buyer.channel === channel);

export function crowdOf(plan: Plan): Crowd {
  const random = seeded(seed);
  const made: Buyer[] = [];
  for (const channel of channels)
    for (const kind of buyerKinds) {
      if (kind === "second") continue;
      for (let nth = 0; nth < plan.buyers(channel, kind); nth++) {
        const isEarly =
          (kind === "deposit" && nth < plan.early[channel]) ||
          (kind === "direct" && channel === "mini-program" && nth < plan.earlyDirect);
        made.push({ id: `${channel}-${kind}-${nth}`, channel, kind, isEarly, member: null, deposit: null });
      }
    }
  const members = made.filter(({ kind }) => kind === "member");
  for (const [nth, friend] of channels
    .flatMap((channel) => depositorsOf(made, channel).slice(0, plan.friends[channel]))
    .entries())
    friend.member = members[nth % members.length]!.id;
  return { buyers: shuffled(made, random) };
}

/** Members bought something half a year ago. */
export async function formerOrders({ erp }: Shop, { buyers }: Crowd): Promise<void> {
  await allAtOnce(
    buyers.filter(({ kind }) => kind === "member"),
    atOnce,
    ({ id, channel }) =>
      putOrder(erp, `former-${id}`, {
        customer: id,
        channel,
        placedAt: halfYearBefore,
        lines: [cream],
        total: cream.unitPrice,
      }),
  );
}

const cream = { id: "1", sku: "CREAM", quantity: 1, unitPrice: prices.cream };
const setLine = (quantity = 1) => ({
  id: "1",
  sku: "SET",
  quantity,
  unitPrice: prices.set,
  unitCost: prices.setCost,
});

function putOrder(
  erp: Shop["erp"],
  externalId: string,
  order: Pick<
    Parameters<Shop["erp"]["putOrder"]>[0]["body"],
    "customer" | "channel" | "placedAt" | "lines" | "total" | "redemption"
  >,
) {
  return erp.putOrder({ params: { externalId }, body: { version: 1, status: "paid", currency, ...order } });
}

/** Views of the campaign by visitors, over its channels as its sales are, all within the hour before now. */
export async function views({ checkout, clock }: Shop, count: number, part: string): Promise<void> {
  const shares: [Channel, number][] = [
    ["mini-program", 0.65],
    ["marketplace", 0.25],
    ["store", 0.1],
  ];
  const events: TrackedEvent[] = shares.flatMap(([channel, share]) =>
    Array.from({ length: Math.round(count * share) }, (_, index) => ({
      specversion: "1.0",
      id: `${part}-${channel}-${index}`,
      source: "/double11",
      type: "view",
      time: new Date(clock.now() - ((index * 61) % 3_600) * 1_000).toISOString(),
      data: { channel, campaign: campaignKey, visitor: `${part}-${channel}-${index}` },
    })),
  );
  await allAtOnce(chunks(events, viewsPerBatch), 2, (batch) => track(checkout, batch));
}

/** An event sent again is the same event: so it is, for as long as the service has no time for it. */
async function track(checkout: Shop["checkout"], events: readonly TrackedEvent[]): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      await checkout.trackEvents({ body: { events } });
      return;
    } catch (error) {
      if (!(error instanceof DealwrightProblem) || error.status !== 503 || attempt === 10) throw error;
    }
}

/** Members share posters, and friends sign up by them. */
export async function referrals({ checkout, marketing, clock }: Shop, { buyers }: Crowd): Promise<void> {
  const codes = new Map<string, string>();
  await allAtOnce(
    buyers.filter(({ kind }) => kind === "member"),
    atOnce,
    async ({ id }) => {
      const { data } = await checkout.joinReferralProgramme({
        params: { key: campaignKey },
        body: { customer: id },
      });
      codes.set(id, data.code);
    },
  );
  const event = (type: string, id: string, data: object) => ({
    specversion: "1.0" as const,
    id,
    source: "/poster",
    type,
    time: new Date(clock.now()).toISOString(),
    data: { campaign: campaignKey, ...data },
  });
  const shares = [...codes.keys()].map((member) => event("share", `share-${member}`, { customer: member }));
  const friends = buyers.filter(({ member }) => member !== null);
  const signUps = friends.map(({ id, channel, member }) =>
    event("sign_up", `sign-up-${id}`, { customer: id, channel, referrer: codes.get(member!)! }),
  );
  // Each of them is looked at for who brought them; so fewer at once.
  for (const events of [shares, ...chunks(signUps, 50)]) await track(checkout, events);
  await until(
    "the referrals",
    () => marketing.referralResults({ params: { key: campaignKey } }),
    ({ data }) => countOf(data.referrals) === friends.length,
  );
}

const chunks = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
export const countOf = (counts: readonly { readonly count: number }[]): number =>
  counts.reduce((sum, { count }) => sum + count, 0);

const pays50: readonly BuyerKind[] = ["deposit", "member", "winner"];

export async function deposits({ checkout }: Shop, { buyers }: Crowd): Promise<void> {
  const payers = buyers.filter(({ kind }) => pays50.includes(kind));
  await allAtOnce(payers, atOnce, async (buyer) => {
    const { data } = await checkout.createRedemption({
      body: {
        currency,
        channel: buyer.channel,
        customer: { id: buyer.id },
        lines: [{ id: "1", sku: "SET-DEPOSIT", quantity: 1, unitPrice: prices.deposit }],
        deposit: { promotion: "deposit" },
        orderRef: `deposit-${buyer.id}`,
        expectedTotal: prices.deposit,
      },
      idempotencyKey: `deposit-${buyer.id}`,
    });
    buyer.deposit = data.id;
  });
}

/** Which of them got a bag; and why it was refused to one of those who did not. */
export interface Bags {
  readonly given: number;
  readonly balances: number;
  readonly refusal: string | null;
}

interface Purchase {
  readonly buyer: Buyer;
  readonly orderRef: string;
  readonly lines: NonNullable<RedemptionRequest["lines"]>;
  readonly total: number;
  readonly codes?: readonly string[];
}

/** Priced and paid by the shop, then told by the ERP. Answers the redemption. */
async function buy({ checkout, erp, clock }: Shop, { buyer, orderRef, lines, total, codes = [] }: Purchase) {
  const { id: customer, channel, deposit } = buyer;
  const isBalance = deposit !== null && lines[0]!.sku === "SET";
  const { data } = await checkout.createRedemption({
    body: {
      currency,
      channel,
      customer: { id: customer },
      lines,
      orderRef,
      expectedTotal: total,
      ...(codes.length > 0 && { codes }),
      ...(isBalance && { deposits: [{ redemption: deposit }], attributes: { payment: "balance" } }),
    },
    idempotencyKey: orderRef,
  });
  await putOrder(erp, orderRef, {
    customer,
    channel,
    placedAt: new Date(clock.now()).toISOString(),
    lines: lines.map(({ id, sku, quantity, unitPrice, unitCost }) => ({
      id,
      sku,
      quantity,
      unitPrice,
      ...(unitCost !== undefined && { unitCost }),
      total: data.quote.lines.find((line) => line.id === id)!.total,
    })),
    total,
    redemption: data.id,
  });
  return data;
}

const purchaseOf = (buyer: Buyer, codes: readonly string[] = []): Purchase => ({
  buyer,
  orderRef: `order-${buyer.id}`,
  lines: [setLine()],
  total: pays[buyer.kind],
  codes,
});

/** The night: everybody who waited for it pays at once. */
export async function balanceRush(shop: Shop, { buyers }: Crowd): Promise<Bags> {
  const early = buyers.filter(({ isEarly }) => isEarly);
  let [given, balances] = [0, 0];
  await allAtOnce(early, 64, async (buyer) => {
    const { quote } = await buy(shop, purchaseOf(buyer));
    if (buyer.deposit === null) return;
    balances += 1;
    given += quote.rewards.filter((reward) => reward.kind === "gift" && reward.sku === "BAG").length;
  });
  const next = buyers.find(({ isEarly, kind }) => !isEarly && kind === "deposit")!;
  const { data: quote } = await shop.checkout.evaluate({
    body: {
      currency,
      customer: { id: next.id },
      lines: [setLine()],
      deposits: [{ redemption: next.deposit! }],
      attributes: { payment: "balance" },
      explain: "all",
    },
  });
  const refusal = quote.notApplied.find(({ promotion }) => promotion === "bag")?.reason ?? null;
  return { given, balances, refusal };
}

/** Those who are to pay their balance on the mini-program draw for it, until all free ones are given. Answers how many drew. */
export async function draw(shop: Shop, { buyers }: Crowd): Promise<number> {
  const { checkout, marketing } = shop;
  const waiting = buyers.filter(
    ({ isEarly, kind, channel }) =>
      !isEarly && channel === "mini-program" && (kind === "deposit" || kind === "winner"),
  );
  const free = buyers.filter(({ kind }) => kind === "winner").length;
  let [drawn, won] = [0, 0];
  const payments: { buyer: Buyer; code: string | null }[] = [];
  for (const buyer of waiting) {
    if (won === free) {
      payments.push({ buyer, code: null });
      continue;
    }
    const { data } = await checkout.drawTicket({
      params: { key: "free-balance" },
      body: { ticket: `order-${buyer.id}`, customer: buyer.id },
    });
    drawn += 1;
    const code = data.prizes[0]?.code ?? null;
    if (code !== null) won += 1;
    payments.push({ buyer, code });
  }
  const { data: quoted } = await marketing.draw({ params: { key: "free-balance" } });
  if (won !== free)
    throw new Error(`${won} of ${free} free balances were won: ${JSON.stringify(quoted.given)}`);
  await allAtOnce(payments, atOnce, ({ buyer, code }) =>
    buy(shop, {
      ...purchaseOf(buyer, code === null ? [] : [code]),
      total: code === null ? pays.deposit : pays.winner,
    }),
  );
  return drawn;
}

/** Of a customer, those of their coupons that they were given for bringing friends, or for having come. */
async function couponsByCustomer({ marketing }: Shop): Promise<Map<string, string[]>> {
  const given = await everything((query) =>
    marketing.prizes({ query: { ...query, source: "referral", state: "granted" } }),
  );
  const found = new Map<string, string[]>();
  for (const { customer, code } of given)
    if (code !== null) found.set(customer, [...(found.get(customer) ?? []), code]);
  return found;
}

/** Everybody else: balances, members with their coupons, sets bought without a deposit, and friends who come again. */
export async function evening(shop: Shop, { buyers }: Crowd, plan: Plan): Promise<void> {
  const friends = buyers.filter(({ member }) => member !== null);
  const rewards = 2 * friends.length;
  const coupons = await until(
    "the coupons of referrals",
    () => couponsByCustomer(shop),
    (found) => [...found.values()].flat().length === rewards,
  );
  const late = buyers.filter(
    ({ isEarly, kind, channel }) =>
      !isEarly && kind !== "winner" && !(kind === "deposit" && channel === "mini-program"),
  );
  const two = partialReturn(buyers);
  const purchases = late.map((buyer): Purchase => {
    if (buyer === two) return { ...purchaseOf(buyer), lines: [setLine(2)], total: 2 * prices.set };
    return purchaseOf(buyer, buyer.kind === "member" ? coupons.get(buyer.id)!.slice(0, 1) : []);
  });
  const mask = { id: "1", sku: "MASK", quantity: 1, unitPrice: prices.mask, unitCost: prices.maskCost };
  for (const channel of channels) {
    const again = friends.filter((friend) => friend.channel === channel);
    for (const buyer of again.slice(0, plan.buyers(channel, "second"))) {
      const [code] = coupons.get(buyer.id)!;
      purchases.push({
        buyer,
        orderRef: `second-${buyer.id}`,
        lines: [mask],
        total: pays.second,
        codes: [code!],
      });
    }
  }
  await allAtOnce(purchases, atOnce, (purchase) => buy(shop, purchase));
}

/** Buys two sets, and sends one back. */
const partialReturn = (buyers: readonly Buyer[]): Buyer =>
  buyers.find(({ kind, isEarly }) => kind === "direct" && !isEarly)!;

export async function returns({ erp }: Shop, { buyers }: Crowd): Promise<number> {
  const back = buyers.filter(({ kind }) => kind === "returned");
  const two = partialReturn(buyers);
  await erp.returnOrderGoods({
    params: { externalId: `order-${two.id}` },
    body: { lines: [{ id: "1", quantity: 1 }] },
    idempotencyKey: `return-${two.id}`,
  });
  await allAtOnce(back, atOnce, async ({ id }) => {
    const params = { externalId: `order-${id}` };
    const { placedAt, customer, channel, lines, total, redemption } = (await erp.order({ params })).data;
    const told = { placedAt, customer: customer!, channel: channel!, lines, total, redemption: redemption! };
    await erp.putOrder({ params, body: { version: 2, status: "returned", currency, ...told } });
  });
  return back.length + 1;
}

/** Later, and told by the ERP alone. */
export async function comeAgain({ erp, clock }: Shop, { buyers }: Crowd, plan: Plan): Promise<void> {
  const again = buyers
    .filter(({ kind, member }) => kind === "deposit" && member === null)
    .slice(0, plan.again);
  await allAtOnce(again, atOnce, ({ id, channel }) =>
    putOrder(erp, `again-${id}`, {
      customer: id,
      channel,
      placedAt: new Date(clock.now()).toISOString(),
      lines: [cream],
      total: cream.unitPrice,
    }),
  );
}
