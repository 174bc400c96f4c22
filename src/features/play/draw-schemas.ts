import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";
import { customerId } from "../coupons/coupon-schemas.ts";
import { mostPoints, programmeKey, usualProgramme } from "../points/points-schemas.ts";
import { givenPrize, playKey, prize } from "../prizes/prize-schemas.ts";
import { mostOdds } from "./draw-odds.ts";

const name = z.string().min(1).max(limits.nameLength);
const instant = z.iso.datetime({ offset: true });
const most = z.int().min(1).max(1_000_000).optional();

export const drawDocument = z
  .strictObject({
    key: playKey,
    name: name.optional(),
    startsAt: instant,
    endsAt: instant.describe("From this instant on nothing is drawn, and the seed is told."),
    total: z.int().min(1).max(mostOdds).describe("What the odds of all prizes come to."),
    prizes: z
      .array(
        z
          .strictObject({
            key: playKey,
            odds: z.int().min(0).max(mostOdds).describe("So many in `total`."),
            stock: z
              .int()
              .min(0)
              .max(1_000_000_000)
              .optional()
              .describe("So many, and not one more; left out, any number."),
            prize: prize.nullable().default(null).describe("Null: nothing."),
          })
          .meta({ id: "DrawPrize" }),
      )
      .min(1)
      .max(100),
    consolation: playKey.describe(
      "What is given where the drawn prize is gone: a prize without a stock. Odds never change.",
    ),
    ticketPoints: z
      .strictObject({
        programme: programmeKey.default(usualProgramme),
        points: z.int().min(1).max(mostPoints),
      })
      .meta({ id: "DrawTicketPoints" })
      .optional()
      .describe("What a ticket costs."),
    campaign: name
      .optional()
      .describe(
        "Of which it is a part: whoever is held out of the campaign gets no ticket (`held_out`), and that a customer asked for one is noted for its measurement.",
      ),
    perCustomer: most.describe("Tickets of one customer, in all."),
    perCustomerDay: most.describe("Tickets of one customer on one day of the project's zone."),
  })
  .meta({ id: "DrawDocument" });
export type DrawDocument = z.output<typeof drawDocument>;

export const draw = drawDocument
  .extend({
    declaration: z
      .string()
      .describe("The whole declaration as a JSON text, and in it `seedSha256`, the SHA-256 of the seed."),
    commitment: z
      .string()
      .describe("The SHA-256 of `declaration` in UTF-8, in hex; publish it before anything is drawn."),
    seed: z.string().nullable().describe("In hex, once the draw is over; null until then."),
    drawn: z.int().describe("Tickets so far."),
    given: z
      .array(z.object({ prize: playKey, count: z.int() }).meta({ id: "DrawGiven" }))
      .describe("How often each prize was given."),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "Draw" });
export type Draw = z.output<typeof draw>;
export const drawPage = pageOf(draw, "DrawPage");

export const ticketRequest = z
  .strictObject({
    ticket: name.describe(
      "Your own name of the ticket, such as an order's number: drawn once, however often it is sent.",
    ),
    customer: customerId,
    nonce: z
      .string()
      .regex(/^[A-Za-z0-9_-]{0,64}$/)
      .default("")
      .describe("The customer's own part of the randomness. It is published; put nothing personal in it."),
  })
  .meta({ id: "DrawTicketRequest" });
export type TicketRequest = z.output<typeof ticketRequest>;

const ticketResult = {
  number: z.int().describe("From 1 on, without gaps."),
  ticket: z.string(),
  customer: z.string(),
  nonce: z.string(),
  value: z.int().describe("What seed, number, nonce and ticket come to, below the total."),
  drawn: playKey.describe("The prize that it stands for."),
  prize: playKey.describe("What was given: the consolation where the drawn prize was gone."),
  drawnAt: z.iso.datetime(),
};

export const drawTicket = z
  .object({ draw: playKey, ...ticketResult, prizes: z.array(givenPrize).describe("Empty: nothing.") })
  .meta({ id: "DrawTicket" });
export type DrawTicket = z.output<typeof drawTicket>;

export const drawRecord = z.object(ticketResult).meta({ id: "DrawRecord" });
export const drawRecordPage = pageOf(drawRecord, "DrawRecordPage");
export type DrawRecord = z.output<typeof drawRecord>;
export const drawRecordQuery = pageQuery;
