-- By what customers are scored: how lately, how often and for how much they bought.
create table rfm_settings (
  project_id text primary key references projects (id),
  version bigint not null,
  document jsonb not null,
  borders jsonb,
  computed_version bigint not null default 0,
  computed_at timestamptz
);
comment on column rfm_settings.borders is 'Those in force: told, or worked out of customer_activity. Scores are read from them and the activity whenever they are wanted, so that they never age.';
comment on column rfm_settings.computed_version is 'The version whose borders these are. Lower than version: they are to be worked out.';
create index rfm_settings_to_compute on rfm_settings (project_id) where computed_version < version;
select wall('rfm_settings');

grant select (project_id, position, sweep_due_at, sweep_after) on customer_upkeep to dealwright_lookout;
grant select (project_id, version, refreshed_version) on segments to dealwright_lookout;
grant select (project_id, version, computed_version) on rfm_settings to dealwright_lookout;
create function projects_with_upkeep_due(at timestamptz) returns setof text language sql stable as $$
  select u.project_id from customer_upkeep u left join event_streams e on e.project_id = u.project_id
   where u.position < e.last_position or u.sweep_after is not null or u.sweep_due_at <= at
      or u.project_id in (select project_id from segments where refreshed_version < version)
      or u.project_id in (select project_id from rfm_settings where computed_version < version)
   order by u.project_id
$$;
select over_walls('projects_with_upkeep_due(timestamptz)');
comment on function projects_with_upkeep_due is 'Where the upkeep of segments has something to do. It is asked every second, and locks nothing.';
