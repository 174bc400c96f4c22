/** What is told of stock, and of groups that buy together. */
import { z } from "zod";

export const stockEventTypes = {
  "dealwright.group.opened": {
    summary: "A group that buys together was opened.",
    subject: "the group's id",
    data: z.object({ group: z.string(), promotion: z.string(), size: z.int(), deadline: z.iso.datetime() }),
    example: {
      subject: "grp_01kb3t5y6z7a8b9c0d1e2f3g4h",
      data: {
        group: "grp_01kb3t5y6z7a8b9c0d1e2f3g4h",
        promotion: "tea-for-two",
        size: 2,
        deadline: "2026-11-12T02:00:00.000Z",
      },
    },
  },
  "dealwright.group.succeeded": {
    summary: "A group is complete: its members may commit their orders.",
    subject: "the group's id",
    data: z.object({ group: z.string(), promotion: z.string(), size: z.int(), payUntil: z.iso.datetime() }),
    example: {
      subject: "grp_01kb3t5y6z7a8b9c0d1e2f3g4h",
      data: {
        group: "grp_01kb3t5y6z7a8b9c0d1e2f3g4h",
        promotion: "tea-for-two",
        size: 2,
        payUntil: "2026-11-13T02:00:00.000Z",
      },
    },
  },
  "dealwright.group.failed": {
    summary: "A group was not complete in time: its members' orders are released.",
    subject: "the group's id",
    data: z.object({ group: z.string(), promotion: z.string(), size: z.int(), members: z.int() }),
    example: {
      subject: "grp_01kb3t5y6z7a8b9c0d1e2f3g4h",
      data: { group: "grp_01kb3t5y6z7a8b9c0d1e2f3g4h", promotion: "tea-for-two", size: 2, members: 1 },
    },
  },
  "dealwright.stock.stale": {
    summary:
      "Nothing was told of the stock for longer than the project's `stockMaxAgeSeconds`; once, until something is told again.",
    subject: "the project's id",
    data: z.object({ receivedAt: z.iso.datetime(), maxAgeSeconds: z.int() }),
    example: {
      subject: "prj_01kb3t3a4b5c6d7e8f9g0h1j2k",
      data: { receivedAt: "2026-11-11T02:00:00.000Z", maxAgeSeconds: 3_600 },
    },
  },
} as const;
