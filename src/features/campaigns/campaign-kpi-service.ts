/**
 * Keeps the figures of campaigns. Sales are followed in the transaction that numbers their events, tracked events in the one that
 * stores them: each counts once, and whoever reads sees nothing half done.
 */

import { isDeepStrictEqual } from "node:util";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { groupBy } from "../../platform/group-by.ts";
import { lockEventsFirst } from "../events/event-customer-service.ts";
import type { FanOut } from "../events/event-sequencer-service.ts";
import type { TrackedEvent } from "../tracking/tracking-schemas.ts";
import { addEvents, type CountedEvents, recountEvents } from "./campaign-event-store.ts";
import { type Contribution, contributionsOf, quarterOf, type RulesThen } from "./campaign-sale.ts";
import {
  type CampaignVersion,
  campaignVersions,
  contributionsSoFar,
  deleteFigures,
  forgetMovedOrders,
  hasCampaignVersions,
  insertContributions,
  redemptionsAfter,
  replaceContributions,
  salesConcerned,
  storedSales,
  sumContributions,
} from "./campaign-sale-store.ts";

const mostAtOnce = 1_000;

/** The orders and redemptions of which events tell; orders know their own events, and reach campaigns by way of carts. */
type ChangedOrders = (events: Parameters<FanOut>[2]) => {
  readonly orders: readonly string[];
  readonly redemptions: readonly string[];
};

/** For the sequencer. */
export const followSales =
  (changedOrders: ChangedOrders): FanOut =>
  async (connection, projectId, events) => {
    const { orders, redemptions } = changedOrders(events);
    if (orders.length + redemptions.length === 0) return;
    if (!(await hasCampaignVersions(connection, projectId))) {
      if (orders.length > 0) await forgetMovedOrders(connection, projectId);
      return;
    }
    const ids = await salesConcerned(connection, projectId, { orders, redemptions });
    await recount(connection, projectId, ids);
  };

function rulesThen(
  versions: readonly CampaignVersion[],
): RulesThen & { readonly promotionIds: readonly string[] } {
  const byPromotion = groupBy(versions, ({ promotionId }) => promotionId);
  const versionAt = (promotionId: string, revision: number) =>
    byPromotion.get(promotionId)?.findLast((version) => version.revision <= revision);
  return {
    promotionIds: [...byPromotion.keys()],
    campaignOf: (promotionId, revision) => versionAt(promotionId, revision)?.campaign ?? null,
    giftCostOf: (promotionId, revision, benefit, currency) =>
      versionAt(promotionId, revision)?.giftCosts?.[benefit]?.[currency] ?? null,
  };
}

async function counted(connection: Connection, projectId: string, ids: readonly string[]) {
  const rules = rulesThen(await campaignVersions(connection, projectId, ids));
  if (rules.promotionIds.length === 0) return { sales: [], added: [] };
  const sales = await storedSales(connection, projectId, ids, rules.promotionIds);
  return { sales, added: sales.flatMap((sale) => contributionsOf(sale, rules)) };
}

async function recount(connection: Connection, projectId: string, ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += mostAtOnce) {
    const some = ids.slice(from, from + mostAtOnce);
    const { sales, added } = await counted(connection, projectId, some);
    if (sales.length === 0) continue;
    const before = groupBy(await contributionsSoFar(connection, projectId, some), saleOf);
    const after = groupBy(added, saleOf);
    const changed = sales.map(({ id }) => id).filter((id) => !isSame(before.get(id), after.get(id)));
    if (changed.length === 0) continue;
    const rows = changed.flatMap((id) => after.get(id) ?? []);
    const replaced = changed.filter((id) => before.has(id));
    await replaceContributions(connection, projectId, replaced, rows);
  }
}

const saleOf = ({ redemption }: Contribution) => redemption;

function isSame(before: readonly Contribution[] = [], after: readonly Contribution[] = []): boolean {
  const byPromotion = (rows: readonly Contribution[]) =>
    Object.fromEntries(rows.map((row) => [JSON.stringify([row.campaign, row.promotion]), row]));
  return isDeepStrictEqual(byPromotion(before), byPromotion(after));
}

let nextLane = Math.floor(Math.random() * 1_000);

/** For whoever stores tracked events: given those that were new. */
export async function countCampaignEvents(
  connection: Connection,
  projectId: string,
  events: readonly TrackedEvent[],
): Promise<void> {
  const ofCampaigns = events.flatMap(({ type, time, data: { campaign, channel = "" } }) =>
    campaign === undefined ? [] : [{ campaign, type, channel, quarter: quarterOf(Date.parse(time)) }],
  );
  if (ofCampaigns.length === 0) return;
  const groups = groupBy(ofCampaigns, (event) => JSON.stringify(event));
  const counts = [...groups.values()].map((alike): CountedEvents => ({ ...alike[0]!, events: alike.length }));
  nextLane += 1;
  await addEvents(connection, projectId, counts, nextLane);
}

/**
 * Makes the figures of a project's campaigns anew from redemptions, orders and tracked events, all or nothing; answers how many
 * redemptions were looked at. Meanwhile no event of the project is numbered, and tracked events of campaigns wait: for a quiet hour.
 */
export async function rebuildCampaignKpis(database: Database, projectId: string): Promise<number> {
  return withTransaction(database, projectId, async (connection) => {
    await lockEventsFirst(connection, projectId);
    await deleteFigures(connection, projectId);
    let looked = 0;
    for (let after = ""; ; ) {
      const ids = await redemptionsAfter(connection, projectId, after, mostAtOnce);
      if (ids.length === 0) break;
      const { added } = await counted(connection, projectId, ids);
      if (added.length > 0) await insertContributions(connection, projectId, added);
      after = ids.at(-1)!;
      looked += ids.length;
    }
    // Once: a sum that one transaction changes thousands of times leaves as many rows behind for each change to pass.
    await sumContributions(connection, projectId);
    await recountEvents(connection, projectId);
    return looked;
  });
}
