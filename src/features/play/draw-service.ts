/**
 * Lucky draws that anybody can check. The seed is drawn with the draw, and the hash of it and of all that was declared told at
 * once; a document never changes; each ticket is decided by the seed, its number, its name and what the customer said
 * (draw-odds.ts); when all is over the seed is told.
 *
 * Tickets of a draw are drawn one after the other, under the lock of its row: numbers have no gaps, and of what is in stock the
 * first ones get it. A ticket, what it cost, what it won and its number are one transaction.
 *
 * Locks: the draw, the player where a ticket costs points, the prizes, then points and coupons.
 */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { periodAt } from "../../engine/period.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";
import { newQueues } from "../../platform/queues.ts";
import { recordChange } from "../audit/audit-service.ts";
import type { CampaignHoldoutService } from "../campaigns/campaign-holdout-service.ts";
import { holderOf } from "../points/points-book-service.ts";
import { payPoints } from "../points/points-gift-service.ts";
import type { PrizeReadingService } from "../prizes/prize-reading-service.ts";
import type { PrizeService } from "../prizes/prize-service.ts";
import { mostProgrammes } from "../programmes/programme-schemas.ts";
import { inUtc, windowFaults } from "../programmes/programme-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { declarationOf, drawnValue, prizeAt, sha256 } from "./draw-odds.ts";
import {
  type Draw,
  type DrawDocument,
  type DrawRecord,
  type DrawTicket,
  drawDocument,
  type TicketRequest,
} from "./draw-schemas.ts";
import {
  countDraws,
  countTickets,
  findDraw,
  findTicket,
  insertDraw,
  insertTicket,
  listDraws,
  listTickets,
  lockDraw,
  lockPlayer,
  prizesGiven,
  revealDraw,
  takePrize,
} from "./draw-store.ts";
import type { DrawRow, DrawTicketRow } from "./draw-tables.ts";

export interface DrawService {
  create(context: OperationContext, document: DrawDocument): Promise<Draw>;
  get(projectId: string, key: string): Promise<Draw>;
  list(projectId: string, page: { limit: number; after?: string | undefined }): Promise<Page<Draw>>;
  /** Once a ticket; the same again is answered the same. */
  draw(projectId: string, key: string, request: TicketRequest): Promise<DrawTicket>;
  records(
    projectId: string,
    key: string,
    page: { limit: number; after?: string | undefined },
  ): Promise<Page<DrawRecord>>;
}

export interface DrawOptions {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "identifierKey" | "rulebookBasis">;
  prizes: PrizeService;
  prizeReading: PrizeReadingService;
  holdouts: CampaignHoldoutService;
}

const seedBytes = 32;
/** Tickets of one draw that wait in one process. */
const mostWaiting = 256;
/** By so much clocks of processes and shops may differ: a draw may begin so long before it was declared, and a seed is told so long after the end. */
const clocksDifferMilliseconds = 60_000;
const drawCursor = cursorOf("draws", z.string());
const recordCursor = cursorOf("draw-records", z.int());

