import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import { createFirstAdminKey } from "../api-keys/api-key-service.ts";
import { defaultSettings } from "./project-schemas.ts";
import { insertProject, isWithoutProjects, lockBootstrap } from "./project-store.ts";

export interface Bootstrapped {
  projectId: string;
  /** The only time it can be read. */
  adminKey: string;
}

/**
 * Makes the first project and its admin key in an empty database; null if there is a project already, whoever made it.
 * Any number of processes may start at once: one makes them, and only that one is told the key. What `fill` puts in
 * is there with the project or not at all.
 */
export function bootstrap(
  database: Database,
  clock: Clock,
  adminKey: string | undefined,
  fill: (connection: Connection, projectId: string) => Promise<void> = async () => {},
): Promise<Bootstrapped | null> {
  const projectId = newId("prj", clock.now());
  return withTransaction(database, projectId, async (connection) => {
    await lockBootstrap(connection);
    if (!(await isWithoutProjects(connection))) {
      return null;
    }
    const createdAt = new Date(clock.now());
    await insertProject(connection, {
      id: projectId,
      key: "demo",
      name: "Demo",
      settings: defaultSettings,
      createdAt,
    });
    await fill(connection, projectId);
    return { projectId, adminKey: await createFirstAdminKey(connection, projectId, adminKey, createdAt) };
  });
}
