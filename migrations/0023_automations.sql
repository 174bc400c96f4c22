-- Automations: something happens to a customer, conditions hold, and actions follow, once.
create table automations (
  project_id text not null references projects (id),
  id text not null,
  key text not null,
  status text not null default 'draft',
  version bigint not null,
  document jsonb not null,
  listens_to text,
  epoch bigint not null default 0,
  since_position bigint,
  activated_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (project_id, id),
  unique (project_id, key),
  constraint automations_status_known check (status in ('draft', 'active', 'paused', 'archived')),
  constraint automations_active_since check (status <> 'active' or (activated_at is not null and since_position is not null))
);
comment on column automations.listens_to is 'The happening that triggers it: event:share, segment_entered:dormant, points_expiring. Null: the clock does.';
comment on column automations.epoch is 'Counts up whenever it is put into force or gets another trigger: what waits since before is forgotten.';
comment on column automations.since_position is 'Numbered events up to here came before it was put into force, and trigger nothing.';
create index automations_listening on automations (project_id, listens_to) where status = 'active' and listens_to is not null;
select wall('automations');

create table automation_rounds (
  project_id text primary key references projects (id),
  position bigint not null
);
comment on table automation_rounds is 'How far automations follow the project''s events. There is a row from the first one that was put into force. Whoever finds out whom automations reach, or erases a customer, holds it locked.';
comment on column automation_rounds.position is 'Events up to here have triggered what they trigger.';
select wall('automation_rounds');

create table automation_clocks (
  project_id text not null,
  automation_id text not null,
  due_at timestamptz not null,
  of_at timestamptz not null,
  after text,
  looked_day integer,
  primary key (project_id, automation_id),
  foreign key (project_id, automation_id) references automations (project_id, id)
);
comment on table automation_clocks is 'When an automation that time triggers looks for customers next. Only those in force have a row.';
comment on column automation_clocks.due_at is 'When to go on: the time of the look, or of another attempt.';
comment on column automation_clocks.of_at is 'The time of the look that is next or under way.';
comment on column automation_clocks.after is 'The last customer of the look under way. Null: it has not begun.';
comment on column automation_clocks.looked_day is 'The day, in the project''s zone, of the last look that ended, in days since 1970: missed ones are made up for.';
create index automation_clocks_due on automation_clocks (project_id, due_at);
select wall('automation_clocks');

create table automation_counts (
  project_id text not null,
  automation_id text not null,
  runs bigint not null,
  coupons bigint not null,
  primary key (project_id, automation_id),
  foreign key (project_id, automation_id) references automations (project_id, id)
) with (fillfactor = 70);
comment on table automation_counts is 'What is taken of an automation''s overall caps; kept only while it is in force and has such. Whoever takes holds the row until their run is done.';
select wall('automation_counts');

create table automation_runs (
  project_id text not null,
  id text collate "C" not null,
  automation_id text not null,
  epoch bigint not null,
  holder text collate "C" not null,
  customer_id text not null,
  occurrence text collate "C" not null,
  trigger jsonb not null,
  state text not null default 'waiting',
  reason text,
  pool text,
  due_at timestamptz,
  coupons_taken bigint not null default 0,
  attempts integer not null default 0,
  ran_at timestamptz,
  created_at timestamptz not null,
  primary key (project_id, id),
  foreign key (project_id, automation_id) references automations (project_id, id),
  constraint automation_runs_state_known check (state in ('waiting', 'done', 'owed', 'skipped')),
  constraint automation_runs_say_why check ((reason is not null) = (state in ('owed', 'skipped'))),
  constraint automation_runs_wait_for_something check ((state <> 'waiting' or due_at is not null) and (state in ('waiting', 'owed') or due_at is null)),
  constraint automation_runs_owe_of_a_pool check (state <> 'owed' or pool is not null)
);
comment on table automation_runs is 'One for each customer whom an automation was triggered for, and what became of it. What it does is done in the transaction that says so.';
comment on column automation_runs.holder is 'The keyed hash by which counters know the customer: what is once only stays so after an erasure.';
comment on column automation_runs.epoch is 'That of the automation when it was triggered.';
comment on column automation_runs.occurrence is 'What happened, told apart from everything else that triggers: an event, a birthday of a year, a last order.';
comment on column automation_runs.due_at is 'When it is to be done, or tried again. Null: settled, or waiting for codes of its pool.';
comment on column automation_runs.coupons_taken is 'Of an owed run: so many coupons of the overall cap are kept for it.';
comment on column automation_runs.ran_at is 'When it was done, owed or skipped.';
-- Once only, whoever finds out and however often.
create unique index automation_runs_once on automation_runs (project_id, automation_id, holder, occurrence);
-- Whether a project has something to do; and what, of each automation.
create index automation_runs_due on automation_runs (project_id, due_at) where due_at is not null;
create index automation_runs_next on automation_runs (project_id, automation_id, due_at, id) where due_at is not null;
-- By automation: what a paused one owes is not read again and again.
create index automation_runs_owed on automation_runs (project_id, pool, automation_id, id) where state = 'owed' and due_at is null;
create index automation_runs_capped on automation_runs (project_id, automation_id, holder, ran_at) where state in ('done', 'owed');
create index automation_runs_list on automation_runs (project_id, automation_id, id);
create index automation_runs_state on automation_runs (project_id, automation_id, state, id);
create index automation_runs_customer on automation_runs (project_id, customer_id, id);
select wall('automation_runs');

