import { type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { FunnelQuestion } from "./tracking-schemas.ts";

/** The step that no event tells of: orders are known already. */
const orderStep = "order";

export interface FunnelCount extends Record<string, unknown> {
  /** Place of the step among those asked for. */
  readonly step: number;
  readonly channel: string | null;
  readonly events: number;
  readonly people: number;
}

/**
 * Each person's steps one after the other: the first time they did a step at or after their first time of the step before.
 * People count for the channel of their first step, events for their own.
 */
export async function countFunnel(
  connection: Connection,
  projectId: string,
  { steps, from, to, campaign, channel }: FunnelQuestion,
): Promise<FunnelCount[]> {
  const within = (column: SQL) => sql`${column} >= ${from}::timestamptz and ${column} < ${to}::timestamptz`;
  const types = steps.filter((step) => step !== orderStep);
  const ofType = types.length === 0 ? sql`false` : sql`e.type in ${types}`;
  const sources = [
    sql`select e.type, e.occurred_at as at, e.channel,
               coalesce('customer ' || coalesce(e.customer_id, k.customer_id), 'visitor ' || e.visitor) as person
          from tracked_events e left join known k on e.customer_id is null and k.visitor = e.visitor
         where e.project_id = ${projectId} and ${ofType} and ${within(sql`e.occurred_at`)}
           and ${campaign === undefined ? sql`true` : sql`e.campaign = ${campaign}`}`,
    ...(steps.includes(orderStep)
      ? [
          sql`select ${orderStep}, placed_at, channel, 'customer ' || customer_id
                from orders where project_id = ${projectId} and status <> 'cancelled' and ${within(sql`placed_at`)}`,
        ]
      : []),
  ];
  const ofChannel = channel === undefined ? sql`true` : sql`channel = ${channel}`;
  const stepTables = steps.map((step, i) => {
    const name = sql.raw(`step_${i}`);
    if (i === 0)
      return sql`${name} as (
        select person, channel, at from (
          select distinct on (person) person, channel, at from done
           where type = ${step} and person is not null order by person, at, channel) as first where ${ofChannel})`;
    const before = sql.raw(`step_${i - 1}`);
    // One event is not two steps.
    const later = steps[i - 1] === step ? sql`>` : sql`>=`;
    return sql`${name} as (
      select b.person, b.channel, min(d.at) as at
        from ${before} b join done d on d.person = b.person and d.type = ${step} and d.at ${later} b.at
       group by b.person, b.channel)`;
  });
  // Orders bear no campaign: its own are those of people who came so far, at or after that.
  const joined = (step: string, i: number): SQL =>
    step === orderStep && campaign !== undefined && i > 0
      ? sql`exists (select from ${sql.raw(`step_${i - 1}`)} b where b.person = done.person and b.at <= done.at)`
      : sql`true`;
  const counts = steps.flatMap((step, i) => [
    sql`select ${i}::int as step, channel, 0 as events, count(*)::int as people from ${sql.raw(`step_${i}`)} group by channel`,
    sql`select ${i}::int, channel, count(*)::int, 0 from done
         where type = ${step} and ${ofChannel} and ${joined(step, i)} group by channel`,
  ]);
  const { rows } = await connection.execute<FunnelCount>(sql`
    with known as (
      -- Who a visitor turned out to be; the first one where several people share a browser.
      select distinct on (visitor) visitor, customer_id from tracked_events
       where project_id = ${projectId} and visitor is not null and customer_id is not null and ${within(sql`occurred_at`)}
       order by visitor, occurred_at, customer_id),
    done as materialized (${sql.join(sources, sql` union all `)}),
    ${sql.join(stepTables, sql`, `)}
    select step, channel, sum(events)::int as events, sum(people)::int as people
      from (${sql.join(counts, sql` union all `)}) as counted group by step, channel`);
  return rows;
}
