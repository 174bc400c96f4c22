/** What competitors offer, recorded as it was seen, and beside it what our own campaigns of that time earned. */
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import { type Database, withReadSnapshot, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import { roiOf } from "../planning/campaign-returns.ts";
import type {
  CompetitorOffer,
  CompetitorOfferDocument,
  CompetitorOfferQuery,
  Market,
  MarketQuery,
} from "./market-schemas.ts";
import {
  campaignsIn,
  deleteOffer,
  type Earned,
  earnedBy,
  listOffers,
  lockOffer,
  offersIn,
  saveOffer,
} from "./market-store.ts";
import type { CompetitorOfferRow } from "./market-tables.ts";

export interface MarketService {
  put(context: OperationContext, key: string, document: CompetitorOfferDocument): Promise<CompetitorOffer>;
  remove(context: OperationContext, key: string): Promise<CompetitorOffer>;
  list(projectId: string, query: CompetitorOfferQuery): Promise<Page<CompetitorOffer>>;
  market(projectId: string, query: MarketQuery): Promise<Market>;
}

const mostBeside = 200;
const listCursor = cursorOf("competitor-offers", z.tuple([z.number(), z.string()]));

export function marketService({ database, clock }: { database: Database; clock: Clock }): MarketService {
  return {
    put(context, key, document) {
      const { projectId } = context;
      const { from, to } = spanOf(document.startsAt, document.endsAt, "/endsAt");
      return withTransaction(database, projectId, async (connection) => {
        const before = await lockOffer(connection, { projectId, key });
        if (before !== undefined && isDeepStrictEqual(before.document, document)) {
          nothingChanged(context);
          return shown(before);
        }
        const row = {
          projectId,
          key,
          startsAt: from,
          endsAt: to,
          document,
          updatedAt: new Date(clock.now()),
        };
        await saveOffer(connection, row);
        await recordChange(connection, context, {
          id: key,
          before: before?.document ?? null,
          after: document,
        });
        return shown(row);
      });
    },
    remove(context, key) {
      const { projectId } = context;
      return withTransaction(database, projectId, async (connection) => {
        const before = await lockOffer(connection, { projectId, key });
        if (before === undefined) throw problem("competitor-offer-not-found");
        await deleteOffer(connection, { projectId, key });
        await recordChange(connection, context, { id: key, before: before.document, after: null });
        return shown(before);
      });
    },
    async list(projectId, { competitor, after, limit }) {
      const page = { after: listCursor.decode(after), limit: limit + 1 };
      const rows = await listOffers(database.of(projectId), projectId, competitor, page);
      return listCursor.page(rows, limit, ({ startsAt, key }) => [startsAt.getTime(), key], shown);
    },
    async market(projectId, { from: asked, to: until, currency }) {
      const span = spanOf(asked, until, "/to");
      const read = await withReadSnapshot(database, projectId, async (connection) => {
        const ours = await campaignsIn(connection, projectId, span, currency, mostBeside + 1);
        const keys = ours.slice(0, mostBeside).map(({ campaign }) => campaign);
        return {
          theirs: await offersIn(connection, projectId, span, mostBeside + 1),
          ours,
          earned: await earnedBy(connection, projectId, keys, currency),
        };
      });
      const earnedOf = (wanted: string) => read.earned.filter(({ campaign }) => campaign === wanted);
      return {
        from: span.from.toISOString(),
        to: span.to.toISOString(),
        currency,
        theirs: read.theirs.slice(0, mostBeside).map(shown),
        ours: read.ours.slice(0, mostBeside).map(({ campaign, name, startsAt, endsAt, entered }) => {
          const rows = earnedOf(campaign);
          const { orders, revenue, discount, giftCost } =
            rows.find(({ promotion }) => promotion === "") ?? nothing;
          const cost = discount + giftCost + entered;
          return {
            campaign,
            name,
            startsAt: new Date(startsAt).toISOString(),
            endsAt: new Date(endsAt).toISOString(),
            orders,
            revenue,
            discount,
            giftCost,
            cost,
            roi: roiOf(revenue, cost),
            promotions: rows.filter(({ promotion }) => promotion !== "").map(shownPromotion),
          };
        }),
        isCut: read.theirs.length > mostBeside || read.ours.length > mostBeside,
      };
    },
  };
}

const nothing = { orders: 0, revenue: 0, discount: 0, giftCost: 0 };

function shownPromotion({ promotion, orders, revenue, discount, giftCost }: Earned) {
  return { promotion, orders, revenue, discount, giftCost, roi: roiOf(revenue, discount + giftCost) };
}

function spanOf(startsAt: string, endsAt: string, path: string): { from: Date; to: Date } {
  const [from, to] = [new Date(startsAt), new Date(endsAt)];
  if (to > from) return { from, to };
  const message = "It must come after the beginning.";
  throw problem("invalid-request", { errors: [{ path, code: "ends_before_start", message }] });
}

function shown({ key, document, startsAt, endsAt, updatedAt }: CompetitorOfferRow): CompetitorOffer {
  return {
    key,
    ...document,
    startsAt: startsAt.toISOString(),
    endsAt: endsAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
