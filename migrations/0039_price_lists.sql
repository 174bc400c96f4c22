-- Price lists of groups of customers, and quotes that hold.
create table price_lists (
  project_id text not null references projects (id),
  key text collate "C" not null,
  currency text not null,
  priority integer not null,
  starts_at timestamptz,
  ends_at timestamptz,
  document jsonb not null,
  version integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (project_id, key)
);
select wall('price_lists');

create table price_list_audiences (
  project_id text not null,
  kind text not null check (kind in ('group', 'customer', 'dealer', 'level')),
  name text collate "C" not null,
  list text collate "C" not null,
  primary key (project_id, kind, name, list),
  foreign key (project_id, list) references price_lists (project_id, key)
);
comment on table price_list_audiences is 'For whom a list is meant, by what evaluations know of the shopper. Follows from the document.';
create index price_list_audiences_list on price_list_audiences (project_id, list);
select wall('price_list_audiences');

create table list_prices (
  project_id text not null,
  list text collate "C" not null,
  sku text collate "C" not null,
  document jsonb not null,
  updated_at timestamptz not null,
  primary key (project_id, list, sku),
  foreign key (project_id, list) references price_lists (project_id, key)
);
select wall('list_prices');
