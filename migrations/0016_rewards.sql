-- Rewards that quotes promise. Written with the redemption that promises them, in its transaction; granted in the background,
-- so that neither an empty pool nor a busy customer ever holds up a checkout.
create table reward_grants (
  project_id text not null,
  redemption_id text not null,
  position integer not null,
  promotion text not null,
  kind text not null,
  state text not null default 'promised',
  pool text,
  recipient text,
  valid_for text,
  code text collate "C",
  programme text,
  points bigint,
  reason text,
  due_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (project_id, redemption_id, position),
  constraint reward_grants_kind_known check (kind in ('issue_coupon', 'points')),
  constraint reward_grants_state_known check (state in ('promised', 'granted', 'owed', 'refused', 'lapsed', 'recovered', 'kept')),
  constraint reward_grants_coupons_have_a_pool check (kind <> 'issue_coupon' or pool is not null),
  constraint reward_grants_points_are_counted check (kind <> 'points' or (programme is not null and points >= 0)),
  constraint reward_grants_code_where_one_was_issued
    check (kind <> 'issue_coupon' or (code is not null) = (state in ('granted', 'recovered', 'kept'))),
  constraint reward_grants_say_why check ((reason is not null) = (state in ('owed', 'refused')))
);
comment on table reward_grants is 'What a redemption promises its customer beside the price, and what became of it. It knows nobody: whose it is stands with the redemption.';
comment on column reward_grants.position is 'The place among the rewards of the quote.';
comment on column reward_grants.promotion is 'Its key.';
comment on column reward_grants.state is 'promised: not committed, or not looked at yet. granted. owed: the pool has no code. refused: nobody to give it to. lapsed: the order ended first. recovered: taken back with the order. kept: used before the order came back.';
comment on column reward_grants.pool is 'The key of the pool, which need not be there yet.';
comment on column reward_grants.points is 'What the whole order earns; what a return takes of it stands with their lot.';
comment on column reward_grants.due_at is 'When the redemption is to be looked at (again), because something happened to it. Null: nothing to do.';
create index reward_grants_due on reward_grants (due_at, project_id, redemption_id) where due_at is not null;
-- In the order in which they are delivered: that of their orders.
create index reward_grants_owed on reward_grants (project_id, pool, redemption_id, position) where state = 'owed' and due_at is null;
create index reward_grants_pool on reward_grants (project_id, pool, state, redemption_id, position) where pool is not null;
create index reward_grants_state on reward_grants (project_id, state, redemption_id, position);
create index reward_grants_code on reward_grants (project_id, code) where code is not null;
select wall('reward_grants');

grant select (project_id, redemption_id, position, due_at, pool, state) on reward_grants to dealwright_lookout;
create function due_rewards(most integer) returns table (project_id text, redemption_id text, "position" integer) language sql stable as $$
  select g.project_id, g.redemption_id, g.position from reward_grants g where g.due_at <= now() order by g.due_at limit most
$$;
select over_walls('due_rewards(integer)');
comment on function due_rewards is 'Rewards that are to be granted or taken back, the longest waiting first.';

create function owed_rewards() returns table (project_id text, pool text) language sql stable as $$
  with recursive owed as (
    (select g.project_id, g.pool from reward_grants g
      where g.state = 'owed' and g.due_at is null order by g.project_id, g.pool limit 1)
    union all
    select later.project_id, later.pool from owed, lateral (
      select g.project_id, g.pool from reward_grants g
       where g.state = 'owed' and g.due_at is null and (g.project_id, g.pool) > (owed.project_id, owed.pool)
       order by g.project_id, g.pool limit 1) as later
  )
  select owed.project_id, owed.pool from owed
$$;
select over_walls('owed_rewards()');
comment on function owed_rewards is 'Pools that are waited for. From one to the next, however many wait for each.';
