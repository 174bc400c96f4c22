-- Runs of automations that were over long ago are forgotten; how many there were stays.
create table automation_past_runs (
  project_id text not null,
  automation_id text not null,
  state text not null,
  reason text not null,
  runs bigint not null,
  primary key (project_id, automation_id, state, reason),
  foreign key (project_id, automation_id) references automations (project_id, id)
);
comment on table automation_past_runs is 'Of runs that are forgotten, how many ended in which way. Nobody is known by it.';
comment on column automation_past_runs.reason is 'Empty where a state has none.';
select wall('automation_past_runs');

create index automation_runs_over on automation_runs (project_id, automation_id, ran_at) where state in ('done', 'skipped');
grant select (project_id, automation_id, state, ran_at) on automation_runs to dealwright_lookout;
create function projects_with_old_automation_runs(before timestamptz) returns table (project_id text)
language sql stable as $$
  with recursive firsts as (
    (select r.project_id, r.automation_id, r.ran_at from automation_runs r
      where r.state in ('done', 'skipped') order by r.project_id, r.automation_id, r.ran_at limit 1)
    union all
    select later.project_id, later.automation_id, later.ran_at from firsts, lateral (
      select r.project_id, r.automation_id, r.ran_at from automation_runs r
       where r.state in ('done', 'skipped') and (r.project_id, r.automation_id) > (firsts.project_id, firsts.automation_id)
       order by r.project_id, r.automation_id, r.ran_at limit 1) as later
  )
  select distinct f.project_id from firsts f where f.ran_at < before
$$;
select over_walls('projects_with_old_automation_runs(timestamptz)');
