import { z } from "zod";
import { attributes } from "../../engine/cart.ts";
import { limits } from "../../engine/limits.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

const name = z.string().min(1).max(limits.nameLength);
const names = z.array(name).max(limits.namesPerField);

export const customerId = name.describe("As the shop calls the customer.");
export const customerParams = z.strictObject({ id: customerId });

/** Of all attributes of a customer together, as JSON. */
export const mostAttributeBytes = 16_384;
export const mostConsents = 50;

const consents = z
  .record(
    z.string(),
    z
      .strictObject({
        granted: z.boolean(),
        at: z.iso.datetime({ offset: true }).describe("When it was given or taken back."),
        source: name.describe("Where the customer said so, such as `checkout` or `newsletter`."),
      })
      .meta({ id: "Consent" }),
  )
  .meta({ id: "Consents", scalar: true, description: "By purpose: `{ granted, at, source }`." });

const fields = z.strictObject({
  groups: names,
  tags: names,
  attributes,
  birthday: z
    .string()
    .regex(/^(?:\d{4}|-)-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/)
    .describe("`1990-02-28`, or `--02-28` where the year is not known."),
  locale: z
    .string()
    .max(35)
    .regex(/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/)
    .describe("A language tag (BCP 47), such as `zh-CN`."),
  consents,
  createdAt: z.iso.datetime({ offset: true }).describe("Since when the shop has known the customer."),
});

/** What is known of a customer, as it is kept. */
export type StoredCustomer = Partial<z.output<typeof fields>>;

const nullable = Object.fromEntries(
  Object.entries(fields.shape).map(([field, schema]) => [field, schema.nullable().optional()]),
) as { [Field in keyof typeof fields.shape]: z.ZodOptional<z.ZodNullable<(typeof fields.shape)[Field]>> };

export const customerDocument = z.strictObject(nullable).meta({
  id: "CustomerDocument",
  description: "What is left out stays as it is; null takes it away.",
});
export type CustomerDocument = z.output<typeof customerDocument>;

/** A line of the bulk stream. */
export const bulkCustomer = customerDocument.extend({ id: customerId });

export const customer = z
  .object({
    id: customerId,
    groups: names,
    tags: names,
    attributes,
    birthday: z.string().nullable(),
    locale: z.string().nullable(),
    consents,
    version: z.int().describe("Counts up with every change; the ETag."),
    createdAt: z.iso
      .datetime({ offset: true })
      .describe("As the shop says; else when we first heard of the customer."),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "Customer" });
export type Customer = z.output<typeof customer>;
export const customerPage = pageOf(customer, "CustomerPage");

export const customerQuery = pageQuery.extend({
  group: name.optional(),
  tag: name.optional(),
  segment: name.optional().describe("The key of a segment they are in."),
  tier: name.optional().describe("The key of the membership tier they are in."),
  updatedSince: z.iso.datetime({ offset: true }).optional().describe("Changed at this instant or later."),
});
export type CustomerQuery = z.output<typeof customerQuery>;

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

export const customerMergeRequest = z
  .strictObject({
    guest: name.describe(
      "Under which the customer was known until now: the id of a cookie, a device, or another customer.",
    ),
  })
  .meta({ id: "CustomerMergeRequest" });

export const customerMergeAnswer = z
  .object({
    customer: customerId,
    guest: z.string().describe("From now on another name of the customer."),
    moved: z
      .record(z.string(), z.int())
      .meta({ id: "MovedRecords", scalar: true })
      .describe(
        "How many records of each kind became the customer's; all 0 when there is nothing left to move.",
      ),
  })
  .meta({ id: "CustomerMerge" });
export type CustomerMergeAnswer = z.output<typeof customerMergeAnswer>;
