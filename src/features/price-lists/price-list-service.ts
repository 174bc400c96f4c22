/**
 * Price lists of groups of customers, dealers and single customers. Evaluations look prices up by list and SKU when they need them
 * (`facts-store.ts`): a list may be of any length. Only for whom there are lists at all is part of the rules in memory.
 */
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import { pseudonymOf } from "../../platform/customer-data.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import { hashCustomer } from "../ledger/promotion-counters.ts";
import { bumpRevision, type ProjectService } from "../projects/project-service.ts";
import { type PriceListScope, scopeName } from "../promotions/price-list-scope.ts";
import type {
  ListPrice,
  ListPriceDocument,
  ListPriceQuery,
  PriceList,
  PriceListDocument,
} from "./price-list-schemas.ts";
import {
  audienceScopes,
  deletePrices,
  findPrice,
  findPriceList,
  listPriceLists,
  listPricesOf,
  lockPriceList,
  savePriceList,
  savePrices,
} from "./price-list-store.ts";
import type { ListPriceRow, PriceListRow } from "./price-list-tables.ts";

export interface PriceListService {
  /** `ifMatch` empty: whatever is there, or nothing. */
  put(
    context: OperationContext,
    key: string,
    ifMatch: string,
    document: PriceListDocument,
  ): Promise<PriceList>;
  priceList(projectId: string, key: string): Promise<PriceList>;
  list(projectId: string, query: { limit: number; after?: string | undefined }): Promise<Page<PriceList>>;
  putPrice(
    context: OperationContext,
    list: string,
    sku: string,
    document: ListPriceDocument,
  ): Promise<ListPrice>;
  removePrice(context: OperationContext, list: string, sku: string): Promise<ListPrice>;
  prices(projectId: string, list: string, query: ListPriceQuery): Promise<Page<ListPrice>>;
  /** All in one transaction; `document` null takes the price out. What was changed by it. No SKU stands there twice. */
  writePrices(
    context: OperationContext,
    list: string,
    prices: readonly { sku: string; document: ListPriceDocument | null }[],
  ): Promise<Set<string>>;
}

export interface PriceListOptions {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "identifierKey">;
  /** Resolves once this process prices by that revision of the rules. */
  reach: (projectId: string, revision: number) => Promise<void>;
}

const cursor = cursorOf("price-lists", z.string());
const priceCursor = cursorOf("list-prices", z.string());

/** For the rules in memory: for whom there are lists, as `scopeName` has it. */
export async function priceListScopes(connection: Connection, projectId: string): Promise<string[]> {
  const scopes = await audienceScopes(connection, projectId);
  return scopes.map(({ currency, kind }) => scopeName(currency, kind as PriceListScope));
}

export function priceListService({ database, clock, projects, reach }: PriceListOptions): PriceListService {
  return {
    async put(context, key, ifMatch, document) {
      const { projectId } = context;
      requireSound(document);
      const { row, revision } = await withTransaction(database, projectId, async (connection) => {
        await lockPriceList(connection, projectId, key);
        const before = await findPriceList(connection, projectId, key);
        if (
          ifMatch !== "" &&
          (before === undefined || (ifMatch !== "*" && ifMatch !== String(before.version)))
        )
          throw problem("precondition-failed");
        if (before !== undefined && textOf(before.document) === textOf(document)) {
          nothingChanged(context);
          return { row: before, revision: null };
        }
        const row: PriceListRow = {
          projectId,
          key,
          currency: document.currency,
          priority: document.priority,
          startsAt: document.startsAt === undefined ? null : new Date(document.startsAt),
          endsAt: document.endsAt === undefined ? null : new Date(document.endsAt),
          document,
          version: (before?.version ?? 0) + 1,
          createdAt: before?.createdAt ?? new Date(clock.now()),
          updatedAt: new Date(clock.now()),
        };
        await savePriceList(connection, row);
        const hashKey = await projects.identifierKey(connection, projectId);
        await recordChange(connection, context, {
          id: key,
          before: before === undefined ? null : onRecord(before.document, hashKey),
          after: onRecord(document, hashKey),
        });
        return { row, revision: await bumpRevision(connection, projectId) };
      });
      if (revision !== null) await reach(projectId, revision);
      return shown(row);
    },

    async priceList(projectId, key) {
      return shown(await existing(database.of(projectId), projectId, key));
    },

    async list(projectId, { limit, after }) {
      const rows = await listPriceLists(database.of(projectId), projectId, {
        after: cursor.decode(after),
        limit: limit + 1,
      });
      return cursor.page(rows, limit, ({ key }) => key, shown);
    },

    putPrice(context, list, sku, document) {
      const { projectId } = context;
      const errors = faultsOf(document);
      if (errors.length > 0) throw problem("invalid-request", { errors });
      return withTransaction(database, projectId, async (connection) => {
        await existing(connection, projectId, list);
        await lockPriceList(connection, projectId, list);
        const before = await findPrice(connection, projectId, list, sku);
        const at = new Date(clock.now());
        const written = await savePrices(connection, projectId, list, [{ sku, document }], at);
        if (written.size === 0) {
          nothingChanged(context);
          return shownPrice(before!);
        }
        await recordChange(connection, context, {
          id: `${list}/${sku}`,
          before: before?.document ?? null,
          after: document,
        });
        return shownPrice({ projectId, list, sku, document, updatedAt: at });
      });
    },

    removePrice(context, list, sku) {
      const { projectId } = context;
      return withTransaction(database, projectId, async (connection) => {
        await existing(connection, projectId, list);
        await lockPriceList(connection, projectId, list);
        const [gone] = await deletePrices(connection, projectId, list, [sku]);
        if (gone === undefined) throw problem("list-price-not-found");
        await recordChange(connection, context, {
          id: `${list}/${sku}`,
          before: gone.document,
          after: null,
        });
        return shownPrice(gone);
      });
    },

    async prices(projectId, list, { limit, after, sku }) {
      const connection = database.of(projectId);
      await existing(connection, projectId, list);
      const rows = await listPricesOf(connection, projectId, list, {
        sku,
        after: priceCursor.decode(after),
        limit: limit + 1,
      });
      return priceCursor.page(rows, limit, (row) => row.sku, shownPrice);
    },

    writePrices(context, list, prices) {
      const { projectId } = context;
      return withTransaction(database, projectId, async (connection) => {
        await lockPriceList(connection, projectId, list);
        const kept = prices.flatMap(({ sku, document }) => (document === null ? [] : [{ sku, document }]));
        const ended = prices.flatMap(({ sku, document }) => (document === null ? [sku] : []));
        const written = await savePrices(connection, projectId, list, kept, new Date(clock.now()));
        const gone = await deletePrices(connection, projectId, list, ended);
        if (written.size + gone.length > 0)
          await recordChange(connection, context, {
            id: list,
            before: null,
            after: { stored: written.size, removed: gone.length },
          });
        return new Set([...written, ...gone.map(({ sku }) => sku)]);
      });
    },
  };
}

