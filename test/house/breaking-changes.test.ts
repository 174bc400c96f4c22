import { expect, test } from "vitest";
import { breakingChanges, generatedFaces, releasedFaces } from "../../scripts/breaking-changes.ts";
import { openApiChanges } from "../../scripts/openapi-changes.ts";

const now = generatedFaces();

test("nothing that was released breaks", () => {
  expect(breakingChanges(releasedFaces() ?? now, now)).toEqual([]);
});

// biome-ignore lint/suspicious/noExplicitAny: changed here and there.
type Changed = any;

const openapi = JSON.parse(now["openapi.json"]);

function changesOf(change: (openapi: Changed) => void): string[] {
  const changed = structuredClone(openapi);
  change(changed);
  return openApiChanges(openapi, changed);
}

const schemasOf = (openapi: Changed) => openapi.components.schemas;

test.each<[string, (openapi: Changed) => void, RegExp]>([
  ["a path that is gone", ({ paths }) => delete paths["/v1/jobs"], /GET \/v1\/jobs is gone/],
  ["a method that is gone", ({ paths }) => delete paths["/v1/promotions/{id}"].put, /PUT .* is gone/],
  [
    "a field of an answer that is gone",
    (openapi) => delete schemasOf(openapi).Job.properties.state,
    /state is gone/,
  ],
  [
    "a field of an answer that may be missing",
    (openapi) => schemasOf(openapi).Job.required.splice(schemasOf(openapi).Job.required.indexOf("state"), 1),
    /state may now be missing/,
  ],
  [
    "a field of an answer of another type",
    (openapi) => {
      schemasOf(openapi).Job.properties.done = { type: "string" };
    },
    /done: string may now be answered/,
  ],
  [
    "a field of an answer that may be null",
    (openapi) => {
      schemasOf(openapi).Job.properties.kind = { anyOf: [{ type: "string" }, { type: "null" }] };
    },
    /kind: null may now be answered/,
  ],
  [
    "a field that has to be sent",
    (openapi) => schemasOf(openapi).CouponTransfer.required.push("reason"),
    /reason is now required/,
  ],
  [
    "a field that is no longer taken",
    (openapi) => delete schemasOf(openapi).CouponTransfer.properties.customer,
    /customer is gone/,
  ],
  [
    "a narrower bound",
    (openapi) => {
      schemasOf(openapi).CouponGeneration.properties.count.maximum = 10;
    },
    /maximum is now 10/,
  ],
  [
    "a value that is no longer taken",
    (openapi) => schemasOf(openapi).OrderStatus.enum.splice(0, 1),
    /placed is no longer a value/,
  ],
  [
    "a parameter that has to be sent",
    ({ paths }) =>
      paths["/v1/jobs"].get.parameters.push({ name: "x", in: "query", required: true, schema: {} }),
    /query x is now required/,
  ],
  [
    "a parameter that is no longer taken",
    ({ paths }) => paths["/v1/jobs"].get.parameters.pop(),
    /no longer taken/,
  ],
  [
    "another status",
    ({ paths }) => delete paths["/v1/promotions"].post.responses[201],
    /no longer answers 201/,
  ],
  [
    "a role that may no longer",
    ({ paths }) => paths["/v1/evaluations"].post["x-roles"].splice(0, 1),
    /role checkout/,
  ],
])("%s is found", (_case, change, fault) => {
  expect(changesOf(change).join("\n")).toMatch(fault);
});

test.each<[string, (openapi: Changed) => void]>([
  [
    "a new field of an answer",
    (openapi) => {
      schemasOf(openapi).Job.properties.more = { type: "string" };
    },
  ],
  [
    "a new field that may be sent",
    (openapi) => {
      schemasOf(openapi).CouponTransfer.properties.reason = { type: "string" };
    },
  ],
  [
    "a wider bound",
    (openapi) => {
      schemasOf(openapi).CouponGeneration.properties.count.maximum = 1e9;
    },
  ],
  [
    "a new path",
    ({ paths }) => {
      paths["/v1/new"] = paths["/v1/jobs"];
    },
  ],
])("%s breaks nobody", (_case, change) => {
  expect(changesOf(change)).toEqual([]);
});

test("a field or an argument that GraphQL loses is found", () => {
  const sdl = now["schema.graphql"]
    .replace(/^ {2}jobs\(/m, "  tasks(")
    .replace("input: CouponTransferInput!", "input: String!");
  const found = breakingChanges(now, { ...now, "schema.graphql": sdl }).join("\n");
  expect(found).toMatch(/Query.jobs was removed/);
  expect(found).toMatch(/transferCoupon arg input has changed type/);
});
