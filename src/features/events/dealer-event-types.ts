/** What is told of dealers and their territories. */
import { z } from "zod";

const flagData = z.object({
  order: z.string().describe("Its external id."),
  dealer: z.string(),
  region: z.string().nullable().describe("Where it was shipped to."),
  store: z.string().nullable(),
});
const flagKind = (summary: string) => ({
  summary,
  subject: "the order's external id",
  data: flagData,
  example: {
    subject: "5001",
    data: { order: "5001", dealer: "d-9", region: "CN-GD", store: null },
  },
});

export const dealerEventTypes = {
  "dealwright.dealer.changed": {
    summary: "A dealer's account was opened or changed, or their place in a network.",
    subject: "the dealer's id",
    data: z.object({ dealer: z.string() }),
    example: { subject: "d-9", data: { dealer: "d-9" } },
  },
  "dealwright.territory.flagged": flagKind(
    "An order was shipped outside of its dealer's territory. It earns nothing until it is cleared.",
  ),
  "dealwright.territory.cleared": flagKind("Somebody said that such an order is fine."),
  "dealwright.territory.withdrawn": flagKind("A later version of such an order is inside of the territory."),
} as const;
