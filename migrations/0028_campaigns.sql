-- Campaigns as they are planned, and what they cost beside their discounts. Promotions name their campaign themselves.
create table campaigns (
  project_id text not null references projects (id),
  key text not null,
  version bigint not null,
  document jsonb not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  archived_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (project_id, key),
  constraint campaigns_end_after_they_begin check (starts_at < ends_at)
);
create index campaigns_by_start on campaigns (project_id, starts_at, key);
select wall('campaigns');

create table campaign_costs (
  project_id text not null,
  campaign text not null,
  id text not null,
  element text not null,
  amount bigint not null,
  currency text not null,
  at timestamptz not null,
  note text,
  channel text,
  created_by text not null,
  created_at timestamptz not null,
  primary key (project_id, campaign, id),
  foreign key (project_id, campaign) references campaigns (project_id, key)
);
comment on table campaign_costs is 'Entered by hand or by others'' systems. Never changed: a correction is an entry of its own, below zero where it takes back.';
comment on column campaign_costs.id is 'Whoever enters it names it, so that it counts once however often it is sent.';
create index campaign_costs_by_time on campaign_costs (project_id, campaign, at, id);
select wall('campaign_costs', append_only => true);
