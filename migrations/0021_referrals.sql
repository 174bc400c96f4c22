create table programmes (
  project_id text not null,
  kind text not null,
  key text collate "C" not null,
  version integer not null,
  document jsonb not null,
  updated_at timestamptz not null,
  primary key (project_id, kind, key),
  constraint programmes_kind_known check (kind in ('referral', 'check_in', 'challenge')),
  constraint programmes_version_counts check (version >= 1)
);
comment on table programmes is 'By what rules customers are given prizes.';
select wall('programmes');

create table referral_members (
  project_id text not null,
  programme text not null,
  holder text collate "C" not null,
  customer_id text not null,
  code text collate "C" not null,
  device text,
  phone text,
  ip text,
  created_at timestamptz not null,
  primary key (project_id, programme, holder)
);
-- Beginning with the code: whoever looks for a member is not led to it (see 0020_prizes.sql).
create unique index referral_members_code on referral_members (code, project_id);
comment on table referral_members is 'Who may bring friends, and by which code.';
comment on column referral_members.holder is 'The keyed hash by which counters know the customer.';
comment on column referral_members.customer_id is 'As the shop calls them; once erased, the pseudonym.';
comment on column referral_members.device is 'As phone and ip a keyed hash.';
create index referral_members_customer on referral_members (customer_id, project_id);
select wall('referral_members');

create table referrals (
  project_id text not null,
  id text collate "C" not null,
  programme text not null,
  friend text collate "C" not null,
  customer_id text not null,
  referrer text collate "C" not null,
  channel text,
  device text,
  phone text,
  ip text,
  state text not null,
  reason text,
  order_ref text,
  is_counted boolean not null default false,
  gift jsonb,
  is_given boolean not null default false,
  due_at timestamptz,
  hold_until timestamptz,
  attributed_at timestamptz not null,
  qualified_at timestamptz,
  updated_at timestamptz not null,
  primary key (project_id, id),
  foreign key (project_id, programme, referrer) references referral_members (project_id, programme, holder),
  constraint referrals_state_known check (state in ('attributed', 'refused', 'qualified', 'rewarded', 'reversed')),
  constraint referrals_say_why check ((reason is not null) = (state in ('refused', 'reversed'))),
  constraint referrals_qualify_by_an_order check ((order_ref is not null) = (state in ('qualified', 'rewarded', 'reversed')))
);
comment on table referrals is 'Friends who came through a member''s code. The first one stands, refused or not.';
comment on column referrals.friend is 'The keyed hash of the customer who came.';
comment on column referrals.is_counted is 'Whether it counts against the caps of the member who brought them.';
comment on column referrals.gift is 'Which of the first gifts it has, and for whom, as the programme had it when it qualified.';
comment on column referrals.is_given is 'Whether the rewards were given.';
comment on column referrals.due_at is 'When it is to be looked at: an order of the friend changed, or the hold is over.';
create index referrals_counted on referrals (project_id, programme, referrer, qualified_at) where is_counted;
-- As in 0020_prizes.sql: whoever names a referral is not led to these.
create index referrals_referrer on referrals (referrer, programme, project_id, id);
create index referrals_state on referrals (state, programme, project_id, id);
create index referrals_due on referrals (project_id, due_at) where due_at is not null;
-- One friend, one referral, whoever says so how often.
create unique index referrals_friend on referrals (friend, programme, project_id);
create index referrals_customer on referrals (customer_id, project_id);
select wall('referrals');

create table referral_identifiers (
  project_id text not null,
  programme text not null,
  hash text collate "C" not null,
  friends integer not null default 0,
  primary key (project_id, programme, hash)
);
comment on table referral_identifiers is 'How many friends a device, phone or address stands for; by keyed hashes.';
select wall('referral_identifiers');

create table referral_gifts (
  project_id text not null,
  programme text not null,
  given integer not null default 0,
  primary key (project_id, programme),
  constraint referral_gifts_not_negative check (given >= 0)
);
select wall('referral_gifts');

grant select (project_id, id, due_at) on referrals to dealwright_lookout;
create function due_referrals(at timestamptz, most integer) returns table (project_id text, id text) language sql stable as $$
  with recursive waiting as (
    (select r.project_id from referrals r where r.due_at is not null order by r.project_id limit 1)
    union all
    select later.project_id from waiting, lateral (
      select r.project_id from referrals r
       where r.due_at is not null and r.project_id > waiting.project_id order by r.project_id limit 1) as later
  )
  select due.project_id, due.id from waiting, lateral (
    select r.project_id, r.id, r.due_at from referrals r
     where r.project_id = waiting.project_id and r.due_at is not null and r.due_at <= at
     order by r.due_at limit most) as due
$$;
select over_walls('due_referrals(timestamptz, integer)');
comment on function due_referrals is 'Up to so many referrals of each project that are to be looked at, the longest waiting first. From one project to the next, however many wait in each.';
