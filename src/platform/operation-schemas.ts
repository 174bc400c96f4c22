import type { z } from "zod";
import { type JsonSchemas, jsonSchemasOf } from "./json-schema.ts";
import { lazily } from "./lazily.ts";
import type { Operation } from "./operation.ts";

/** The schemas of operations, as every face reads them. Converting them takes a good part of a start: it is done once, and when asked for. */
export interface OperationSchemas {
  /** Parts by `inputName`: what an operation does not take is not there. */
  readonly input: () => JsonSchemas;
  /** Results by the operation's id. */
  readonly output: () => JsonSchemas;
}

export type Input = "params" | "query" | "body";

export function inputName(operationId: string, input: Input): string {
  return `${operationId}.${input}`;
}

export function operationSchemas(
  operations: readonly (Pick<Operation, "id" | Input> & Partial<Pick<Operation, "result">>)[],
): OperationSchemas {
  return {
    input: lazily(() => {
      const parts: Record<string, z.ZodType> = {};
      for (const operation of operations) {
        for (const input of ["params", "query", "body"] as const) {
          const schema = operation[input];
          if (schema !== undefined) parts[inputName(operation.id, input)] = schema;
        }
      }
      return jsonSchemasOf(parts, "input");
    }),
    output: lazily(() => {
      const parts: Record<string, z.ZodType> = {};
      for (const { id, result } of operations) if (result !== undefined) parts[id] = result;
      return jsonSchemasOf(parts, "output");
    }),
  };
}
