/** The borders between scores: those that were told, or quintiles that are worked out of what customers bought. */
import { allowSlowStatements, type Connection } from "../../platform/database.ts";
import { findRfm, quintiles, saveBorders } from "./rfm-store.ts";
import type { Scoring } from "./segment-rules.ts";

/** A million customers are sorted three times. */
const quintileMilliseconds = 120_000;

/** Those that were told; else worked out anew of the customers, and null where nobody has bought anything. */
export async function refreshBorders(connection: Connection, projectId: string, now: number): Promise<void> {
  const row = await findRfm(connection, projectId);
  if (row === undefined) return;
  const { currency, borders: told } = row.document;
  if (told === undefined) await allowSlowStatements(connection, quintileMilliseconds);
  const borders = told ?? (await quintiles(connection, projectId, currency, now));
  await saveBorders(connection, projectId, { version: row.version, borders, at: new Date(now) });
}

/** The settings are newer than the borders that everybody was looked at with. */
export async function areBordersDue(connection: Connection, projectId: string): Promise<boolean> {
  const row = await findRfm(connection, projectId);
  return row !== undefined && row.computedVersion < row.version;
}

/** Nobody was known to have bought anything when they were worked out, and now somebody is. */
export async function areBordersNew(
  connection: Connection,
  projectId: string,
  now: number,
): Promise<boolean> {
  const row = await findRfm(connection, projectId);
  if (row === undefined || row.borders !== null) return false;
  await refreshBorders(connection, projectId, now);
  return (await bordersOf(connection, projectId)) !== null;
}

/** Those in force, and the currency of the amounts; null while there are none. */
export async function bordersOf(connection: Connection, projectId: string): Promise<Scoring> {
  const row = await findRfm(connection, projectId);
  return row?.borders == null ? null : { currency: row.document.currency, borders: row.borders };
}
