import { z } from "zod";

/** ISO 8601, longer than no time at all. */
export const duration = z
  .string()
  .regex(
    /^P(?=.*[1-9])(?=\d|T\d)(\d{1,4}Y)?(\d{1,4}M)?(\d{1,4}W)?(\d{1,5}D)?(T(?=\d)(\d{1,5}H)?(\d{1,5}M)?(\d{1,6}S)?)?$/,
  )
  .describe("ISO 8601 duration, such as P30D; days and months by the project's time zone.");
