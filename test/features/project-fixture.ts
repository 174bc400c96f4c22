import { describeSecret, newSecret } from "../../src/features/api-keys/api-key-secret.ts";
import { insertApiKey, insertSecret } from "../../src/features/api-keys/api-key-store.ts";
import { defaultSettings } from "../../src/features/projects/project-schemas.ts";
import { insertProject } from "../../src/features/projects/project-store.ts";
import { type Role, roles } from "../../src/platform/auth.ts";
import { newId } from "../../src/platform/ids.ts";
import type { TestDatabase } from "../database.ts";

export interface ProjectWithKeys {
  id: string;
  keys: Record<Role, string>;
}

/** A project of its own with a key for every role. */
export async function projectWithKeys(
  database: Pick<TestDatabase, "orm">,
  now: number,
): Promise<ProjectWithKeys> {
  const id = newId("prj");
  const createdAt = new Date(now);
  await insertProject(database.orm, {
    id,
    key: id.replace("_", "-"),
    name: "Test",
    settings: defaultSettings,
    createdAt,
  });
  const keys: Partial<Record<Role, string>> = {};
  for (const role of roles) {
    const { secret } = newSecret("live");
    const apiKeyId = newId("key");
    await insertApiKey(database.orm, {
      projectId: id,
      id: apiKeyId,
      name: role,
      role,
      environment: "live",
      createdAt,
      expiresAt: null,
      revokedAt: null,
      lastUsedAt: null,
    });
    const { hash, hint } = describeSecret(secret);
    await insertSecret(database.orm, { projectId: id, apiKeyId, hash, hint, createdAt, expiresAt: null });
    keys[role] = secret;
  }
  return { id, keys: keys as Record<Role, string> };
}
