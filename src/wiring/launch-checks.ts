/** The part of the composition root that is about checks before a launch. */
import { launchCheckOperations } from "../features/launch-checks/launch-check-operations.ts";
import {
  type LaunchCheckOptions,
  launchCheckService,
} from "../features/launch-checks/launch-check-service.ts";

export { launchGate } from "../features/launch-checks/launch-check-service.ts";

export function launchCheckServices(options: LaunchCheckOptions) {
  return { operations: launchCheckOperations(launchCheckService(options)) };
}
