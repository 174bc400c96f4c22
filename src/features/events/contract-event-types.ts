/** What is told of contracts. */
import { z } from "zod";

const kind = (summary: string) => ({
  summary,
  subject: "the contract's id",
  data: z.object({
    contract: z.string(),
    customer: z.string(),
    kind: z.string().nullable(),
    endsOn: z.string().describe("Its last day."),
    renewedBy: z.string().nullable().describe("The contract that is its next term."),
  }),
  example: {
    subject: "2026-0042",
    data: {
      contract: "2026-0042",
      customer: "c-42",
      kind: "maintenance",
      endsOn: "2026-12-31",
      renewedBy: null,
    },
  },
});

export const contractEventTypes = {
  "dealwright.contract.changed": kind("A contract was entered or changed."),
  "dealwright.contract.renewed": kind("A contract was renewed, by an order, by hand or by itself."),
  "dealwright.contract.ended": kind("The last day of a contract is over, and no other term follows."),
  "dealwright.contract.cancelled": kind("A contract was given up before its end."),
} as const;
