import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { pageQuery } from "../../platform/pagination.ts";
import { defineStreamOperation, type StreamOperation } from "../../platform/stream-operation.ts";
import type { SegmentMemberService } from "./segment-member-service.ts";
import {
  segment,
  segmentDeletion,
  segmentDocument,
  segmentMemberPage,
  segmentMembersChange,
  segmentMembersChanged,
  segmentPage,
  segmentParams,
  segmentPreview,
  segmentPreviewRequest,
  segmentQuery,
} from "./segment-schemas.ts";
import type { SegmentService } from "./segment-service.ts";

const tag = "segments";
const readers: readonly Role[] = ["marketing", "viewer"];
const writers: readonly Role[] = ["marketing"];
const versionTag = ({ version }: { version: number }) => String(version);
const dormant = { kind: "days_since_order", atLeast: 90 } as const;
const unaudited = { unaudited: "Who comes and who leaves are events; the trail could not forget anybody." };

export function segmentOperations(service: SegmentService, members: SegmentMemberService): Operation[] {
  return [
    defineOperation({
      id: "createSegment",
      method: "POST",
      path: "/v1/segments",
      graphql: "mutation",
      tag,
      audit: { resource: "segment" },
      summary: "Create a segment: by conditions about customers, or as a list that is filled by hand.",
      description:
        "With conditions everybody is looked at in the background (`isCurrent`), then whoever changes, and all once a day. Who comes in or leaves is an event.",
      roles: writers,
      status: 201,
      body: segmentDocument,
      result: segment,
      etag: versionTag,
      example: { key: "asleep", name: "No order for 90 days", conditions: dormant },
      problems: ["segment-key-taken", "too-many-segments"],
      handler: ({ body, context }) => service.create(context, body),
    }),
    defineOperation({
      id: "segments",
      method: "GET",
      path: "/v1/segments",
      graphql: "query",
      tag,
      summary: "The project's segments, newest first.",
      roles: readers,
      query: segmentQuery,
      result: segmentPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.list(context.projectId, query),
    }),
    defineOperation({
      id: "previewSegment",
      method: "POST",
      path: "/v1/segments/preview",
      graphql: "query",
      tag,
      summary: "Whom a segment would have, without storing it.",
      roles: readers,
      body: segmentPreviewRequest,
      result: segmentPreview,
      example: { conditions: dormant, sample: 5 },
      problems: [],
      handler: ({ body, context }) => service.preview(context.projectId, body),
    }),
    defineOperation({
      id: "segment",
      method: "GET",
      path: "/v1/segments/{key}",
      graphql: "query",
      tag,
      summary: "A segment.",
      roles: readers,
      params: segmentParams,
      result: segment,
      etag: versionTag,
      problems: ["segment-not-found"],
      handler: ({ params: { key }, context }) => service.segment(context.projectId, key),
    }),
    defineOperation({
      id: "updateSegment",
      method: "PUT",
      path: "/v1/segments/{key}",
      graphql: "mutation",
      tag,
      audit: { resource: "segment" },
      summary: "Replace a segment's document.",
      description: "Whoever is in it stays until everybody was looked at by the new conditions.",
      roles: writers,
      params: segmentParams,
      body: segmentDocument,
      result: segment,
      requiresIfMatch: true,
      etag: versionTag,
      example: { key: "sleepers", conditions: { kind: "days_since_order", atLeast: 60 } },
      problems: ["segment-not-found"],
      handler: ({ params: { key }, body, ifMatch, context }) => service.replace(context, key, ifMatch, body),
    }),
    defineOperation({
      id: "deleteSegment",
      method: "DELETE",
      path: "/v1/segments/{key}",
      graphql: "mutation",
      tag,
      audit: { resource: "segment" },
      summary: "Delete a segment. Promotions that name it then have nobody in it.",
      description: "No event is told of those who were in it.",
      roles: writers,
      params: segmentParams,
      result: segmentDeletion,
      problems: ["segment-not-found"],
      handler: ({ params: { key }, context }) => service.remove(context, key),
    }),
    defineOperation({
      id: "segmentMembers",
      method: "GET",
      path: "/v1/segments/{key}/members",
      graphql: "query",
      tag,
      summary: "Who is in a segment, by id.",
      roles: readers,
      params: segmentParams,
      query: pageQuery,
      result: segmentMemberPage,
      problems: ["invalid-cursor", "segment-not-found"],
      handler: ({ params: { key }, query, context }) => members.members(context.projectId, key, query),
    }),
    defineOperation({
      id: "changeSegmentMembers",
      method: "POST",
      path: "/v1/segments/{key}/members",
      graphql: "mutation",
      tag,
      audit: unaudited,
      summary: "Put customers on a list, or take them off it.",
      roles: writers,
      params: segmentParams,
      body: segmentMembersChange,
      result: segmentMembersChanged,
      example: { add: ["c-7", "c-8"], remove: ["c-9"] },
      problems: ["segment-not-found", "segment-by-conditions"],
      handler: ({ params: { key }, body, context }) => members.change(context, key, body),
    }),
  ];
}

export function segmentStreams(members: SegmentMemberService): StreamOperation[] {
  return [
    defineStreamOperation({
      id: "putSegmentMembers",
      method: "POST",
      path: "/v1/segments/{key}/members/bulk",
      tag,
      summary: "Put any number of customers on a list, or take them off it: `{ customer, member }` a line.",
      description:
        "`member` is true unless said otherwise. One line comes back for each, in the same order: `{ line, customer, status, problem? }` with the status `stored` or `refused`.",
      roles: writers,
      params: segmentParams,
      consumes: ["application/x-ndjson"],
      audit: unaudited,
      produces: ["application/x-ndjson"],
      problems: ["segment-not-found", "segment-by-conditions"],
      handler: ({ params: { key }, body, context }) => ({
        contentType: "application/x-ndjson",
        body: members.write(context, key, body!),
      }),
    }),
  ];
}
