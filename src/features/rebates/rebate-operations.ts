import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { defineStreamOperation, type StreamOperation } from "../../platform/stream-operation.ts";
import type { RebateAgreementService } from "./rebate-agreement-service.ts";
import type { RebateExportService } from "./rebate-export-service.ts";
import {
  agreementParams,
  closedPeriod,
  dealerRebates,
  dealerRebatesParams,
  dealerRebatesQuery,
  payment,
  periodParams,
  rebateAgreement,
  rebateAgreementDocument,
  rebateAgreementPage,
  rebateAgreementQuery,
  rebateEntryPage,
  rebateEntryQuery,
  rebateStandingPage,
  rebateStandingQuery,
  rebateStatement,
  rebateStatementPage,
  rebateStatementQuery,
  statementParams,
} from "./rebate-schemas.ts";
import type { RebateStandingService } from "./rebate-standing-service.ts";
import type { RebateStatementService } from "./rebate-statement-service.ts";

const tag = "rebates";
const readers: readonly Role[] = ["erp", "marketing", "viewer"];
const writers: readonly Role[] = ["marketing"];
const versionTag = ({ version }: { version: number }) => String(version);

export interface RebateServices {
  agreements: RebateAgreementService;
  standings: RebateStandingService;
  statements: RebateStatementService;
  exports: RebateExportService;
}

