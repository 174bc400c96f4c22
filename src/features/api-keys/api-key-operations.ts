import { z } from "zod";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { pageQuery } from "../../platform/pagination.ts";
import {
  apiKey,
  apiKeyChange,
  apiKeyPage,
  apiKeyToCreate,
  issuedApiKey,
  rotation,
} from "./api-key-schemas.ts";
import type { ApiKeyService } from "./api-key-service.ts";

const params = z.strictObject({ id: z.string().min(1).max(64) });

export function apiKeyOperations(service: ApiKeyService): Operation[] {
  return [
    defineOperation({
      id: "createApiKey",
      method: "POST",
      path: "/v1/api-keys",
      graphql: "mutation",
      tag: "api-keys",
      audit: { resource: "api_key" },
      summary: "Create an API key. Its secret is shown in this answer and never again.",
      description:
        "A live key makes keys of either environment; a test key makes, sees and changes test keys only.",
      roles: ["admin"],
      status: 201,
      body: apiKeyToCreate,
      result: issuedApiKey,
      problems: ["live-key-required"],
      example: { name: "Web shop", role: "checkout", environment: "live" },
      handler: ({ body, context }) => service.create(context, body),
    }),
    defineOperation({
      id: "apiKeys",
      reads: "primary",
      method: "GET",
      path: "/v1/api-keys",
      graphql: "query",
      tag: "api-keys",
      summary: "The project's API keys, newest first.",
      roles: ["admin"],
      query: pageQuery,
      result: apiKeyPage,
      problems: [],
      handler: ({ query, context }) => service.list(context, query),
    }),
    defineOperation({
      id: "updateApiKey",
      method: "PATCH",
      path: "/v1/api-keys/{id}",
      graphql: "mutation",
      audit: { resource: "api_key" },
      tag: "api-keys",
      summary: "Change an API key's name, end or limit.",
      description: "Every process follows within five seconds.",
      roles: ["admin"],
      params,
      body: apiKeyChange,
      result: apiKey,
      example: { requestsPerMinute: 6_000 },
      problems: ["api-key-not-found", "api-key-revoked"],
      handler: ({ params: { id }, body, context }) => service.update(context, id, body),
    }),
    defineOperation({
      id: "rotateApiKey",
      method: "POST",
      path: "/v1/api-keys/{id}/rotate",
      graphql: "mutation",
      tag: "api-keys",
      audit: { resource: "api_key" },
      summary: "Give an API key a new secret.",
      description:
        "The old secret stays valid for `graceSeconds`, so that clients can change over without a gap.",
      roles: ["admin"],
      params,
      body: rotation.optional(),
      result: issuedApiKey,
      example: { graceSeconds: 3_600 },
      problems: ["api-key-not-found", "api-key-revoked"],
      handler: ({ params: { id }, body, context }) =>
        service.rotate(context, id, rotation.parse(body ?? {}).graceSeconds),
    }),
    defineOperation({
      id: "revokeApiKey",
      method: "DELETE",
      path: "/v1/api-keys/{id}",
      graphql: "mutation",
      tag: "api-keys",
      audit: { resource: "api_key" },
      summary: "Revoke an API key with all its secrets, for good.",
      description: "Every process refuses it within five seconds. Revoking it again changes nothing.",
      roles: ["admin"],
      params,
      result: apiKey,
      problems: ["api-key-not-found"],
      handler: ({ params: { id }, context }) => service.revoke(context, id),
    }),
  ];
}
