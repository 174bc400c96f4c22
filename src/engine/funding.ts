/** Who pays for a discount, where several do: a joint marketing fund. */
import { z } from "zod";
import { limits } from "./limits.ts";
import { allocate, parsePercent } from "./money.ts";

/** The funder who is the order's dealer, whoever that is. */
export const dealerFunder = "dealer";

export const fundingSchema = z
  .array(
    z
      .strictObject({
        funder: z.string().min(1).max(limits.nameLength),
        percent: z.number().min(0.0001).max(100),
      })
      .meta({ id: "FundingShare" }),
  )
  .min(2)
  .max(10)
  .meta({
    id: "Funding",
    description:
      "Shares of every discount, which come to 100 percent. `dealer` is the order's dealer: the promotion then applies to no cart without one.",
  });
export type Funding = z.output<typeof fundingSchema>;

export interface FundedPart {
  funder: string;
  percent: number;
  amount: number;
}

/** The shares of an amount (minor units, also below zero), which they come to exactly: largest remainder, earlier shares first. */
export function sharesOf(amount: number, funding: readonly Funding[number][]): FundedPart[] {
  const sign = amount < 0 ? -1 : 1;
  const { base, extra } = allocate(
    Math.abs(amount),
    funding.map(({ percent }) => ({
      weight: parsePercent(percent)!,
      count: 1,
      room: Number.MAX_SAFE_INTEGER,
    })),
  );
  return funding.map(({ funder, percent }, at) => ({
    funder,
    percent,
    amount: sign * (base[at]! + extra[at]!) || 0,
  }));
}

/** Shares of two amounts by the same funding, added up. */
export function bothOf(some: readonly FundedPart[], more: readonly FundedPart[]): FundedPart[] {
  return some.map((part, at) => ({ ...part, amount: part.amount + more[at]!.amount }));
}

export function fundingFaults(funding: Funding = []): { path: string; code: string; message: string }[] {
  if (funding.length === 0) return [];
  const shares = funding.map(({ percent }) => parsePercent(percent));
  if (shares.some((share) => share === null))
    return [{ path: "/funding", code: "too_many_decimals", message: "At most four decimals." }];
  if (shares.reduce((sum, share) => sum! + share!, 0) !== parsePercent(100))
    return [{ path: "/funding", code: "shares_not_whole", message: "The shares come to 100 percent." }];
  const funders = new Set(funding.map(({ funder }) => funder));
  return funders.size === funding.length
    ? []
    : [{ path: "/funding", code: "funder_twice", message: "Each funder has one share." }];
}
