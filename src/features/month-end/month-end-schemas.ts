import { z } from "zod";

const instant = z.iso.datetime({ offset: true });

export const redemptionExportQuery = z.strictObject({
  from: instant.describe("What was committed, returned or cancelled at this instant or later."),
  to: instant.describe("Before this instant; at most 366 days after `from`."),
  format: z
    .enum(["ndjson", "csv"])
    .optional()
    .meta({ id: "RedemptionExportFormat" })
    .describe("Before what `Accept` says."),
});
export type RedemptionExportQuery = z.output<typeof redemptionExportQuery>;
