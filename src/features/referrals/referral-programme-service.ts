import { type ProgrammeOptions, programmeService } from "../programmes/programme-service.ts";
import type { ReferralProgrammes } from "./referral-attribution-service.ts";
import { type ReferralProgrammeDocument, referralProgrammeDocument } from "./referral-schemas.ts";

type Options = Pick<ProgrammeOptions<ReferralProgrammeDocument>, "database" | "clock">;

export function referralProgrammeService(options: Options): ReferralProgrammes {
  return programmeService<ReferralProgrammeDocument>({
    ...options,
    kind: "referral",
    schema: referralProgrammeDocument,
    missing: "referral-programme-not-found",
  });
}
