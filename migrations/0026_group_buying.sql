-- Group buying: so many customers get the price, or none. Seats are counters of the ledger; here is which group is how far.
create table group_buys (
  project_id text not null references projects (id),
  id text not null,
  promotion_id text not null,
  promotion text not null,
  size integer not null,
  state text not null,
  opened_at timestamptz not null,
  deadline timestamptz not null,
  pay_until timestamptz not null,
  ended_at timestamptz,
  due_at timestamptz,
  primary key (project_id, id),
  constraint group_buys_state_known check (state in ('open', 'succeeded', 'failed'))
);
comment on column group_buys.due_at is 'When something is to be done about it: it fails, or what its members hold is given back. Null: nothing.';
create index group_buys_due on group_buys (due_at) where due_at is not null;
create index group_buys_promotion on group_buys (project_id, promotion, id);
create index group_buys_standing on group_buys (project_id, promotion_id) where state <> 'failed';
select wall('group_buys');

create table group_seats (
  project_id text not null references projects (id),
  redemption_id text not null,
  group_id text not null,
  created_at timestamptz not null,
  primary key (project_id, redemption_id)
);
comment on table group_seats is 'The reserved orders of the members. Who has given the seat back is known by the redemption.';
create index group_seats_group on group_seats (project_id, group_id, redemption_id);
select wall('group_seats');

grant select (project_id, id, due_at) on group_buys to dealwright_lookout;
create function due_group_buys(at timestamptz, most integer) returns table (project_id text, id text) language sql stable as $$
  select g.project_id, g.id from group_buys g where g.due_at is not null and g.due_at <= at order by g.due_at limit most
$$;
select over_walls('due_group_buys(timestamptz, integer)');
