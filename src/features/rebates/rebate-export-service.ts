/** The statements of a period as something to hand out: CSV, a page to print, or NDJSON. Of a period that is open, as it stands. */
import { csvLines } from "../../platform/csv.ts";
import type { Database } from "../../platform/database.ts";
import { fewExportsAtOnce } from "../../platform/exports.ts";
import type { StreamAnswer } from "../../platform/stream-operation.ts";
import { listAccounts } from "./rebate-account-store.ts";
import { existingAgreement } from "./rebate-agreement-service.ts";
import { closedPeriods } from "./rebate-agreement-store.ts";
import type { RebateAgreementDocument, RebateStanding, RebateStatement } from "./rebate-schemas.ts";
import { requirePeriod, standingsOf } from "./rebate-standing-service.ts";
import { shownStatement } from "./rebate-statement-service.ts";
import { statementsOfPeriod } from "./rebate-statement-store.ts";

export interface RebateExportService {
  statements(projectId: string, key: string, period: string, accept: string): Promise<StreamAnswer>;
}

type Statement = Pick<
  RebateStanding & RebateStatement,
  "agreement" | "period" | "dealer" | "currency" | "basis" | "amount" | "quantity" | "lines" | "total"
> & { readonly id: string | null; readonly state: string };

const atOnce = 200;

const columns = [
  "statement",
  "agreement",
  "period",
  "dealer",
  "state",
  "currency",
  "kind",
  "name",
  "from",
  "of",
  "percent",
  "perUnit",
  "amount",
];

export function rebateExportService({ database }: { database: Database }): RebateExportService {
  const fewAtOnce = fewExportsAtOnce();

  async function* pagesOf(projectId: string, key: string, period: string): AsyncGenerator<Statement[]> {
    const connection = database.of(projectId);
    const agreement = await existingAgreement(connection, projectId, key);
    const isClosed = (await closedPeriods(connection, projectId, [key])).get(key)?.has(period) === true;
    let after: string | null = null;
    for (;;) {
      const name = { agreement: key, period };
      const page = { after, limit: atOnce };
      const statements: Statement[] = isClosed
        ? (await statementsOfPeriod(connection, projectId, name, page)).map(shownStatement)
        : [
            ...(
              await standingsOf(
                connection,
                projectId,
                agreement,
                await listAccounts(connection, projectId, name, page),
              )
            ).values(),
          ].map((standing) => ({ ...standing, id: null, state: "open" }));
      yield statements;
      if (statements.length < atOnce) return;
      after = statements.at(-1)!.dealer;
    }
  }

  return {
    async statements(projectId, key, period, accept) {
      const agreement = await existingAgreement(database.of(projectId), projectId, key);
      requirePeriod(agreement, period);
      const { document } = agreement;

      async function* body(): AsyncGenerator<string> {
        if (accept === "text/csv") yield csvLines([columns]);
        if (accept === "text/html") yield pageStart(key, period, document);
        for await (const page of pagesOf(projectId, key, period))
          yield page.map(accept === "text/csv" ? csvOf : accept === "text/html" ? htmlOf : jsonOf).join("");
        if (accept === "text/html") yield "</body></html>\n";
      }

      return { contentType: accept, body: fewAtOnce(body()) };
    },
  };
}

const jsonOf = (statement: Statement): string => `${JSON.stringify(statement)}\n`;

/** A row for each line, so that the column of amounts adds up to all totals. */
function csvOf({ id, agreement, period, dealer, state, currency, lines }: Statement): string {
  return csvLines(
    lines.map(({ kind, name, from, of, percent, perUnit, amount }) => [
      id,
      agreement,
      period,
      dealer,
      state,
      currency,
      kind,
      name,
      from,
      of,
      percent,
      perUnit,
      amount,
    ]),
  );
}

/** No script and nothing from elsewhere; each dealer begins on a page of their own when it is printed. */
function pageStart(key: string, period: string, { name }: RebateAgreementDocument): string {
  const title = escaped(`${name ?? key} · ${period}`);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>
body{font:14px sans-serif;margin:2em}table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.3em;text-align:left}
td.n,th.n{text-align:right}section{break-after:page;margin-bottom:3em}
</style></head><body><h1>${title}</h1>
`;
}

function htmlOf({ id, dealer, state, currency, basis, amount, quantity, lines, total }: Statement): string {
  const cells = (values: readonly (string | number | null)[], tag: "td" | "th") =>
    values
      .map(
        (value, column) =>
          `<${tag}${column > 1 ? ' class="n"' : ""}>${escaped(String(value ?? ""))}</${tag}>`,
      )
      .join("");
  const inMoney = (value: number | null) => (value === null ? null : money(value, currency));
  const rows = lines.map(({ kind, name, from, of, percent, perUnit, amount: given }) => {
    const isMoney = kind === "cap" || (kind !== "growth" && basis === "amount");
    const reached = isMoney ? inMoney(from) : from === null ? null : kind === "growth" ? `${from} %` : from;
    // A rate for each unit is applied to units, a percentage to money.
    const base = perUnit === null ? inMoney(of) : of;
    const rate = percent === null ? null : `${percent} %`;
    return `<tr>${cells([kind, name, reached, base, rate, inMoney(perUnit), inMoney(given)], "td")}</tr>`;
  });
  const sold = `${money(amount, currency)} ${currency}, ${quantity} units`;
  return `<section><h2>${escaped(dealer)}</h2><p>${escaped(`${id ?? "Not closed yet"} · ${state} · ${sold}`)}</p>
<table><tr>${cells(["", "", "from", "of", "percent", "per unit", "amount"], "th")}</tr>
${rows.join("\n")}
<tr>${cells(["total", "", null, null, null, null, `${money(total, currency)} ${currency}`], "th")}</tr></table></section>
`;
}

/** With the decimals that the currency has (ISO 4217, as the runtime knows it), exactly. */
function money(amount: number, currency: string): string {
  const digits =
    new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const text = String(Math.abs(amount)).padStart(digits + 1, "0");
  const sign = amount < 0 ? "−" : "";
  if (digits === 0) return `${sign}${text}`;
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
