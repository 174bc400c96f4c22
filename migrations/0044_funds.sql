-- Discounts that a brand and its dealers bear together: who bears what of each sale, and which months are settled.
create table fund_entries (
  project_id text not null references projects (id),
  redemption_id text not null,
  number integer not null,
  dealer text collate "C" not null,
  period text not null,
  promotion text not null,
  funder text not null,
  currency text not null,
  amount bigint not null,
  booked_at timestamptz not null,
  primary key (project_id, redemption_id, number),
  constraint fund_entries_say_something check (amount <> 0)
);
comment on table fund_entries is 'Only ever added to: what comes back is an entry below zero. Of a redemption all entries come to what its funders bear of it as it stands.';
comment on column fund_entries.period is 'The month in which it was booked, of the project''s time zone; the next one that was open where that was settled.';
create index fund_entries_statement on fund_entries (project_id, dealer, period, redemption_id, number);
select wall('fund_entries', append_only => true);

create table fund_settlements (
  project_id text not null references projects (id),
  dealer text collate "C" not null,
  period text not null,
  reference text not null,
  settled_at timestamptz not null,
  settled_by text not null,
  primary key (project_id, dealer, period)
);
comment on table fund_settlements is 'Months of a dealer that are settled: nothing is booked into them any more.';
select wall('fund_settlements', append_only => true);
