import { defaultSettings } from "../../src/engine/settings.ts";
import { createWellKnownKey } from "../../src/features/api-keys/api-key-service.ts";
import { insertProject } from "../../src/features/projects/project-store.ts";
import type { Role } from "../../src/platform/auth.ts";
import { systemClock } from "../../src/platform/clock.ts";
import type { Connection } from "../../src/platform/database.ts";

/** A project to measure in, with one key. */
export async function insertBenchProject(
  connection: Connection,
  id: string,
  { key, role, secret }: { key: string; role: Role; secret: string },
): Promise<void> {
  const createdAt = new Date(systemClock.now());
  await insertProject(connection, { id, key, name: key, settings: defaultSettings, createdAt });
  await createWellKnownKey(connection, id, { name: "bench", role, environment: "live", secret }, createdAt);
}
