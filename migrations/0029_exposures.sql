-- Who met a campaign with a holdout, or an experiment, and in which arm.
create index campaigns_with_holdout on campaigns (project_id, key) where archived_at is null and document ? 'holdout';

create table exposures (
  project_id text not null references projects (id),
  kind text not null check (kind in ('campaign', 'experiment')),
  name text not null,
  customer_id text not null,
  arm text not null,
  at timestamptz not null,
  channel text,
  primary key (project_id, kind, name, customer_id)
);
comment on table exposures is 'The first time each customer met what is split, in the arm that a hash of their id puts them in. Written a moment after their request; kept for 800 days.';
create index exposures_of_customer on exposures (project_id, customer_id);
create index exposures_by_age on exposures (at, project_id);
create index exposures_of_project_by_age on exposures (project_id, at);
select wall('exposures');

grant select (project_id, at) on exposures to dealwright_lookout;
create function projects_with_old_exposures(before timestamptz, most integer) returns table (project_id text)
language sql stable as $$
  select distinct old.project_id from (select e.project_id from exposures e where e.at < before order by e.at limit 10000) as old limit most
$$;
select over_walls('projects_with_old_exposures(timestamptz, integer)');
