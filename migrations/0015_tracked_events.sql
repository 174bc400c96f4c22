create table tracked_events (
  project_id text not null references projects (id),
  occurred_at timestamptz not null,
  source text not null,
  id text not null,
  type text not null,
  subject text,
  customer_id text,
  visitor text,
  channel text,
  campaign text,
  data jsonb not null,
  received_at timestamptz not null,
  primary key (project_id, occurred_at, source, id)
) partition by range (occurred_at);
comment on table tracked_events is 'What customers and visitors did, as shops, apps and tills told of it: views, shares, sign-ups, check-ins. In quarters, so that old ones can be detached.';
comment on column tracked_events.occurred_at is 'The time of the event, not of its arrival. Part of the key: whoever sends an event again sends the same time.';
comment on column tracked_events.customer_id is 'As the shop calls them; the columns from here to campaign are copies out of data to look it up by.';
comment on column tracked_events.visitor is 'Who it was before anybody knew: the shop''s own id of a browser or device.';

create index tracked_events_type on tracked_events (project_id, type, occurred_at);
create index tracked_events_customer on tracked_events (project_id, customer_id, occurred_at) where customer_id is not null;
create index tracked_events_visitor on tracked_events (project_id, visitor, occurred_at) where visitor is not null;
create index tracked_events_referrer on tracked_events (project_id, (data ->> 'referrer')) where data ? 'referrer';
create index tracked_events_subject on tracked_events (project_id, subject) where subject is not null;
create index tracked_events_campaign on tracked_events (project_id, campaign, occurred_at) where campaign is not null;

-- Before the first quarter and after the last one they go into the rest; a later migration adds quarters in time.
create table tracked_events_rest partition of tracked_events default;
do $$
declare
  quarter date;
begin
  for quarter in select generate_series(date '2026-10-01', date '2030-10-01', interval '3 months') loop
    execute format('create table %I partition of tracked_events for values from (%L) to (%L)',
      'tracked_events_' || to_char(quarter, 'YYYY"q"Q'), quarter || ' 00:00Z', (quarter + interval '3 months')::date || ' 00:00Z');
  end loop;
  perform wall(oid::regclass) from pg_class where relname like 'tracked\_events%' and relkind in ('r', 'p');
end
$$;