export function rebateOperations({ agreements, standings, statements }: RebateServices): Operation[] {
  return [
    defineOperation({
      id: "putRebateAgreement",
      method: "PUT",
      path: "/v1/rebate-agreements/{key}",
      graphql: "mutation",
      tag,
      audit: { resource: "rebate_agreement" },
      summary: "Agree on a rebate, or replace what was agreed on.",
      description:
        "Orders that came before it count as well, from the background. Once a period is closed what was agreed on cannot change.",
      roles: writers,
      params: agreementParams,
      body: rebateAgreementDocument,
      result: rebateAgreement,
      takesIfMatch: true,
      etag: versionTag,
      example: {
        name: "Gold dealers 2026",
        currency: "CNY",
        dealers: { levels: ["gold"] },
        products: { brands: ["xb"] },
        schedule: {
          startsOn: "2026-01-01",
          endsOn: "2026-12-31",
          every: "quarter",
          timezone: "Asia/Shanghai",
        },
        basis: "amount",
        tiers: {
          mode: "graduated",
          steps: [
            { from: 10_000_000, percent: 2 },
            { from: 50_000_000, percent: 3 },
          ],
        },
        target: { value: 60_000_000, bonus: { amount: 500_000 } },
      },
      problems: ["rebate-agreement-settled", "too-many-rebate-agreements"],
      handler: ({ params: { key }, body, ifMatch, context }) => agreements.put(context, key, ifMatch, body),
    }),
    defineOperation({
      id: "rebateAgreements",
      method: "GET",
      path: "/v1/rebate-agreements",
      graphql: "query",
      tag,
      summary: "The project's rebate agreements, by key.",
      roles: readers,
      query: rebateAgreementQuery,
      result: rebateAgreementPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => agreements.list(context.projectId, query),
    }),
    defineOperation({
      id: "rebateAgreement",
      method: "GET",
      path: "/v1/rebate-agreements/{key}",
      graphql: "query",
      tag,
      summary: "A rebate agreement and its periods.",
      roles: readers,
      params: agreementParams,
      result: rebateAgreement,
      etag: versionTag,
      problems: ["rebate-agreement-not-found"],
      handler: ({ params: { key }, context }) => agreements.agreement(context.projectId, key),
    }),
    defineOperation({
      id: "closeRebatePeriod",
      method: "POST",
      path: "/v1/rebate-agreements/{key}/periods/{period}/close",
      graphql: "mutation",
      tag,
      audit: { resource: "rebate_period" },
      summary: "Close a period that is over: every dealer gets their statement.",
      description:
        "Periods are closed in their order, once no order of theirs is still to be counted (`orders_waiting`: try again). What comes late for a closed one, or comes back, is booked as an adjustment in the first that is open; " +
        "after the last one in `adjustments-1`, which can be closed in its turn.",
      roles: writers,
      params: periodParams,
      result: closedPeriod,
      problems: ["rebate-agreement-not-found", "rebate-period-not-found", "rebate-period-not-closable"],
      handler: ({ params: { key, period }, context }) => statements.close(context, key, period),
    }),
    defineOperation({
      id: "rebateStandings",
      method: "GET",
      path: "/v1/rebate-standings",
      graphql: "query",
      tag,
      summary: "Where the dealers of an agreement stand in one of its periods, by dealer.",
      roles: readers,
      query: rebateStandingQuery,
      result: rebateStandingPage,
      problems: ["invalid-cursor", "rebate-agreement-not-found", "rebate-period-not-found"],
      handler: ({ query, context }) => standings.list(context.projectId, query),
    }),
    defineOperation({
      id: "dealerRebates",
      method: "GET",
      path: "/v1/dealers/{id}/rebates",
      graphql: "query",
      tag,
      summary: "A dealer's targets, attainment and rewards, and what the next threshold is worth.",
      description: "Of the periods that are running, within a second or two of every order and return.",
      roles: readers,
      params: dealerRebatesParams,
      query: dealerRebatesQuery,
      result: dealerRebates,
      problems: ["dealer-not-found"],
      handler: ({ params: { id }, query, context }) => standings.ofDealer(context.projectId, id, query.at),
    }),
    defineOperation({
      id: "rebateEntries",
      method: "GET",
      path: "/v1/rebate-entries",
      graphql: "query",
      tag,
      summary: "The books of a dealer in a period, last entry first.",
      description:
        "Entries are never changed: less is an entry the other way. Each takes from one account what it gives to another.",
      roles: readers,
      query: rebateEntryQuery,
      result: rebateEntryPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => standings.entries(context.projectId, query),
    }),
    defineOperation({
      id: "rebateStatements",
      method: "GET",
      path: "/v1/rebate-statements",
      graphql: "query",
      tag,
      summary: "Statements of closed periods, last closed first.",
      roles: readers,
      query: rebateStatementQuery,
      result: rebateStatementPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => statements.list(context.projectId, query),
    }),
    defineOperation({
      id: "rebateStatement",
      method: "GET",
      path: "/v1/rebate-statements/{id}",
      graphql: "query",
      tag,
      summary: "A dealer's statement; its lines add up to its total.",
      roles: readers,
      params: statementParams,
      result: rebateStatement,
      problems: ["rebate-statement-not-found"],
      handler: ({ params: { id }, context }) => statements.statement(context.projectId, id),
    }),
    defineOperation({
      id: "approveRebateStatement",
      method: "POST",
      path: "/v1/rebate-statements/{id}/approve",
      graphql: "mutation",
      tag,
      audit: { resource: "rebate_statement" },
      summary: "Approve a statement for payment.",
      roles: writers,
      params: statementParams,
      result: rebateStatement,
      problems: ["rebate-statement-not-found", "rebate-statement-state-conflict"],
      handler: ({ params: { id }, context }) => statements.approve(context, id),
    }),
    defineOperation({
      id: "payRebateStatement",
      method: "POST",
      path: "/v1/rebate-statements/{id}/pay",
      graphql: "mutation",
      tag,
      audit: { resource: "rebate_statement" },
      summary: "Say that an approved statement was paid, or settled where the dealer owed it.",
      roles: ["marketing", "erp"],
      params: statementParams,
      body: payment,
      result: rebateStatement,
      example: { reference: "bank-2027-01-15-0042" },
      problems: ["rebate-statement-not-found", "rebate-statement-state-conflict"],
      handler: ({ params: { id }, body, context }) => statements.pay(context, id, body.reference),
    }),
  ];
}

export function rebateStreams({ exports }: RebateServices): StreamOperation[] {
  return [
    defineStreamOperation({
      id: "rebatePeriodStatements",
      reads: "replica",
      method: "GET",
      path: "/v1/rebate-agreements/{key}/periods/{period}/statements",
      tag,
      summary:
        "The statements of a period as CSV, as a page to print, or as NDJSON; of one that is open as it stands.",
      description:
        "CSV has a row for each line: its amounts add up to all totals. Amounts are minor units; the page writes them as money.",
      roles: readers,
      params: periodParams,
      produces: ["text/csv", "text/html", "application/x-ndjson"],
      problems: ["rebate-agreement-not-found", "rebate-period-not-found"],
      handler: ({ params: { key, period }, accept, context }) =>
        exports.statements(context.projectId, key, period, accept),
    }),
  ];
}
