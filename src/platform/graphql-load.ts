import { type DocumentNode, Kind, type OperationDefinitionNode } from "graphql";
import { fragmentsOf, rootFieldsOf } from "./graphql-limits.ts";
import type { Operation } from "./operation.ts";
import { type Load, loads } from "./pressure.ts";
import { loadOf } from "./rest.ts";

/**
 * As what a document may wait before anybody has read it: a flood of carts would otherwise take the places of what changes
 * something. Who hides the word in a query has the document read, and is turned away then.
 */
export function greatestLoadOf(source: string): Load {
  return /\bmutation\b/.test(source) ? "writing" : "pricing";
}

type Sorted = Pick<Operation, "id" | "jsonField" | "method" | "graphql">;

/**
 * What kind of load a document is: of the operations it calls, the one that is turned away first. Nobody gets a list served
 * under overload by asking for a price beside it.
 */
export function documentLoads(
  operations: readonly Sorted[],
): (document: DocumentNode, operationName: string | undefined) => Load {
  const byField = new Map(
    operations.flatMap((operation) => {
      const load = loadOf(operation);
      const names = [operation.id, ...(operation.jsonField === undefined ? [] : [operation.jsonField])];
      return names.map((name) => [name, load] as const);
    }),
  );
  // Documents are kept by their text, and asked about with each request.
  const known = new WeakMap<OperationDefinitionNode, Load>();

  function loadOfRun(run: OperationDefinitionNode, document: DocumentNode): Load {
    const called = new Set(
      rootFieldsOf(run.selectionSet, fragmentsOf(document)).map(({ name }) => byField.get(name.value)),
    );
    return loads.find((load) => called.has(load)) ?? "reading";
  }

  return (document, operationName) => {
    const run = document.definitions.find(
      (definition) =>
        definition.kind === Kind.OPERATION_DEFINITION &&
        (operationName === undefined || definition.name?.value === operationName),
    ) as OperationDefinitionNode | undefined;
    // Nothing is run then, and GraphQL says why.
    if (run === undefined) return "reading";
    let load = known.get(run);
    if (load === undefined) {
      load = loadOfRun(run, document);
      known.set(run, load);
    }
    return load;
  };
}
