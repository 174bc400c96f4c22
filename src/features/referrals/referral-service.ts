/** Members, their codes, and the friends who come by them. */
import { z } from "zod";
import { type Connection, withTransaction } from "../../platform/database.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { qrImage } from "../coupons/coupon-export-service.ts";
import { type Who, whoIs } from "../ledger/promotion-counters.ts";
import type { Asker, WrongCodeService } from "../limits/wrong-code-service.ts";
import type { TrackedEvent } from "../tracking/tracking-schemas.ts";
import { type ReferralOptions, referralAttribution } from "./referral-attribution-service.ts";
import { newReferralCode, referralLink, storedReferralCode } from "./referral-code.ts";
import { countMembers, findMember, findMemberByCode, joinMember } from "./referral-member-store.ts";
import type {
  MemberRequest,
  Referral,
  ReferralMember,
  ReferralQuery,
  ReferralRequest,
  ReferralResults,
} from "./referral-schemas.ts";
import { countReferrals, giftsGiven, listReferrals } from "./referral-store.ts";
import type { ReferralRow } from "./referral-tables.ts";

export interface ReferralService {
  /** The same code, however often. */
  join(projectId: string, key: string, request: MemberRequest): Promise<ReferralMember>;
  /** The first time stands, whoever says what later. Wrong codes are counted as those of coupons are. */
  attribute(asker: Asker, key: string, request: ReferralRequest): Promise<Referral>;
  /** Sign-ups that bring a code are referrals; in the transaction that stores them. Nobody is told whether there is such a code. */
  follow(connection: Connection, projectId: string, events: readonly TrackedEvent[]): Promise<void>;
  qr(asker: Asker, code: string, format: "svg" | "png", size: number): ReturnType<typeof qrImage>;
  list(projectId: string, key: string, query: ReferralQuery): Promise<Page<Referral>>;
  results(projectId: string, key: string): Promise<ReferralResults>;
}

const listCursor = cursorOf("referrals", z.string());

export interface ReferralServiceOptions extends ReferralOptions {
  wrongCodes: Pick<WrongCodeService, "guard">;
}

export function referralService(options: ReferralServiceOptions): ReferralService {
  const { database, clock, projects, programmes, wrongCodes } = options;
  const attribution = referralAttribution(options);

  return {
    async join(projectId, key, request) {
      const connection = database.of(projectId);
      const { document } = await programmes.existing(connection, projectId, key);
      const { holder, hashes } = await attribution.whoOf(connection, projectId, request);
      const created = { createdAt: new Date(clock.now()), customerId: request.customer };
      for (;;) {
        const member = await withTransaction(database, projectId, (transaction) =>
          joinMember(transaction, {
            projectId,
            programme: key,
            holder,
            ...hashes,
            ...created,
            code: newReferralCode(),
          }),
        );
        // Somebody else has drawn the same code: another one.
        if (member === undefined) continue;
        const { customerId: customer, code, createdAt } = member;
        const link = referralLink(document.link, code);
        return { programme: key, customer, code, link, createdAt: createdAt.toISOString() };
      }
    },

    async attribute(asker, key, request) {
      const { projectId } = asker;
      const { customer, identifiers } = request;
      const code = storedReferralCode(request.code);
      const find = (requireTry: () => void) =>
        withTransaction(database, projectId, async (connection) => {
          const { document } = await programmes.existing(connection, projectId, key);
          const member = await findMemberByCode(connection, projectId, code);
          requireTry();
          if (member?.programme !== key) return undefined;
          const arrival = { ...request, cameAt: clock.now() };
          const row = await attribution.attribute(connection, member, document, arrival);
          if (row === undefined) throw problem("referral-programme-closed");
          const by = await findMember(connection, { projectId, programme: key, holder: row.referrer });
          return shownReferral({ row, code: by!.code, referrer: by!.customerId });
        });
      const referral = await wrongCodes.guard(asker, code, find, { customer: { id: customer }, identifiers });
      if (referral === undefined) throw problem("referral-code-not-found");
      return referral;
    },

    async follow(connection, projectId, events) {
      const arrivals = events
        .flatMap(({ type, time, data: { customer, referrer, channel } }) =>
          type === "sign_up" && customer !== undefined && referrer !== undefined
            ? [{ customer, channel, code: storedReferralCode(referrer), cameAt: Date.parse(time) }]
            : [],
        )
        // Two batches with the same friends wait for each other in one direction only.
        .sort((a, b) => compare(a.customer, b.customer) || compare(a.code, b.code));
      for (const { code, ...arrival } of arrivals) {
        const member = await findMemberByCode(connection, projectId, code);
        if (member === undefined) continue;
        const { document } = await programmes.existing(connection, projectId, member.programme);
        await attribution.attribute(connection, member, document, arrival);
      }
    },

    async qr(asker, code, format, size) {
      const { projectId } = asker;
      const connection = database.of(projectId);
      const stored = storedReferralCode(code);
      const member = await wrongCodes.guard(asker, stored, async (requireTry) => {
        const found = await findMemberByCode(connection, projectId, stored);
        requireTry();
        return found;
      });
      if (member === undefined) throw problem("referral-code-not-found");
      const { document } = await programmes.existing(connection, projectId, member.programme);
      return qrImage(referralLink(document.link, member.code) ?? member.code, format, size);
    },

    async list(projectId, key, { limit, after, referrer: customer, ...filters }) {
      const connection = database.of(projectId);
      await programmes.existing(connection, projectId, key);
      const who: Who | null =
        customer === undefined
          ? null
          : whoIs(await projects.identifierKey(connection, projectId), { customer: { id: customer } });
      const rows = await listReferrals(connection, { projectId, programme: key }, filters, {
        referrer: who?.customer ?? undefined,
        before: listCursor.decode(after),
        limit: limit + 1,
      });
      return listCursor.page(rows, limit, ({ row }) => row.id, shownReferral);
    },

    async results(projectId, key) {
      const connection = database.of(projectId);
      const { document } = await programmes.existing(connection, projectId, key);
      const name = { projectId, programme: key };
      const given = await giftsGiven(connection, name);
      return {
        members: await countMembers(connection, projectId, key),
        referrals: await countReferrals(connection, name),
        giftsLeft: document.gift === undefined ? null : Math.max(0, document.gift.stock - given),
      };
    },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function shownReferral({
  row,
  code,
  referrer,
}: {
  row: ReferralRow;
  code: string;
  referrer: string;
}): Referral {
  const { id, programme, customerId: customer, channel, state, reason, isCounted } = row;
  return {
    id,
    programme,
    customer,
    code,
    referrer,
    channel,
    state,
    reason,
    isCapped: !isCounted && (state === "qualified" || state === "rewarded"),
    order: row.orderRef,
    holdUntil: row.holdUntil?.toISOString() ?? null,
    attributedAt: row.attributedAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
