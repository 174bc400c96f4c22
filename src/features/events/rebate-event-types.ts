/** What is told of rebates. */
import { z } from "zod";

const statementData = z.object({
  statement: z.string(),
  agreement: z.string().describe("Its key."),
  period: z.string(),
  dealer: z.string(),
  total: z.int().describe("Minor units; below zero the dealer owes it."),
  currency: z.string().length(3),
});
const statementKind = (summary: string) => ({
  summary,
  subject: "the statement's id",
  data: statementData,
  example: {
    subject: "rst_01kb3t7m8n9p0q1r2s3t4v5w6x",
    data: {
      statement: "rst_01kb3t7m8n9p0q1r2s3t4v5w6x",
      agreement: "gold-2026",
      period: "2026-Q4",
      dealer: "d-9",
      total: 1_500_000,
      currency: "CNY",
    },
  },
});

export const rebateEventTypes = {
  "dealwright.rebate.period_closed": {
    summary: "A period of a rebate agreement was closed, with a statement for each dealer.",
    subject: "the agreement's key",
    data: z.object({
      agreement: z.string(),
      period: z.string(),
      statements: z.int(),
      total: z.int(),
      currency: z.string().length(3),
    }),
    example: {
      subject: "gold-2026",
      data: { agreement: "gold-2026", period: "2026-Q4", statements: 12, total: 18_250_000, currency: "CNY" },
    },
  },
  "dealwright.rebate.statement_approved": statementKind("A dealer's statement was approved."),
  "dealwright.rebate.statement_paid": statementKind("A dealer's statement was paid."),
} as const;