export function drawService({
  database,
  clock,
  projects,
  prizes,
  prizeReading,
  holdouts,
}: DrawOptions): DrawService {
  const queues = newQueues(mostWaiting);

  async function existing(connection: Connection, projectId: string, key: string): Promise<DrawRow> {
    const row = await findDraw(connection, { projectId, key });
    if (row === undefined) throw problem("draw-not-found");
    return row;
  }

  /** Tells the seeds of draws that are over. Under the lock of each: whoever draws by a slower clock comes before, or not at all. */
  async function shown(connection: Connection, projectId: string, rows: readonly DrawRow[]) {
    const isOver = ({ endsAt }: DrawRow) => clock.now() >= endsAt.getTime() + clocksDifferMilliseconds;
    const ended = rows.filter((row) => row.revealedAt === null && isOver(row));
    for (const row of ended) await revealDraw(connection, row, new Date(clock.now()));
    const revealed = new Set(rows.filter(({ revealedAt }) => revealedAt !== null).concat(ended));
    const keys = rows.map(({ key }) => key);
    const given = keys.length === 0 ? new Map() : await prizesGiven(connection, projectId, keys);
    return (row: DrawRow): Draw => {
      const document = drawDocument.parse(row.document);
      return {
        ...document,
        declaration: row.declaration,
        commitment: row.commitment,
        seed: revealed.has(row) ? row.seed.toString("hex") : null,
        drawn: row.drawn,
        given: document.prizes.map(({ key: prize }) => ({
          prize,
          count: given.get(`${row.key}/${prize}`) ?? 0,
        })),
        createdAt: row.createdAt.toISOString(),
      };
    };
  }

  /** A ticket that nobody has drawn, of a locked draw. */
  async function drawn(
    connection: Connection,
    row: DrawRow,
    { ticket, customer, nonce }: TicketRequest,
  ): Promise<DrawTicketRow> {
    const { projectId, key } = row;
    const now = clock.now();
    const document = drawDocument.parse(row.document);
    const basis = await projects.rulebookBasis(connection, projectId);
    if (basis === undefined || basis.isStopped) throw problem("project-stopped");
    if (now < row.startsAt.getTime()) throw refused("", "not_open", "The draw has not begun.");
    if (now >= row.endsAt.getTime() || row.revealedAt !== null)
      throw refused("", "not_open", "The draw is over.");
    const { timezone } = basis.settings;
    const day = periodAt("day", timezone, now);
    const holder = holderOf(basis.identifierKey, customer);
    await requireRoom(connection, row, document, holder.holder, day);
    if (await holdouts.isHeldOut(connection, projectId, document.campaign, customer))
      throw refused("/customer", "held_out", "By chance the customer is held out of the draw's campaign.");
    let spendId: string | null = null;
    if (document.ticketPoints !== undefined) {
      const cost = { projectId, ...holder, ...document.ticketPoints };
      await lockPlayer(connection, projectId, holder.holder);
      spendId = await payPoints(connection, cost, { now, timezone, reason: `draw:${key}` });
      if (spendId === null)
        throw refused("/customer", "not_enough_points", "A ticket costs more points than there are.");
    }
    const number = row.drawn + 1;
    const value = drawnValue(row.seed, { number, ticket, nonce }, document.total);
    const drawn = prizeAt(document.prizes, value);
    const isLeft = await takePrize(connection, row, drawn.key, drawn.stock);
    const prize = isLeft ? drawn : document.prizes.find(({ key }) => key === document.consolation)!;
    if (!isLeft) await takePrize(connection, row, prize.key, undefined);
    const result: DrawTicketRow = {
      projectId,
      draw: key,
      number,
      ticket,
      holder: holder.holder,
      customerId: customer,
      nonce,
      day,
      value,
      drawn: drawn.key,
      prize: prize.key,
      spendId,
      drawnAt: new Date(now),
    };
    await insertTicket(connection, result);
    if (prize.prize !== null)
      await prizes.give(connection, {
        ...prizesOf(row),
        reference: ticket,
        customerId: customer,
        prize: prize.prize,
      });
    return result;
  }

  async function answerOf(
    connection: Connection,
    ticket: DrawTicketRow,
    { customer }: TicketRequest,
  ): Promise<DrawTicket> {
    const { projectId, draw: key } = ticket;
    const { holder } = holderOf(await projects.identifierKey(connection, projectId), customer);
    if (ticket.holder !== holder) throw refused("/ticket", "ticket_taken", "It is another customer's.");
    const won = await prizeReading.of(connection, prizesOf({ projectId, key }), [ticket.ticket]);
    return { draw: key, ...recordOf(ticket), prizes: won };
  }

  return {
    async create(context, told) {
      const { projectId } = context;
      const now = clock.now();
      const errors = faultsOf(told, now);
      if (errors.length > 0) throw problem("invalid-request", { errors });
      const document = drawDocument.parse(inUtc(told));
      const seed = randomBytes(seedBytes);
      const declaration = declarationOf(document, seed);
      const row: DrawRow = {
        projectId,
        key: document.key,
        document,
        seed,
        declaration,
        commitment: sha256(declaration),
        startsAt: new Date(document.startsAt),
        endsAt: new Date(document.endsAt),
        drawn: 0,
        revealedAt: null,
        createdAt: new Date(now),
      };
      return withTransaction(database, projectId, async (connection) => {
        if (!(await holdouts.isKnown(connection, projectId, document.campaign)))
          throw problem("invalid-request", { errors: [unknownCampaign] });
        if ((await countDraws(connection, projectId, new Date(now))) >= mostProgrammes)
          throw problem("too-many-programmes");
        if (!(await insertDraw(connection, row))) throw problem("draw-key-taken");
        await recordChange(connection, context, {
          id: row.key,
          before: null,
          after: { ...document, commitment: row.commitment },
        });
        return (await shown(connection, projectId, [row]))(row);
      });
    },

    async get(projectId, key) {
      const connection = database.of(projectId);
      const row = await existing(connection, projectId, key);
      return (await shown(connection, projectId, [row]))(row);
    },

    async list(projectId, { limit, after }) {
      const connection = database.of(projectId);
      const page = { after: drawCursor.decode(after), limit: limit + 1 };
      const rows = await listDraws(connection, projectId, page);
      return drawCursor.page(rows, limit, ({ key }) => key, await shown(connection, projectId, rows));
    },

    async draw(projectId, key, request) {
      const known = await findTicket(database.of(projectId), { projectId, key }, request.ticket);
      if (known !== undefined) return answerOf(database.of(projectId), known, request);
      return queues.inTurn(`${projectId}/${key}`, () =>
        withTransaction(database, projectId, async (connection) => {
          const row = await lockDraw(connection, { projectId, key });
          if (row === undefined) throw problem("draw-not-found");
          const drawnMeanwhile = await findTicket(connection, row, request.ticket);
          const ticket = drawnMeanwhile ?? (await drawn(connection, row, request));
          return answerOf(connection, ticket, request);
        }),
      );
    },

    async records(projectId, key, { limit, after }) {
      const connection = database.of(projectId);
      const row = await existing(connection, projectId, key);
      const page = { after: recordCursor.decode(after), limit: limit + 1 };
      const rows = await listTickets(connection, row, page);
      return recordCursor.page(rows, limit, ({ number }) => number, recordOf);
    },
  };
}

