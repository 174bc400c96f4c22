-- Points that an ERP's orders earn by a programme's own rates, and points that an order was paid with and that go back with it.
alter table points_lots add column external_id text;
comment on column points_lots.external_id is 'The ERP''s order that earned them by a rate, as the lot at this position. Null for what a reward or a hand gave.';
alter table points_spends add column redemption_id text, add column external_id text;
comment on column points_spends.redemption_id is 'What it pays for: it goes the way of this redemption. Null: its shop says what becomes of it.';
comment on column points_spends.external_id is 'The same, of an order of the ERP.';

create table points_orders (
  project_id text not null,
  external_id text not null,
  programme text not null,
  terms jsonb not null,
  points bigint not null default 0,
  primary key (project_id, external_id, programme),
  constraint points_orders_never_negative check (points >= 0)
);
comment on table points_orders is 'Orders of the ERP that earn points by rates. Locked while they are booked.';
comment on column points_orders.terms is 'The rates when it first earned: what it earns later follows from them, whatever the rules and the tier are by then.';
comment on column points_orders.points is 'Booked for it, less what came back: the sum of its lots.';
select wall('points_orders');

create table points_tenders (
  project_id text not null,
  spend_id text not null,
  programme text not null,
  redemption_id text,
  external_id text,
  primary key (project_id, spend_id),
  unique (project_id, redemption_id, programme),
  unique (project_id, external_id, programme),
  constraint points_tenders_pay_one_thing check ((redemption_id is null) <> (external_id is null))
);
comment on table points_tenders is 'Spends that follow their order, as long as they stand: of one programme one for each, so that a till which asks twice pays once.';
select wall('points_tenders');

create table points_due (
  project_id text not null,
  seq bigint generated always as identity,
  redemption_id text,
  external_id text,
  due_at timestamptz not null,
  primary key (project_id, seq),
  constraint points_due_is_of_one_thing check ((redemption_id is null) <> (external_id is null))
);
comment on table points_due is 'Orders that changed since their points were last booked. Only added to; a row is taken in the transaction that books.';
create index points_due_at on points_due (due_at, seq);
select wall('points_due');

grant select (project_id, seq, due_at) on points_due to dealwright_lookout;
create function due_points_of_orders(at timestamptz, most integer) returns table (project_id text, seq bigint) language sql stable as $$
  select d.project_id, d.seq from points_due d where d.due_at <= at order by d.due_at, d.seq limit most
$$;
select over_walls('due_points_of_orders(timestamptz, integer)');
comment on function due_points_of_orders is 'Asked every second, of a table that is empty while nothing is due.';
