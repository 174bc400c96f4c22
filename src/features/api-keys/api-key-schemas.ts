import { z } from "zod";
import { secondsPerDay } from "../../engine/zone.ts";
import { environment, roles } from "../../platform/auth.ts";
import { pageOf } from "../../platform/pagination.ts";

const role = z.enum(roles).meta({ id: "Role" });
const requestsPerMinute = z
  .int()
  .min(1)
  .max(100_000_000)
  .nullable()
  .describe("How many requests it may make in a minute. Null: as many as its role may.");
const name = z.string().min(1).max(200);

export const apiKeyToCreate = z
  .strictObject({
    name,
    role,
    environment,
    requestsPerMinute: requestsPerMinute.optional(),
    expiresAt: z.iso
      .datetime({ offset: true })
      .optional()
      .describe("Left out, it is valid until it is revoked."),
  })
  .meta({ id: "ApiKeyCreation" });
export type ApiKeyToCreate = z.output<typeof apiKeyToCreate>;

export const apiKeyChange = z
  .strictObject({
    name: name.optional(),
    expiresAt: z.iso
      .datetime({ offset: true })
      .nullable()
      .optional()
      .describe("Null: it is valid until it is revoked."),
    requestsPerMinute: requestsPerMinute.optional(),
  })
  .meta({ id: "ApiKeyChange", description: "What is left out stays as it is." });
export type ApiKeyChange = z.output<typeof apiKeyChange>;

export const rotation = z
  .strictObject({
    graceSeconds: z
      .int()
      .min(0)
      .max(2_592_000)
      .default(secondsPerDay)
      .describe("How long the old secret stays valid beside the new one."),
  })
  .meta({ id: "ApiKeyRotation" });

const fields = {
  id: z.string(),
  name: z.string(),
  role,
  environment,
  requestsPerMinute,
  secrets: z
    .array(
      z
        .object({ hint: z.string(), createdAt: z.iso.datetime(), expiresAt: z.iso.datetime().nullable() })
        .meta({ id: "ApiKeySecret", description: "A valid secret, told by its beginning." }),
    )
    .describe("The valid secrets, newest first: one, or two while the key is rotated."),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
  lastUsedAt: z.iso.datetime().nullable().describe("To the minute."),
};

export const apiKey = z.object(fields).meta({ id: "ApiKey" });
export type ApiKey = z.output<typeof apiKey>;

export const issuedApiKey = z
  .object({ ...fields, secret: z.string().describe("Shown this once. Only its hash is stored.") })
  .meta({ id: "IssuedApiKey" });
export type IssuedApiKey = z.output<typeof issuedApiKey>;

export const apiKeyPage = pageOf(apiKey, "ApiKeyPage");
