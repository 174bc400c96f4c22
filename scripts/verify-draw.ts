/**
 * Does every draw of a lucky draw again, from the seed that was told when it was over, and says where the records disagree.
 *
 *   npx tsx scripts/verify-draw.ts https://shop.example wheel <commitment>      with a viewer's key in DEALWRIGHT_KEY
 *
 * The commitment is the one that was published before the draw began, not one that the server tells now.
 */
import { type DrawnTicket, drawFaults } from "../src/features/play/draw-odds.ts";
import type { Draw, DrawRecord } from "../src/features/play/draw-schemas.ts";

const [url, key, commitment] = process.argv.slice(2);
const { DEALWRIGHT_KEY: secret } = process.env;
if (url === undefined || key === undefined || commitment === undefined || secret === undefined) {
  console.error("usage: DEALWRIGHT_KEY=… npx tsx scripts/verify-draw.ts <url> <draw> <commitment>");
  process.exit(2);
}

async function ask<Answer>(path: string): Promise<Answer> {
  const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${secret}` } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Answer;
}

const draw = await ask<Draw>(`/v1/draws/${key}`);
if (draw.seed === null) {
  console.error("The draw is not over: its seed is not told yet.");
  process.exit(2);
}
const tickets: DrawnTicket[] = [];
let after: string | null = null;
do {
  const query: string = after === null ? "" : `&after=${encodeURIComponent(after)}`;
  const page: { items: DrawRecord[]; nextCursor: string | null } = await ask(
    `/v1/draws/${key}/tickets?limit=200${query}`,
  );
  tickets.push(...page.items);
  after = page.nextCursor;
} while (after !== null);
const { declaration } = draw;
const faults = drawFaults({ seed: Buffer.from(draw.seed, "hex"), declaration, commitment }, tickets);
if (tickets.length !== draw.drawn) faults.push(`${draw.drawn} were drawn, ${tickets.length} are on record`);
for (const fault of faults) console.error(fault);
console.log(`commitment ${commitment}: ${tickets.length} draws, ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
