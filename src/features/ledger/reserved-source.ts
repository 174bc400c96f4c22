/** What vouchers set aside would give way to whoever says that its order is theirs: nobody else's order is from there. */
import { voucherSource } from "../../ledger/books.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";

export function requireOwnSource(source: string): void {
  if (source === voucherSource) throw problem("invalid-request", { errors: [reservedSource("/source")] });
}

export function reservedSource(path: string): ProblemError {
  return { path, code: "reserved", message: "Only what offline vouchers set aside is from this source." };
}