function prizesOf({ projectId, key }: Pick<DrawRow, "projectId" | "key">) {
  return { projectId, source: "draw" as const, programme: key };
}

async function requireRoom(
  connection: Connection,
  row: DrawRow,
  { perCustomer, perCustomerDay }: DrawDocument,
  holder: string,
  day: string,
): Promise<void> {
  if (perCustomer === undefined && perCustomerDay === undefined) return;
  const { all, ofDay } = await countTickets(connection, row, holder, day);
  if (perCustomer !== undefined && all >= perCustomer)
    throw refused("/customer", "limit_reached", `\`perCustomer\` is ${perCustomer}.`);
  if (perCustomerDay !== undefined && ofDay >= perCustomerDay)
    throw refused("/customer", "limit_reached", `\`perCustomerDay\` is ${perCustomerDay}.`);
}

function faultsOf(document: DrawDocument, now: number): ProblemError[] {
  const { startsAt, total, prizes, consolation } = document;
  const errors = windowFaults(document);
  const fault = (path: string, code: string, message: string) => void errors.push({ path, code, message });
  if (Date.parse(startsAt) < now - clocksDifferMilliseconds)
    fault("/startsAt", "time_in_past", "What is drawn is declared before.");
  const odds = prizes.reduce((sum, prize) => sum + prize.odds, 0);
  if (odds !== total) fault("/total", "odds_do_not_add_up", `The odds come to ${odds}.`);
  const keys = prizes.map(({ key }) => key);
  const double = keys.findIndex((key, index) => keys.indexOf(key) < index);
  if (double >= 0) fault(`/prizes/${double}/key`, "duplicate", "Every prize once.");
  const last = prizes.find(({ key }) => key === consolation);
  if (last === undefined) fault("/consolation", "prize_unknown", "It is one of the prizes.");
  else if (last.stock !== undefined) fault("/consolation", "has_stock", "There must always be one.");
  return errors;
}

const unknownCampaign = {
  path: "/campaign",
  code: "campaign_unknown",
  message: "There is no campaign with this key.",
};

function recordOf(row: DrawTicketRow): DrawRecord {
  const { number, ticket, customerId: customer, nonce, value, drawn, prize, drawnAt } = row;
  return { number, ticket, customer, nonce, value, drawn, prize, drawnAt: drawnAt.toISOString() };
}

function refused(path: string, code: string, message: string) {
  return problem("draw-ticket-refused", { errors: [{ path, code, message }] });
}