/** Throws unless it is there. */
async function existing(connection: Connection, projectId: string, key: string): Promise<PriceListRow> {
  const row = await findPriceList(connection, projectId, key);
  if (row === undefined) throw problem("price-list-not-found");
  return row;
}

/** A stream begins with it: nothing of it is read where there is no list. */
export const existingPriceList = existing;

/** What no schema says. */
export function faultsOf({ breaks, minQuantity, multipleOf }: ListPriceDocument): ProblemError[] {
  const errors: ProblemError[] = [];
  breaks.forEach(({ from }, at) => {
    if (at > 0 && from <= breaks[at - 1]!.from)
      errors.push({
        path: `/breaks/${at}/from`,
        code: "not_rising",
        message: "Must be more than the one before.",
      });
  });
  if (minQuantity !== undefined && multipleOf !== undefined && minQuantity % multipleOf !== 0)
    errors.push({
      path: "/minQuantity",
      code: "not_a_multiple",
      message: `Nobody can order ${minQuantity} by ${multipleOf}.`,
    });
  return errors;
}

function requireSound({ audience, startsAt, endsAt }: PriceListDocument): void {
  const { groups = [], customers = [], dealers = [], levels = [] } = audience;
  if (groups.length + customers.length + dealers.length + levels.length === 0)
    throw fault("/audience", "nobody_named", "Say for whom the list is.");
  if (startsAt !== undefined && endsAt !== undefined && Date.parse(endsAt) <= Date.parse(startsAt))
    throw fault("/endsAt", "ends_before_start", "Must be later than startsAt.");
}

function fault(path: string, code: string, message: string) {
  return problem("invalid-request", { errors: [{ path, code, message }] });
}

/** The audit trail is never erased: it knows customers by their pseudonyms. */
function onRecord(document: PriceListDocument, key: Uint8Array): PriceListDocument {
  const { audience } = document;
  if (audience.customers === undefined) return document;
  const customers = audience.customers.map((id) => pseudonymOf(hashCustomer(key, id)));
  return { ...document, audience: { ...audience, customers } };
}

/** What PostgreSQL keeps of a document has its own order of fields. */
function textOf({
  name,
  currency,
  audience: { groups, customers, dealers, levels },
  priority,
  startsAt,
  endsAt,
  minimum,
}: PriceListDocument): string {
  return JSON.stringify([
    [name, currency, priority, startsAt, endsAt, minimum?.amount, minimum?.quantity],
    [groups, customers, dealers, levels],
  ]);
}

function shown({ key, document, version, createdAt, updatedAt }: PriceListRow): PriceList {
  return {
    ...document,
    key,
    version,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

function shownPrice({ list, sku, document, updatedAt }: ListPriceRow): ListPrice {
  return { ...document, list, sku, updatedAt: updatedAt.toISOString() };
}
