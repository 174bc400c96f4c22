import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

const name = z.string().min(1).max(limits.nameLength).optional();
const instant = z.iso.datetime({ offset: true }).optional();

const filters = {
  resource: name.describe("The kind of thing changed, such as `promotion`, `project`, `api_key`."),
  id: name.describe("The id of the thing changed."),
  key: name.describe("The id of the API key that changed it."),
  operation: name.describe("The id of the operation, such as `activatePromotion`."),
  from: instant.describe("Not before this instant."),
  to: instant.describe("Before this instant."),
};

export const auditQuery = pageQuery.extend(filters);
export type AuditQuery = z.output<typeof auditQuery>;

export const auditExportQuery = z.strictObject({
  ...filters,
  format: z
    .enum(["ndjson", "csv"])
    .optional()
    .meta({ id: "AuditExportFormat" })
    .describe("Before what `Accept` says."),
});
export type AuditExportQuery = z.output<typeof auditExportQuery>;

const state = z
  .record(z.string(), z.unknown())
  .meta({ id: "AuditedState", scalar: true, description: "A thing as it was, without its secrets." })
  .nullable();

export const auditEntry = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    operation: z.string(),
    resource: z.string(),
    resourceId: z.string(),
    apiKeyId: z.string().describe("Whose key it was; `system` for what the service does by itself."),
    apiKeyName: z.string().nullable().describe("As the key was called then."),
    role: z.string(),
    address: z
      .string()
      .nullable()
      .describe("The network it came from (IPv4 to /24, IPv6 to /48); null for what was scheduled."),
    requestId: z.string(),
    before: state.describe("Null for what was not there."),
    after: state.describe("Null for what is no longer there."),
    sequence: z
      .int()
      .nullable()
      .describe("Its place in the project's chain; null for a moment, until it is sealed."),
    hash: z.string().nullable().describe("SHA-256 over it and the hash before it, in hex."),
  })
  .meta({ id: "AuditEntry" });
export type AuditEntry = z.output<typeof auditEntry>;
export const auditPage = pageOf(auditEntry, "AuditPage");

const point = z.object({ sequence: z.int(), hash: z.string() }).meta({ id: "AuditChainPoint" });

export const auditHead = z
  .object({
    sequence: z.int().describe("The place of the last sealed entry; 0 without one."),
    hash: z.string(),
    sealedAt: z.iso.datetime().nullable(),
    checkpoint: point.describe("Up to where entries were forgotten, by the project's `auditRetentionDays`."),
  })
  .meta({
    id: "AuditHead",
    description:
      "The end of the project's chain. Note it elsewhere, and `npm run verify-audit` tells whether the chain still passes through it.",
  });
export type AuditHead = z.output<typeof auditHead>;
