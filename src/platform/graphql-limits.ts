import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from "graphql";
import { problem } from "./problem.ts";

export const graphqlLimits = {
  characters: 50_000,
  tokens: 4_000,
  nesting: 60,
  depth: 16,
  rootFields: 20,
  fields: 1_000,
} as const;

/** What can be seen of a document before it is parsed. */
export function requireModestSource(source: string): void {
  if (source.length > graphqlLimits.characters) {
    throw tooComplex(
      `The document is longer than ${graphqlLimits.characters} characters; send values as variables.`,
    );
  }
  // Mercurius would take a parsed document in JSON for a query, past every limit of the parser.
  if (/^\s*\{\s*"/.test(source)) {
    throw problem("invalid-graphql", { detail: "The query must be GraphQL source text." });
  }
  let open = 0;
  for (let at = 0; at < source.length; at += 1) {
    const character = source.charCodeAt(at);
    if (character === 0x7b || character === 0x5b || character === 0x28) {
      open += 1;
      // The parser recurses, so this must be known before it runs.
      if (open > graphqlLimits.nesting) {
        throw tooComplex(`Nested deeper than ${graphqlLimits.nesting} brackets.`);
      }
    } else if (character === 0x7d || character === 0x5d || character === 0x29) {
      open -= 1;
    }
  }
}

interface Size {
  depth: number;
  fields: number;
}

/**
 * Refuses a document that would be expensive, before it is validated: some of GraphQL's own validation rules take time
 * quadratic in the fields. Fragments count as often as they are spread, each measured once.
 */
export function requireModestDocument(document: DocumentNode): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  const measured = new Map<string, Size>();
  const cyclic: Size = { depth: 0, fields: 0 };

  const sizeOfFragment = (name: string): Size => {
    const known = measured.get(name);
    if (known !== undefined) {
      return known;
    }
    // A fragment that leads back to itself is refused by validation; here it only must not loop.
    measured.set(name, cyclic);
    const fragment = fragments.get(name);
    const size = fragment === undefined ? cyclic : sizeOf(fragment.selectionSet);
    measured.set(name, size);
    return size;
  };

  const sizeOf = ({ selections }: SelectionSetNode): Size => {
    let depth = 0;
    let fields = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const inner = selection.selectionSet === undefined ? cyclic : sizeOf(selection.selectionSet);
        depth = Math.max(depth, inner.depth + 1);
        fields += inner.fields + 1;
      } else {
        const inner =
          selection.kind === Kind.FRAGMENT_SPREAD
            ? sizeOfFragment(selection.name.value)
            : sizeOf(selection.selectionSet);
        depth = Math.max(depth, inner.depth);
        fields += inner.fields;
      }
    }
    return { depth, fields };
  };

  const rootFieldsOf = ({ selections }: SelectionSetNode, open: ReadonlySet<string>): number =>
    selections.reduce((sum, selection) => {
      if (selection.kind === Kind.FIELD) {
        return sum + 1;
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        return sum + rootFieldsOf(selection.selectionSet, open);
      }
      const name = selection.name.value;
      const fragment = fragments.get(name);
      return fragment === undefined || open.has(name)
        ? sum
        : sum + rootFieldsOf(fragment.selectionSet, new Set([...open, name]));
    }, 0);

  let fields = 0;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION && definition.kind !== Kind.FRAGMENT_DEFINITION) {
      continue;
    }
    if (definition.kind === Kind.OPERATION_DEFINITION && definition.operation === "subscription") {
      throw problem("invalid-graphql", { detail: "There are no subscriptions." });
    }
    const size = sizeOf(definition.selectionSet);
    fields += size.fields;
    if (size.depth > graphqlLimits.depth) {
      throw tooComplex(`Fields are nested deeper than ${graphqlLimits.depth}.`);
    }
    if (fields > graphqlLimits.fields) {
      throw tooComplex(`More than ${graphqlLimits.fields} fields.`);
    }
    if (
      definition.kind === Kind.OPERATION_DEFINITION &&
      rootFieldsOf(definition.selectionSet, new Set()) > graphqlLimits.rootFields
    ) {
      throw tooComplex(`More than ${graphqlLimits.rootFields} fields at the root.`);
    }
  }
}

export function tooComplex(detail: string) {
  return problem("graphql-too-complex", { detail });
}
