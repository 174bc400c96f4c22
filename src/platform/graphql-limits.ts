import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
} from "graphql";
import { problem } from "./problem.ts";

export const graphqlLimits = {
  characters: 50_000,
  tokens: 4_000,
  nesting: 60,
  depth: 16,
  rootFields: 20,
  aliases: 50,
  fields: 1_000,
  /** Points: a read is 10, a cart or a write 1,000; what a page holds counts as often as it has rows. */
  cost: 29_900,
  moneyMutations: 1,
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

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

export function fragmentsOf({ definitions }: DocumentNode): Fragments {
  return new Map(
    definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  );
}

interface Size {
  readonly depth: number;
  readonly fields: number;
  readonly aliases: number;
}

const nothing: Size = { depth: 0, fields: 0, aliases: 0 };

/** Sizes with fragments counted as often as they are spread, each of them measured once. */
function measure(fragments: Fragments): (set: SelectionSetNode | undefined) => Size {
  const measured = new Map<string, Size>();

  const sizeOfFragment = (name: string): Size => {
    const known = measured.get(name);
    if (known !== undefined) return known;
    // A fragment that leads back to itself is refused by validation; here it only must not loop.
    measured.set(name, nothing);
    const size = sizeOf(fragments.get(name)?.selectionSet);
    measured.set(name, size);
    return size;
  };

  const sizeOf = (set: SelectionSetNode | undefined): Size => {
    let { depth, fields, aliases } = nothing;
    for (const selection of set?.selections ?? []) {
      const isField = selection.kind === Kind.FIELD;
      const inner =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? sizeOfFragment(selection.name.value)
          : sizeOf(selection.selectionSet);
      depth = Math.max(depth, inner.depth + (isField ? 1 : 0));
      // A spread counts as well: spreads that double and come to no field at all are work all the same.
      fields += inner.fields + 1;
      aliases += inner.aliases + (isField && selection.alias !== undefined ? 1 : 0);
    }
    return { depth, fields, aliases };
  };
  return sizeOf;
}

export function fieldsUnder(set: SelectionSetNode | undefined, fragments: Fragments): number {
  return measure(fragments)(set).fields;
}

/**
 * Refuses a document that is large, before it is validated: some of GraphQL's own validation rules take time quadratic
 * in the fields.
 */
export function requireModestDocument(document: DocumentNode): void {
  const fragments = fragmentsOf(document);
  const sizeOf = measure(fragments);
  let fields = 0;
  let aliases = 0;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION && definition.kind !== Kind.FRAGMENT_DEFINITION) {
      continue;
    }
    const isOperation = definition.kind === Kind.OPERATION_DEFINITION;
    if (isOperation && definition.operation === "subscription") {
      throw problem("invalid-graphql", { detail: "There are no subscriptions." });
    }
    const size = sizeOf(definition.selectionSet);
    fields += size.fields;
    aliases += size.aliases;
    if (size.depth > graphqlLimits.depth) {
      throw tooComplex(`Fields are nested deeper than ${graphqlLimits.depth}.`);
    }
    if (fields > graphqlLimits.fields) {
      throw tooComplex(`More than ${graphqlLimits.fields} fields.`);
    }
    if (aliases > graphqlLimits.aliases) {
      throw tooComplex(`More than ${graphqlLimits.aliases} aliases.`);
    }
    if (isOperation && rootFieldsOf(definition.selectionSet, fragments).length > graphqlLimits.rootFields) {
      throw tooComplex(`More than ${graphqlLimits.rootFields} fields at the root.`);
    }
  }
}

/** The fields a document calls, those of fragments as often as they are spread. Only of a document of modest size. */
export function rootFieldsOf(
  { selections }: SelectionSetNode,
  fragments: Fragments,
  open: ReadonlySet<string> = new Set(),
): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) return rootFieldsOf(selection.selectionSet, fragments, open);
    const name = selection.name.value;
    const fragment = fragments.get(name);
    return fragment === undefined || open.has(name)
      ? []
      : rootFieldsOf(fragment.selectionSet, fragments, new Set([...open, name]));
  });
}

export function tooComplex(detail: string) {
  return problem("graphql-too-complex", { detail });
}
