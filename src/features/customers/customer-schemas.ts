import { z } from "zod";
import { limits } from "../../engine/limits.ts";

export const customerParams = z.strictObject({
  id: z.string().min(1).max(limits.nameLength).describe("As the shop calls the customer."),
});

/** Of each kind; who has more is told so. */
export const mostRecords = 10_000;

const pseudonym = z.string().describe("What stands in place of the customer's id once they are erased.");

export const customerExport = z
  .object({
    customer: z.string(),
    pseudonym,
    records: z
      .record(z.string(), z.array(z.record(z.string(), z.unknown())))
      .meta({ id: "CustomerRecords", scalar: true })
      .describe("All that is kept under the customer's id, by kind, newest first."),
    isComplete: z.boolean().describe(`False if there are more than ${mostRecords} of a kind.`),
  })
  .meta({ id: "CustomerExport" });
export type CustomerExport = z.output<typeof customerExport>;

export const customerErasure = z
  .object({
    pseudonym,
    erased: z
      .record(z.string(), z.int())
      .meta({ id: "ErasedRecords", scalar: true })
      .describe("How many records of each kind were touched; all 0 when there is nothing left to erase."),
  })
  .meta({ id: "CustomerErasure" });
export type CustomerErasure = z.output<typeof customerErasure>;
