import { z } from "zod";

/** So many of a kind a project may have. */
export const mostProgrammes = 1_000;

/** What every programme has beside its document. */
export const programmeStamp = {
  key: z.string(),
  version: z.int().describe("The ETag, as `If-Match` wants it. `*` is whatever is there, also nothing."),
  updatedAt: z.iso.datetime(),
};
