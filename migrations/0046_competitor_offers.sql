-- What competitors offer, as the shop saw it.
create table competitor_offers (
  project_id text not null references projects (id),
  key text collate "C" not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  document jsonb not null,
  updated_at timestamptz not null,
  primary key (project_id, key),
  constraint competitor_offers_last check (ends_at > starts_at)
);
create index competitor_offers_by_start on competitor_offers (project_id, starts_at, key);
select wall('competitor_offers');
