/**
 * What a document would cost at most, by the operations it calls. Its variables are not asked: a page whose size is a
 * variable counts as the largest there is, so that a document which may run once may run always.
 */
import { type DocumentNode, type FieldNode, Kind } from "graphql";
import { z } from "zod";
import { sizeName } from "./graphql-connections.ts";
import { fieldsUnder, fragmentsOf, graphqlLimits, rootFieldsOf, tooComplex } from "./graphql-limits.ts";
import type { Operation } from "./operation.ts";

type Priced = Pick<Operation, "id" | "jsonField" | "method" | "query" | "cost" | "takesIdempotencyKey">;

const costOfRead = 10;
const costOfWork = 1_000;

/** Refuses a document that costs more than `graphqlLimits.cost`, or that would move money more than once. */
export function costGuard(operations: readonly Priced[]): (document: DocumentNode) => void {
  const byField = new Map(
    operations.flatMap((operation) => {
      const priced = { ...operation, page: pageOf(operation) };
      const names = [operation.id, ...(operation.jsonField === undefined ? [] : [operation.jsonField])];
      return names.map((name) => [name, priced] as const);
    }),
  );
  return (document) => {
    const fragments = fragmentsOf(document);
    const costOf = (field: FieldNode): number => {
      const operation = byField.get(field.name.value);
      const fields = fieldsUnder(field.selectionSet, fragments);
      if (operation === undefined) return fields;
      const rows = operation.page === null ? 1 : pageSizeOf(field, operation.page);
      return (operation.cost ?? (operation.method === "GET" ? costOfRead : costOfWork)) + rows * fields;
    };
    for (const definition of document.definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
      const roots = rootFieldsOf(definition.selectionSet, fragments);
      const cost = roots.reduce((sum, field) => sum + costOf(field), 0);
      if (cost > graphqlLimits.cost) {
        throw tooComplex(
          `It would cost ${cost} points, ${graphqlLimits.cost} are allowed; ask for less at once.`,
        );
      }
      // One that fails between two payments has half happened, and no idempotency key covers both.
      const payments = roots.filter(({ name }) => byField.get(name.value)?.takesIdempotencyKey === true);
      if (payments.length > graphqlLimits.moneyMutations) {
        throw tooComplex(
          `${payments.map(({ name }) => name.value).join(" and ")} move money or uses: one of them per request.`,
        );
      }
    }
  };
}

interface PageSizes {
  readonly usual: number;
  readonly largest: number;
}

/** What the operation itself says of the size of its pages; null where it answers no pages. */
function pageOf({ id, query }: Priced): PageSizes | null {
  const limit = query?.shape[sizeName.rest];
  if (limit === undefined) return null;
  const { default: usual, maximum: largest } = z.toJSONSchema(limit);
  if (typeof usual === "number" && largest !== undefined) return { usual, largest };
  throw new Error(`${id} does not say how large its pages are`);
}

function pageSizeOf(field: FieldNode, { usual, largest }: PageSizes): number {
  const size = field.arguments?.find(({ name }) => name.value === sizeName.graphql)?.value;
  if (size === undefined || size.kind === Kind.NULL) return usual;
  // One that is refused when it is asked for must not make up for what others cost.
  return size.kind === Kind.INT ? Math.max(1, Number(size.value)) : largest;
}
