-- Rebates of dealers: agreements, what orders contribute, and double-entry books of what they earn.
create table rebate_agreements (
  project_id text not null references projects (id),
  key text collate "C" not null,
  version integer not null,
  document jsonb not null,
  updated_at timestamptz not null,
  primary key (project_id, key)
);
select wall('rebate_agreements');

create table rebate_orders_due (
  project_id text not null references projects (id),
  seq bigint generated always as identity,
  external_id text not null,
  due_at timestamptz not null,
  primary key (project_id, seq)
);
comment on table rebate_orders_due is 'Orders to be held against the agreements. One may stand here more than once: whoever marks never waits for who works.';
select wall('rebate_orders_due');

create table rebate_sweeps (
  project_id text not null references projects (id),
  seq bigint generated always as identity,
  dealer text,
  from_at timestamptz not null,
  until_at timestamptz not null,
  after_at timestamptz,
  after_id text,
  primary key (project_id, seq)
);
comment on table rebate_sweeps is 'Orders of a time that are to be marked as due, since an agreement or a dealer has changed. Dealer null: of all dealers.';
select wall('rebate_sweeps');

create table rebate_contributions (
  project_id text not null references projects (id),
  external_id text collate "C" not null,
  agreement text collate "C" not null,
  dealer text not null,
  period text not null,
  measures bigint[] not null,
  primary key (project_id, external_id, agreement)
);
comment on column rebate_contributions.measures is 'Amount and quantity of what counts; then both of each launch.';
select wall('rebate_contributions');

create table rebate_accounts (
  project_id text not null references projects (id),
  agreement text collate "C" not null,
  period text collate "C" not null,
  dealer text collate "C" not null,
  measures bigint[] not null,
  reward bigint not null,
  accrued bigint not null,
  payable bigint not null,
  paid bigint not null,
  is_member boolean not null,
  primary key (project_id, agreement, period, dealer)
);
comment on column rebate_accounts.measures is 'The sum of the contributions of the period.';
comment on column rebate_accounts.reward is 'What they earn, and what entries of this period come to, wherever they were booked.';
comment on column rebate_accounts.accrued is 'What was booked in this period, adjustments of closed ones included, and is not closed yet.';
comment on column rebate_accounts.is_member is 'The agreement means the dealer. Once the period is closed that does not change any more.';
create index rebate_accounts_dealer on rebate_accounts (project_id, dealer, agreement, period);
select wall('rebate_accounts');

create table rebate_entries (
  project_id text not null references projects (id),
  id text not null,
  agreement text not null,
  period text not null,
  dealer text not null,
  of_period text not null,
  cause text not null,
  from_account text not null,
  to_account text not null,
  amount bigint not null,
  external_id text,
  created_by text,
  created_at timestamptz not null,
  primary key (project_id, id),
  constraint rebate_entries_move_something check (amount > 0 and from_account <> to_account),
  constraint rebate_entries_cause_known check (cause in ('accrue', 'adjust', 'close', 'pay')),
  constraint rebate_entries_accounts_known check (from_account in ('expense', 'accrued', 'payable', 'paid') and to_account in ('expense', 'accrued', 'payable', 'paid'))
);
comment on table rebate_entries is 'Never changed. Less is an entry the other way.';
comment on column rebate_entries.period is 'In which it is booked.';
comment on column rebate_entries.of_period is 'For what it was earned: another period only where that was closed already.';
create index rebate_entries_account on rebate_entries (project_id, agreement, period, dealer, id);
select wall('rebate_entries', append_only => true);

create table rebate_periods (
  project_id text not null references projects (id),
  agreement text collate "C" not null,
  period text not null,
  closed_at timestamptz not null,
  closed_by text not null,
  primary key (project_id, agreement, period)
);
comment on table rebate_periods is 'Those that are closed.';
select wall('rebate_periods');

create table rebate_statements (
  project_id text not null references projects (id),
  id text not null,
  agreement text not null,
  period text not null,
  dealer text collate "C" not null,
  state text not null,
  currency text not null,
  total bigint not null,
  document jsonb not null,
  closed_at timestamptz not null,
  approved_at timestamptz,
  approved_by text,
  paid_at timestamptz,
  paid_by text,
  reference text,
  primary key (project_id, id),
  constraint rebate_statements_state_known check (state in ('closed', 'approved', 'paid')),
  constraint rebate_statements_one_each unique (project_id, agreement, period, dealer)
);
create index rebate_statements_dealer on rebate_statements (project_id, dealer, id);
select wall('rebate_statements');

-- Orders of dealers among those of a shop, for sweeps.
create index orders_of_dealers on orders (project_id, placed_at, external_id) where dealer is not null;

grant select (project_id, seq, due_at) on rebate_orders_due to dealwright_lookout;
grant select (project_id, seq) on rebate_sweeps to dealwright_lookout;
create function projects_with_rebates_due(at timestamptz) returns setof text language sql stable as $$
  -- From project to project, however many orders wait in one of them.
  with recursive waiting as (
    (select project_id from rebate_orders_due order by project_id limit 1)
    union all
    select (select d.project_id from rebate_orders_due d where d.project_id > w.project_id order by d.project_id limit 1)
      from waiting w where w.project_id is not null
  )
  select project_id from waiting w where exists (select from rebate_orders_due d where d.project_id = w.project_id and d.due_at <= at)
  union
  select project_id from rebate_sweeps
$$;
select over_walls('projects_with_rebates_due(timestamptz)');
comment on function projects_with_rebates_due is 'Asked every second, of tables that are empty while nothing is due.';
