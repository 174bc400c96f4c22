-- Segments may count what customers did. Whoever did something that one asks for is looked at again.
alter table segments add column event_types text[];
comment on column segments.event_types is 'Types of tracked events that its conditions count. Null: none.';

create table segment_touches (
  project_id text not null,
  id bigint generated always as identity,
  customer_id text not null,
  primary key (project_id, id)
);
comment on table segment_touches is 'Customers who did something that a segment asks for, since they were last looked at; written with the event, and deleted by the look. A row for each time, so that nobody waits for anybody.';
select wall('segment_touches');

grant select (project_id) on segment_touches to dealwright_lookout;
create or replace function projects_with_upkeep_due(at timestamptz)
returns setof text language sql stable as $$
  select u.project_id from customer_upkeep u left join event_streams e on e.project_id = u.project_id
   where u.position < e.last_position or u.sweep_after is not null or u.sweep_due_at <= at
      or u.project_id in (select project_id from segments where refreshed_version < version)
      or u.project_id in (select project_id from rfm_settings where computed_version < version)
      or u.project_id in (select project_id from tier_programmes where swept_version < version)
      or (select true from segment_touches s where s.project_id = u.project_id limit 1)
      -- One of a project is enough; of all that are due at midnight the rest is not looked at.
      or (select true from customer_tiers t
           where t.project_id = u.project_id and t.next_at is not null and t.next_at <= at limit 1)
   order by u.project_id
$$;
select over_walls('projects_with_upkeep_due(timestamptz)');
