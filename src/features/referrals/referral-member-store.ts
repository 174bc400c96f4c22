import { and, eq, sql } from "drizzle-orm";
import { isErased } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";
import { type ReferralMemberRow, referralMembers } from "./referral-tables.ts";

export type MemberName = Pick<ReferralMemberRow, "projectId" | "programme" | "holder">;

const named = ({ projectId, programme, holder }: MemberName) =>
  and(
    eq(referralMembers.projectId, projectId),
    eq(referralMembers.programme, programme),
    eq(referralMembers.holder, holder),
  );

/**
 * The member, who keeps the code they have; undefined if somebody else has this code. Whoever was erased and is back is known
 * by their id again, and what was not known of them before is added.
 */
export async function joinMember(
  connection: Connection,
  row: ReferralMemberRow,
): Promise<ReferralMemberRow | undefined> {
  const known = await findMember(connection, row);
  if (known !== undefined && !tellsMore(row, known)) return known;
  const { projectId, programme, holder, customerId, code, device, phone, ip, createdAt } = row;
  await connection.execute(sql`
    insert into referral_members (project_id, programme, holder, customer_id, code, device, phone, ip, created_at)
    values (${projectId}, ${programme}, ${holder}, ${customerId}, ${code}, ${device}, ${phone}, ${ip}, ${createdAt.toISOString()}::timestamptz)
    on conflict do nothing`);
  const [member] = await connection
    .update(referralMembers)
    .set({
      customerId,
      device: sql`coalesce(${referralMembers.device}, ${device})`,
      phone: sql`coalesce(${referralMembers.phone}, ${phone})`,
      ip: sql`coalesce(${referralMembers.ip}, ${ip})`,
    })
    .where(named(row))
    .returning();
  return member;
}

function tellsMore(row: ReferralMemberRow, known: ReferralMemberRow): boolean {
  const isNew = (["device", "phone", "ip"] as const).some(
    (kind) => known[kind] === null && row[kind] !== null,
  );
  return isNew || known.customerId !== row.customerId;
}

export async function findMember(
  connection: Connection,
  name: MemberName,
): Promise<ReferralMemberRow | undefined> {
  const [row] = await connection.select().from(referralMembers).where(named(name));
  return row;
}

/** Locked until the transaction ends: rewards of one member are decided one after the other. */
export async function lockMember(connection: Connection, name: MemberName): Promise<ReferralMemberRow> {
  const [row] = await connection.select().from(referralMembers).where(named(name)).for("update");
  if (row === undefined) throw new Error("a referral has no member");
  return row;
}

/** Whoever was erased brings nobody any more, until they are back. */
export async function findMemberByCode(
  connection: Connection,
  projectId: string,
  code: string,
): Promise<ReferralMemberRow | undefined> {
  const [row] = await connection
    .select()
    .from(referralMembers)
    .where(and(eq(referralMembers.projectId, projectId), eq(referralMembers.code, code)));
  return row === undefined || isErased(row.customerId) ? undefined : row;
}

export async function countMembers(
  connection: Connection,
  projectId: string,
  programme: string,
): Promise<number> {
  return connection.$count(
    referralMembers,
    and(eq(referralMembers.projectId, projectId), eq(referralMembers.programme, programme)),
  );
}
