import { z } from "zod";

/** Where a rule of thumb misleads, or the figures are too few to lean on. */
export const caution = z.object({ code: z.string(), message: z.string() }).meta({ id: "Caution" });
export type Caution = z.output<typeof caution>;

export interface Calculated<Result> {
  readonly result: Result;
  readonly cautions: readonly Caution[];
}

/** A calculator of a planner's desk: a pure function of what it is told, which reads nothing of the project. */
export interface Calculation {
  /** As in `/v1/planning/{name}`. */
  readonly name: string;
  /** Of the field of GraphQL, and of its types. */
  readonly id: string;
  readonly summary: string;
  /** As a reader would write it down. */
  readonly formula: string;
  readonly source: string;
  readonly input: z.ZodObject;
  readonly result: z.ZodType;
  readonly example: unknown;
  compute(input: unknown): Calculated<unknown>;
}

interface TypedCalculation<Input extends z.ZodObject, Result extends z.ZodType>
  extends Omit<Calculation, "input" | "result" | "example" | "compute"> {
  readonly input: Input;
  readonly result: Result;
  readonly example: z.input<Input>;
  compute(input: z.output<Input>): Calculated<z.output<Result>>;
}

/** Checks its types, and forgets them. */
export function defineCalculation<Input extends z.ZodObject, Result extends z.ZodType>(
  calculation: TypedCalculation<Input, Result>,
): Calculation {
  return calculation as unknown as Calculation;
}

/** Ratios are told to four decimals: what they are worked out from is seldom known better. */
export function toFourDecimals(value: number): number {
  return Math.round(value * 10_000) / 10_000 + 0;
}
