-- Events: positions are given after the commit, one transaction at a time, so that a reader who has seen position 17 will
-- never be shown a 16 that was not there before.
alter table outbox_events add column seq bigint generated always as identity;
alter table outbox_events add column position bigint;
comment on column outbox_events.seq is 'The order of writing. Says nothing about other transactions, but whoever changes one thing after another has locked it meanwhile: of one subject it is the order of the commits.';
comment on column outbox_events.position is 'The place in the project''s stream: 1, 2, 3, without gaps. Null until the sequencer has seen it committed.';
create index outbox_events_unsequenced on outbox_events (project_id, seq) where position is null;
create unique index outbox_events_position on outbox_events (project_id, position) where position is not null;

create table event_streams (
  project_id text primary key references projects (id),
  last_position bigint not null,
  deleted_through bigint not null default 0,
  constraint event_streams_positions_order check (deleted_through >= 0 and last_position >= deleted_through)
);
comment on table event_streams is 'How far the events of a project are numbered, and how far they are deleted.';
select wall('event_streams');

grant select (project_id, position) on outbox_events to dealwright_lookout;
create function projects_with_new_events() returns setof text language sql stable as $$
  select distinct project_id from outbox_events where position is null
$$;
select over_walls('projects_with_new_events()');
comment on function projects_with_new_events is 'What the sequencer has to do, in all projects.';

grant select (project_id, last_position, deleted_through) on event_streams to dealwright_lookout;
create function projects_with_events() returns setof text language sql stable as $$
  select project_id from event_streams where last_position > deleted_through
$$;
select over_walls('projects_with_events()');
comment on function projects_with_events is 'Where the clean-up looks.';

create table webhooks (
  project_id text not null references projects (id),
  id text not null,
  url text not null,
  types text[] not null,
  description text,
  enabled boolean not null,
  revision integer not null,
  disabled_reason text,
  failing_since timestamptz,
  not_before timestamptz,
  runner text,
  lease_until timestamptz,
  served_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (project_id, id),
  constraint webhooks_say_why_they_are_disabled check (enabled = (disabled_reason is null)),
  constraint webhooks_disabled_reason_known check (disabled_reason in ('by_hand', 'gone', 'failing'))
);
comment on column webhooks.types is 'The types of event it gets. Empty: all.';
comment on column webhooks.revision is 'Counted up with each change by its owner. Whoever serves it looks after each attempt whether it is still the one it began with.';
comment on column webhooks.failing_since is 'When the first of the failures came that no success has followed yet.';
comment on column webhooks.not_before is 'Until then the receiver has asked to be left alone (Retry-After).';
comment on column webhooks.runner is 'The process that delivers to it at the moment, until lease_until by the database''s clock: so each aggregate''s events come one after another.';

create table webhook_secrets (
  project_id text not null,
  webhook_id text not null,
  secret text not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  primary key (project_id, webhook_id, secret),
  foreign key (project_id, webhook_id) references webhooks (project_id, id) on delete cascade
);
comment on table webhook_secrets is 'One webhook has two while they are rotated. Kept as they are: a signature (HMAC) cannot be made from a hash.';

create table webhook_deliveries (
  project_id text not null,
  webhook_id text not null,
  event_id text not null,
  position bigint not null,
  type text not null,
  subject text not null,
  status text not null,
  attempts integer not null default 0,
  due_at timestamptz not null,
  created_at timestamptz not null,
  attempted_at timestamptz,
  response_status integer,
  duration_ms integer,
  response text,
  failure text,
  primary key (project_id, webhook_id, event_id),
  constraint webhook_deliveries_status_known check (status in ('pending', 'delivered', 'dead'))
);
comment on table webhook_deliveries is 'What each webhook is to get, got or never got. Written in the transaction that numbers the event. No foreign keys: many are written at once, and deleted with their events.';
comment on column webhook_deliveries.due_at is 'The next attempt, if no earlier event of the same subject is still to be delivered.';
create index webhook_deliveries_due on webhook_deliveries (project_id, webhook_id, due_at, position) where status = 'pending';
create index webhook_deliveries_order on webhook_deliveries (project_id, webhook_id, subject, position) where status = 'pending';
create index webhook_deliveries_log on webhook_deliveries (project_id, webhook_id, position);
create index webhook_deliveries_dead on webhook_deliveries (project_id, webhook_id, position) where status = 'dead';

select wall('webhooks');
select wall('webhook_secrets');
select wall('webhook_deliveries');
grant select (project_id, id, enabled, runner, lease_until, not_before, served_at) on webhooks to dealwright_lookout;
grant select (project_id, webhook_id, status, due_at) on webhook_deliveries to dealwright_lookout;
create function webhooks_to_serve(at timestamptz, most integer) returns table (project_id text, id text) language sql stable as $$
  select w.project_id, w.id from webhooks w
   where w.enabled and (w.runner is null or w.lease_until < now()) and (w.not_before is null or w.not_before <= at)
     and exists (select from webhook_deliveries d
                  where d.project_id = w.project_id and d.webhook_id = w.id and d.status = 'pending' and d.due_at <= at)
   order by w.served_at nulls first limit most
$$;
select over_walls('webhooks_to_serve(timestamptz, integer)');
comment on function webhooks_to_serve is 'For the dispatcher, which takes what it found inside its project.';
