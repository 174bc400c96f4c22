alter table projects
  add column stopped_at timestamptz,
  add column stopped_by text,
  add column stop_reason text,
  add column safeguards jsonb not null default '{}',
  add column alarms_raised jsonb not null default '{}',
  add constraint projects_stops_are_told check ((stopped_at is null) = (stopped_by is null) and (stopped_at is null) = (stop_reason is null)),
  add constraint projects_safeguards_are_an_object check (jsonb_typeof(safeguards) = 'object');
comment on column projects.stopped_at is 'Since when no promotion of the project is in force, whatever its status. Null: they are.';
comment on column projects.safeguards is 'What was set of the limits on wrong codes and of the alarms; what was not has its default.';
comment on column projects.alarms_raised is 'When the window of each alarm ends for which it was raised last, so that it is raised once. Epoch milliseconds.';

alter table promotions add column killed_at timestamptz;
comment on column promotions.killed_at is 'Since when not even its reservations are committed any more. Null again once it is activated.';
create index promotions_killed on promotions (project_id) where killed_at is not null;

alter table promotion_versions
  add column reason text,
  drop constraint promotion_versions_change_known,
  add constraint promotion_versions_change_known
    check (change in ('created', 'updated', 'activated', 'paused', 'ended', 'archived', 'reverted', 'killed'));
comment on column promotion_versions.reason is 'Why it was killed, as whoever did it says.';

alter table api_keys
  add column requests_per_minute integer,
  add constraint api_keys_requests_are_counted check (requests_per_minute >= 1);
comment on column api_keys.requests_per_minute is 'Null: as many as its role may.';
