/** Whoever names a guest that was merged into a customer means the customer. */
import { z } from "zod";
import type { CustomerData } from "../../platform/customer-data.ts";
import type { Connection, Database } from "../../platform/database.ts";
import type { Operation } from "../../platform/operation.ts";
import { aliasRecords, deleteAliases, findAliases } from "./customer-alias-store.ts";

/** The customers whom these ids stand for, by id; for ids that stand for themselves, the same. */
export async function customersMeant(
  connection: Connection,
  projectId: string,
  ids: readonly (string | null | undefined)[],
): Promise<(id: string) => string> {
  const named = [...new Set(ids)].filter((id) => typeof id === "string");
  if (named.length === 0) return (id) => id;
  const aliases = await findAliases(connection, projectId, named);
  return (id) => aliases.get(id) ?? id;
}

/**
 * These look by themselves, in a statement that they need anyway; or, as a merge does, take ids for what they are. Whoever takes an
 * Idempotency-Key must: a repetition is known by what was said, before the merge as after it. Carts, whose customer is no mere id,
 * are looked at where their facts are read.
 */
const looksItself = new Set([
  "mergeCustomers",
  "putOrder",
  "claimCoupon",
  "adjustPoints",
  "spendPoints",
  "issueOfflineVoucher",
]);

type Parts = Record<"params" | "query" | "body", Record<string, unknown>>;

const ofCustomers = "/v1/customers/{id}";

/** The operations as they are, but that an id in a field `customer`, or of a path of customers, is that of the customer meant. */
export function meantForCustomers(
  operations: readonly Operation[],
  database: Pick<Database, "of">,
): Operation[] {
  return operations.map((operation) => {
    const { id, path, params, query, body, handler } = operation;
    const fields = [
      { of: "params", name: "customer", isThere: has(params, "customer") },
      { of: "params", name: "id", isThere: path === ofCustomers || path.startsWith(`${ofCustomers}/`) },
      { of: "query", name: "customer", isThere: has(query, "customer") },
      { of: "body", name: "customer", isThere: has(body, "customer") },
    ] as const;
    const named = fields.filter(({ isThere }) => isThere);
    if (named.length === 0 || looksItself.has(id)) return operation;
    return {
      ...operation,
      async handler(input) {
        const parts = input as unknown as Parts;
        const stated = named.filter(({ of, name }) => typeof parts[of]?.[name] === "string");
        if (stated.length === 0) return handler(input);
        const { projectId } = input.context;
        const ids = stated.map(({ of, name }) => parts[of][name] as string);
        const meant = await customersMeant(database.of(projectId), projectId, ids);
        const changed: Partial<Parts> = {};
        for (const { of, name } of stated)
          changed[of] = { ...parts[of], ...changed[of], [name]: meant(parts[of][name] as string) };
        return handler({ ...input, ...changed });
      },
    };
  });
}

function has(schema: z.ZodType | undefined, field: string): boolean {
  return schema instanceof z.ZodObject && field in schema.shape;
}

/** Last of all that is erased of a customer: until then it is known under which ids there is something of them. */
export const aliasCustomerData: CustomerData = {
  name: "aliases",
  read: aliasRecords,
  erase: deleteAliases,
};
