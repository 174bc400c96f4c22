import {
  type CompiledPromotion,
  compilePromotion,
  type PromotionDocument,
  promotionSchema,
  type SelectorTable,
} from "../../engine/promotion.ts";
import { type ProblemCode, type ProblemError, problem } from "../../platform/problem.ts";
import { problemErrorsOf } from "../../platform/validation.ts";

export interface CompileContext {
  id: string | null;
  timezone: string;
  /** Left out: the selectors are shared with nothing. */
  selectors?: SelectorTable;
}

export type CheckedDocument =
  | { document: PromotionDocument; compiled: CompiledPromotion; errors: null }
  | { document: PromotionDocument | null; compiled: null; errors: ProblemError[] };

/** Both halves of what makes a promotion right: its shape, with the defaults filled in, and its sense. */
export function checkDocument(
  input: unknown,
  { id, timezone, selectors = new Map() }: CompileContext,
): CheckedDocument {
  const shape = promotionSchema.safeParse(input, { reportInput: true });
  if (!shape.success) {
    return { document: null, compiled: null, errors: problemErrorsOf(shape.error.issues) };
  }
  const { promotion, issues } = compilePromotion(shape.data, { id, defaultTimezone: timezone, selectors });
  return issues === null
    ? { document: shape.data, compiled: promotion, errors: null }
    : { document: shape.data, compiled: null, errors: issues };
}

/** Throws `code` with every fault, each with its path; `prefix` says where in the request the document stands. */
export function requireSound(
  input: unknown,
  context: CompileContext,
  { code = "invalid-promotion", prefix = "" }: { code?: ProblemCode; prefix?: string } = {},
): { document: PromotionDocument; compiled: CompiledPromotion } {
  const checked = checkDocument(input, context);
  if (checked.errors === null) return checked;
  throw problem(code, { errors: checked.errors.map((error) => ({ ...error, path: prefix + error.path })) });
}

/** Drafts of one evaluation; their keys tell them apart. */
export function compileDrafts(
  documents: readonly unknown[],
  timezone: string,
  path = "/promotions",
): CompiledPromotion[] {
  const selectors: SelectorTable = new Map();
  const seen = new Set<string>();
  return documents.map((document, index) => {
    const { compiled } = requireSound(
      document,
      { id: null, timezone, selectors },
      { prefix: `${path}/${index}` },
    );
    if (seen.has(compiled.key)) {
      throw problem("invalid-promotion", {
        errors: [
          { path: `${path}/${index}/key`, code: "duplicate_key", message: "Two drafts have this key." },
        ],
      });
    }
    seen.add(compiled.key);
    return compiled;
  });
}

/** Between which instants its schedule lies; null: it is open there. */
export function windowOf({ schedule }: CompiledPromotion): { startsAt: Date | null; endsAt: Date | null } {
  const instant = (at: number | null | undefined) => (at === null || at === undefined ? null : new Date(at));
  return { startsAt: instant(schedule?.startsAt), endsAt: instant(schedule?.endsAt) };
}
