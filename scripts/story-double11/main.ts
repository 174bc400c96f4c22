/** `npm run story:double11`: the 11.11 of a beauty brand, from start to end. Exits with 0 only if every figure is the worked case's. */
import { parseArgs } from "node:util";
import { fullScale, instants, planOf } from "./plan.ts";
import { checkTable, isAsExpected } from "./report.ts";
import { startService, storyClock } from "./service.ts";
import { openShop } from "./shop.ts";
import { tellStory } from "./story.ts";

const { values } = parseArgs({ options: { scale: { type: "string", default: String(fullScale) } } });
const scale = Number(values.scale);
if (!Number.isInteger(scale) || scale < 1 || scale > fullScale)
  throw new Error(`--scale is a whole number from 1 to ${fullScale}: so many fiftieths of the case.`);

const say = (line: string) => void process.stdout.write(`${line}\n`);
const began = performance.now();
const clock = storyClock(instants.before);
const service = await startService(clock);
try {
  say(`The service is at ${service.url}; for it, it is ${new Date(clock.now()).toISOString()}.`);
  const checks = await tellStory(await openShop(service, clock), planOf(scale), say);
  const wrong = checks.filter((check) => !isAsExpected(check));
  say(`\n8  Beside the worked case\n\n${checkTable(checks)}`);
  say(
    `\n${checks.length - wrong.length} of ${checks.length} figures are the worked case's, after ${Math.round((performance.now() - began) / 1_000)} s.`,
  );
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  await service.close();
}
