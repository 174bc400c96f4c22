-- What customers are given apart from any price: for bringing friends, for playing. Written in the transaction that decides on
-- it, by its reference once; a coupon whose pool is empty is owed until there is one.
create table prizes (
  project_id text not null,
  id text collate "C" not null,
  source text not null,
  programme text not null,
  reference text collate "C" not null,
  holder text collate "C" not null,
  customer_id text not null,
  kind text not null,
  state text not null,
  document jsonb not null,
  pool text,
  code text collate "C",
  lot_id text collate "C",
  reason text,
  retry_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (project_id, id),
  constraint prizes_source_known check (source in ('referral', 'check_in', 'challenge', 'draw')),
  constraint prizes_kind_known check (kind in ('coupon', 'points', 'gift')),
  constraint prizes_state_known check (state in ('granted', 'owed', 'refused', 'lapsed', 'recovered', 'kept')),
  constraint prizes_coupons_have_a_pool check ((kind = 'coupon') = (pool is not null)),
  constraint prizes_code_where_one_was_issued
    check (kind <> 'coupon' or (code is not null) = (state in ('granted', 'recovered', 'kept'))),
  constraint prizes_say_why check ((reason is not null) = (state in ('owed', 'refused')))
);
comment on column prizes.programme is 'The key of the programme, challenge or draw.';
comment on column prizes.reference is 'What it is for: whoever gives it for the same thing again finds it given.';
comment on column prizes.holder is 'The keyed hash by which counters know the customer, where the reference alone does not say whose it is; else empty.';
comment on column prizes.state is 'granted. owed: the pool has no code. refused: not theirs, and why. lapsed: taken back before it was delivered. recovered: taken back. kept: used before it could be taken back.';
comment on column prizes.lot_id is 'The lot that points were booked as.';
comment on column prizes.retry_at is 'It could not be delivered: not tried again before then.';
create index prizes_owed on prizes (project_id, pool, id) where state = 'owed';
-- Plans are made while a table is empty, when one column tells as much as three: an index that begins with the project would do
-- for anything. These are found only by those who name what they begin with, and the latest is preferred.
create index prizes_programme on prizes (programme, source, project_id, id);
create index prizes_state on prizes (state, project_id, id);
create unique index prizes_reference on prizes (project_id, source, programme, reference, holder);
create index prizes_customer on prizes (customer_id, project_id, id);
select wall('prizes');

grant select (project_id, pool, id, state) on prizes to dealwright_lookout;
create function owed_prizes() returns table (project_id text, pool text) language sql stable as $$
  with recursive owed as (
    (select p.project_id, p.pool from prizes p where p.state = 'owed' order by p.project_id, p.pool limit 1)
    union all
    select later.project_id, later.pool from owed, lateral (
      select p.project_id, p.pool from prizes p
       where p.state = 'owed' and (p.project_id, p.pool) > (owed.project_id, owed.pool)
       order by p.project_id, p.pool limit 1) as later
  )
  select owed.project_id, owed.pool from owed
$$;
select over_walls('owed_prizes()');
comment on function owed_prizes is 'Pools that prizes wait for. From one to the next, however many wait for each.';
