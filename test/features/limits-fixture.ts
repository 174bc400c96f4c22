import { setTimeout as delay } from "node:timers/promises";
import type { TestDatabase } from "../database.ts";
import type { Api } from "./api.ts";
import { type ProjectWithKeys, projectWithKeys } from "./project-fixture.ts";

/** A project of its own, and each of `apis` speaking with its keys. */
export async function projectOfItsOwn<const Apis extends readonly Api[]>(
  database: TestDatabase,
  apis: Apis,
): Promise<{ project: ProjectWithKeys; apis: { [place in keyof Apis]: Api } }> {
  const project = await projectWithKeys(database, apis[0]?.clock.now() ?? 0);
  const those = apis.map((api) => ({
    ...api,
    project,
    rest: (method, url, call = {}) =>
      api.rest(method, url, { key: project.keys[call.role ?? "admin"], ...call }),
    graphql: (query, variables, call = {}) =>
      api.graphql(query, variables, { key: project.keys[call.role ?? "admin"], ...call }),
  })) as Api[];
  return { project, apis: those as unknown as { [place in keyof Apis]: Api } };
}

/** Asks until it is so: how long that takes is the machine's affair. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(5);
}
