/** The keys that vouchers are signed with: one signs, those before it still prove what they signed. */
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { recordChange } from "../audit/audit-service.ts";
import { mostValidSeconds, type OfflineKeySet } from "./offline-schemas.ts";
import { findSigningKey, insertSigningKey, publishedKeys, retireSigningKey } from "./offline-store.ts";
import { type KeyPair, newKeyPair } from "./voucher-token.ts";

export interface OfflineKeyService {
  /** What tills keep; makes the first key, so that they know it before the first voucher. */
  published(projectId: string): Promise<OfflineKeySet>;
  /** A new key signs from now on. Vouchers of the old one stay good until they expire, unless it is compromised. */
  rotate(context: OperationContext, isCompromised: boolean): Promise<OfflineKeySet>;
  signingKey(projectId: string): Promise<KeyPair>;
}

export function offlineKeyService({
  database,
  clock,
}: {
  database: Database;
  clock: Clock;
}): OfflineKeyService {
  async function signingKey(connection: Connection, projectId: string): Promise<KeyPair> {
    const known = await findSigningKey(connection, projectId);
    if (known === undefined)
      await insertSigningKey(connection, projectId, newKeyPair(), new Date(clock.now()));
    const key = known ?? (await findSigningKey(connection, projectId));
    if (key?.privateKey == null) throw new Error("the signing key was retired as it was made");
    return { id: key.id, publicKey: key.publicKey, privateKey: key.privateKey };
  }

  async function published(projectId: string): Promise<OfflineKeySet> {
    await signingKey(database.of(projectId), projectId);
    const keys = await publishedKeys(database.of(projectId), projectId, new Date(clock.now()));
    return {
      keys: keys.map(({ id, publicKey }) => ({
        kty: "OKP",
        crv: "Ed25519",
        x: publicKey.toString("base64url"),
        kid: id,
        alg: "EdDSA",
        use: "sig",
      })),
    };
  }

  return {
    published,
    async rotate(context, isCompromised) {
      const { projectId } = context;
      const now = new Date(clock.now());
      // One that it signs at this moment is not among those stored; unless it begins later it is over by then.
      const publishedUntil = isCompromised ? null : new Date(now.getTime() + mostValidSeconds * 1_000);
      await withTransaction(database, projectId, async (connection) => {
        const before = await findSigningKey(connection, projectId);
        await retireSigningKey(connection, projectId, { retiredAt: now, publishedUntil });
        const pair = newKeyPair();
        await insertSigningKey(connection, projectId, pair, now);
        await recordChange(connection, context, {
          id: pair.id,
          before: before === undefined ? null : { signingKeyId: before.id },
          after: { signingKeyId: pair.id, isCompromised },
        });
      });
      return published(projectId);
    },
    signingKey: (projectId) => signingKey(database.of(projectId), projectId),
  };
}
