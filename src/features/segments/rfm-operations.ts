import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { presetRequest, presetResult, rfmDocument, rfmSettings } from "./rfm-schemas.ts";
import type { RfmService } from "./rfm-service.ts";

const tag = "segments";
const readers: readonly Role[] = ["marketing", "viewer"];
const writers: readonly Role[] = ["marketing"];
const versionTag = ({ version }: { version: number }) => String(version);

export function rfmOperations(service: RfmService): Operation[] {
  return [
    defineOperation({
      id: "rfm",
      method: "GET",
      path: "/v1/rfm",
      graphql: "query",
      tag,
      summary: "By what customers are scored: how lately, how often and for how much they bought.",
      roles: readers,
      result: rfmSettings,
      etag: versionTag,
      problems: ["rfm-not-configured"],
      handler: ({ context }) => service.settings(context.projectId),
    }),
    defineOperation({
      id: "putRfm",
      method: "PUT",
      path: "/v1/rfm",
      graphql: "mutation",
      tag,
      audit: { resource: "rfm" },
      summary: "Say by what customers are scored.",
      description:
        "Quintiles follow from the customers and are worked out in the background, then once a day; fixed borders are in force at once.",
      roles: writers,
      body: rfmDocument,
      result: rfmSettings,
      takesIfMatch: true,
      etag: versionTag,
      example: {
        currency: "CNY",
        method: "fixed",
        borders: {
          recency: [14, 30, 60, 90],
          frequency: [1, 2, 4, 9],
          amount: [20_000, 50_000, 100_000, 300_000],
        },
      },
      problems: [],
      handler: ({ body, ifMatch, context }) => service.put(context, ifMatch, body),
    }),
    defineOperation({
      id: "createPresetSegments",
      method: "POST",
      path: "/v1/segments/presets",
      graphql: "mutation",
      tag,
      audit: { resource: "segment" },
      summary:
        "Create the usual segments: high-value-active, at-risk, dormant (no order for more than 90 days), new.",
      description: "Those whose key is there already stay as they are.",
      roles: writers,
      body: presetRequest,
      result: presetResult,
      example: { presets: ["dormant", "new"], currency: "CNY" },
      problems: ["segment-key-taken", "too-many-segments"],
      handler: ({ body, context }) => service.createPresets(context, body),
    }),
  ];
}
