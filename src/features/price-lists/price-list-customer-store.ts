import { sql } from "drizzle-orm";
import type { CustomerMerge, CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";

export async function listsOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select jsonb_build_object('list', list) as record from price_list_audiences
     where project_id = ${projectId} and kind = 'customer' and name = ${id} collate "C" order by list limit ${most}`);
  return rows.map(({ record }) => record);
}

/** A list is for somebody; whom it knew by that name it does not know any more. */
export async function eraseFromLists(
  connection: Connection,
  { projectId, id }: CustomerName,
): Promise<number> {
  await connection.execute(sql`
    update price_lists l
       set document = jsonb_set(l.document, '{audience,customers}', (l.document #> '{audience,customers}') - ${id}::text),
           version = l.version + 1
      from (select key from price_lists p
             where p.project_id = ${projectId}
               and exists (select 1 from price_list_audiences a
                            where a.project_id = ${projectId} and a.list = p.key and a.kind = 'customer' and a.name = ${id} collate "C")
             order by key for update) as named
     where l.project_id = ${projectId} and l.key = named.key`);
  const { rowCount } = await connection.execute(sql`
    delete from price_list_audiences
     where project_id = ${projectId} and kind = 'customer' and name = ${id} collate "C"`);
  return rowCount ?? 0;
}

/** A list for the guest is for the customer. */
export async function mergeInLists(
  connection: Connection,
  { projectId, guest, customer }: CustomerMerge,
): Promise<number> {
  await connection.execute(sql`
    update price_lists l
       set document = jsonb_set(l.document, '{audience,customers}',
                        (l.document #> '{audience,customers}') - ${guest.id}::text - ${customer.id}::text || to_jsonb(${customer.id}::text)),
           version = l.version + 1
      from (select key from price_lists p
             where p.project_id = ${projectId}
               and exists (select 1 from price_list_audiences a
                            where a.project_id = ${projectId} and a.list = p.key and a.kind = 'customer' and a.name = ${guest.id} collate "C")
             order by key for update) as named
     where l.project_id = ${projectId} and l.key = named.key`);
  const { rowCount } = await connection.execute(sql`
    with gone as (
      delete from price_list_audiences
       where project_id = ${projectId} and kind = 'customer' and name = ${guest.id} collate "C" returning list
    )
    insert into price_list_audiences (project_id, kind, name, list)
    select ${projectId}, 'customer', ${customer.id}, list from gone order by list
    on conflict do nothing`);
  return rowCount ?? 0;
}