create table automation_coupons (
  project_id text not null,
  code text collate "C" not null,
  automation_id text not null,
  run_id text collate "C" not null,
  pool text not null,
  redemption_id text,
  currency text,
  revenue bigint,
  discount bigint,
  primary key (project_id, code),
  constraint automation_coupons_used_whole check (num_nulls(redemption_id, currency, revenue, discount) in (0, 4))
);
comment on table automation_coupons is 'Coupons that automations issued, and what the order that used each came to, as the events of its redemption tell.';
comment on column automation_coupons.revenue is 'What the order was paid, less what was refunded.';
comment on column automation_coupons.discount is 'What the coupon took off, as budgets count it.';
create index automation_coupons_automation on automation_coupons (project_id, automation_id, code);
create index automation_coupons_run on automation_coupons (project_id, run_id);
select wall('automation_coupons');

-- A copy out of the document: behind walls only what leaks nothing is looked up by an index, and the operators of JSON may.
alter table customers add column birthday_day text collate "C" generated always as (right(document ->> 'birthday', 5)) stored;
comment on column customers.birthday_day is 'Month and day of their birthday: 02-28.';
create index customers_birthday on customers (project_id, birthday_day, id) where birthday_day is not null;

create index customer_activity_last_order on customer_activity (project_id, last_order_at, customer_id);

grant select (project_id, position) on automation_rounds to dealwright_lookout;
grant select (project_id, due_at) on automation_clocks to dealwright_lookout;
grant select (project_id, pool, state, due_at) on automation_runs to dealwright_lookout;
create function projects_with_automations_due(at timestamptz) returns setof text language sql stable as $$
  select r.project_id from automation_rounds r left join event_streams e on e.project_id = r.project_id
   where r.position < e.last_position
      or exists (select from automation_clocks c where c.project_id = r.project_id and c.due_at <= at)
      or exists (select from automation_runs n where n.project_id = r.project_id and n.due_at <= at)
   order by r.project_id
$$;
select over_walls('projects_with_automations_due(timestamptz)');
comment on function projects_with_automations_due is 'Where automations have something to do. It is asked every second, and locks nothing.';

create function owed_automation_runs() returns table (project_id text, pool text) language sql stable as $$
  with recursive owed as (
    (select n.project_id, n.pool from automation_runs n
      where n.state = 'owed' and n.due_at is null order by n.project_id, n.pool limit 1)
    union all
    select later.project_id, later.pool from owed, lateral (
      select n.project_id, n.pool from automation_runs n
       where n.state = 'owed' and n.due_at is null and (n.project_id, n.pool) > (owed.project_id, owed.pool)
       order by n.project_id, n.pool limit 1) as later
  )
  select owed.project_id, owed.pool from owed
$$;
select over_walls('owed_automation_runs()');
comment on function owed_automation_runs is 'Pools that runs wait for. From one to the next, however many wait for each.';
