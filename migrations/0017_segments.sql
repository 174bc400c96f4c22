-- Segments, and what is kept of everybody so that they stay current.

create view order_history with (security_invoker = true) as
select o.project_id, o.customer_id, o.placed_at as at, o.currency,
       greatest(o.total - o.refunded - coalesce(r.refunded, 0), 0) as total, o.external_id, r.source, r.order_ref
  from orders o left join lateral (select state, source, order_ref, refunded from redemptions
    where project_id = o.project_id and id = o.redemption_id offset 0) r on true
 where o.customer_id is not null and o.status not in ('cancelled', 'returned')
   and r.state is distinct from 'returned' and not (o.refunded > 0 and o.refunded >= o.total)
union all
select r.project_id, r.customer_id, r.committed_at, r.currency, greatest(r.total - r.refunded, 0), null, r.source, r.order_ref
  from redemptions r
 where r.customer_id is not null and r.state in ('committed', 'partially_returned')
   and not exists (select from orders o where o.project_id = r.project_id and o.redemption_id = r.id offset 0)
   and not exists (
     select from orders o
      where o.project_id = r.project_id and o.external_id = r.order_ref and o.redemption_id is null
        and (o.customer_id = r.customer_id or o.customer_id is null and o.status in ('cancelled', 'returned')) offset 0);
comment on view order_history is 'What customers bought and kept: orders of the ERP, and redemptions that no stored order stands for, less what was refunded.';
comment on column order_history.source is 'With order_ref: the redemption behind it, if there is one.';
grant select on order_history to dealwright_app;

create table customer_activity (
  project_id text not null,
  customer_id text not null,
  completed_orders bigint not null,
  first_order_at timestamptz,
  last_order_at timestamptz,
  spent jsonb not null,
  primary key (project_id, customer_id)
);
comment on table customer_activity is 'The sums of order_history for each customer, kept by the upkeep of segments. A cache: it can be made anew at any time.';
comment on column customer_activity.spent is 'By currency, all time: {"CNY": 12000}.';
select wall('customer_activity');

create table segments (
  project_id text not null references projects (id),
  id text not null,
  key text not null,
  version bigint not null,
  document jsonb not null,
  refreshed_version bigint,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (project_id, id),
  unique (project_id, key)
);
create index segments_to_refresh on segments (project_id) where refreshed_version < version;
comment on column segments.refreshed_version is 'The version by which everybody was last looked at. Lower than version: a sweep is due or under way. Null: a list.';
select wall('segments');

create table segment_members (
  project_id text not null,
  segment_id text not null,
  customer_id text not null,
  since timestamptz not null,
  primary key (project_id, segment_id, customer_id),
  foreign key (project_id, segment_id) references segments (project_id, id) on delete cascade
);
create index segment_members_customer on segment_members (project_id, customer_id);
select wall('segment_members');

create table customer_upkeep (
  project_id text primary key references projects (id),
  position bigint not null,
  sweep_due_at timestamptz not null default 'epoch',
  sweep_after text,
  sweep_versions jsonb
);
comment on table customer_upkeep is 'How far what is kept of customers follows the project''s events. There is a row from the first segment on. Whoever changes membership by conditions, or erases, holds it locked.';
comment on column customer_upkeep.position is 'Events up to here are taken into account.';
comment on column customer_upkeep.sweep_due_at is 'When everybody is to be looked at next, as time alone changes membership, too: the day after the last sweep began.';
comment on column customer_upkeep.sweep_after is 'The last customer that the sweep under way has looked at.';
comment on column customer_upkeep.sweep_versions is 'The segments'' versions when the sweep began.';
select wall('customer_upkeep');
