-- Membership tiers: the rules, what was set by hand, and who is in which. See src/engine/tier-ladder.ts for what follows from what.
create table tier_programmes (
  project_id text primary key references projects (id),
  version bigint not null,
  document jsonb not null,
  swept_version bigint not null default 0,
  refreshed_version bigint not null default 0
);
comment on column tier_programmes.swept_version is 'By which everybody is looked at, or was. Lower than version: that is to begin.';
comment on column tier_programmes.refreshed_version is 'By which everybody was looked at, to the end.';
create index tier_programmes_to_sweep on tier_programmes (project_id) where swept_version < version;
select wall('tier_programmes');

create table tier_settings (
  project_id text not null,
  customer_id text not null,
  tier text,
  set_at timestamptz not null,
  until timestamptz not null,
  reason text not null,
  primary key (project_id, customer_id)
);
comment on table tier_settings is 'Tiers that somebody set by hand: the last one of each customer.';
comment on column tier_settings.tier is 'Null: none, whatever they bought.';
select wall('tier_settings');

create table customer_tiers (
  project_id text not null,
  customer_id text not null,
  tier text,
  since timestamptz,
  until timestamptz,
  is_manual boolean not null,
  next_at timestamptz,
  primary key (project_id, customer_id),
  constraint customer_tiers_say_something check (tier is not null or next_at is not null)
);
comment on table customer_tiers is 'What follows from orders, settings and the time, kept by the upkeep of segments. A cache: it can be made anew at any time.';
comment on column customer_tiers.next_at is 'When something else may follow by time alone.';
create index customer_tiers_tier on customer_tiers (project_id, tier, customer_id) where tier is not null;
create index customer_tiers_due on customer_tiers (project_id, next_at) where next_at is not null;
select wall('customer_tiers');

-- For what orders have earned.
create index points_lots_earned on points_lots (project_id, holder, programme) where redemption_id is not null;

grant select (project_id, version, swept_version) on tier_programmes to dealwright_lookout;
grant select (project_id, next_at) on customer_tiers to dealwright_lookout;
create or replace function projects_with_upkeep_due(at timestamptz) returns setof text language sql stable as $$
  select u.project_id from customer_upkeep u left join event_streams e on e.project_id = u.project_id
   where u.position < e.last_position or u.sweep_after is not null or u.sweep_due_at <= at
      or u.project_id in (select project_id from segments where refreshed_version < version)
      or u.project_id in (select project_id from rfm_settings where computed_version < version)
      or u.project_id in (select project_id from tier_programmes where swept_version < version)
      -- One of a project is enough; of all that are due at midnight the rest is not looked at.
      or (select true from customer_tiers t
           where t.project_id = u.project_id and t.next_at is not null and t.next_at <= at limit 1)
   order by u.project_id
$$;
select over_walls('projects_with_upkeep_due(timestamptz)');
comment on function projects_with_upkeep_due is 'Where the upkeep of segments and tiers has something to do. It is asked every second, and locks nothing.';
