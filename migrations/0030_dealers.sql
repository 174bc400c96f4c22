-- Dealers, and orders that were shipped outside of their territories.
create table dealers (
  project_id text not null references projects (id),
  id text collate "C" not null,
  level text,
  region text,
  parent text collate "C",
  network text[] not null,
  document jsonb not null,
  version integer not null,
  updated_at timestamptz not null,
  primary key (project_id, id),
  constraint dealers_end_their_network check (network[cardinality(network)] = id)
);
comment on column dealers.network is 'From the head of the network down to the dealer: follows from the parents, and is kept with them under one lock.';
create index dealers_parent on dealers (project_id, parent, id) where parent is not null;
create index dealers_level on dealers (project_id, level, id) where level is not null;
create index dealers_region on dealers (project_id, region, id) where region is not null;
select wall('dealers');

create table territory_flags (
  project_id text not null references projects (id),
  external_id text collate "C" not null,
  dealer text not null,
  destination text not null,
  region text,
  store text,
  currency text not null,
  total bigint not null,
  placed_at timestamptz not null,
  flagged_at timestamptz not null,
  cleared_at timestamptz,
  cleared_by text,
  reason text,
  primary key (project_id, external_id),
  constraint territory_flags_say_why check ((cleared_at is null) = (reason is null) and (cleared_at is null) = (cleared_by is null))
);
comment on table territory_flags is 'Orders that were shipped outside of their dealer''s territory. They earn nothing until they are cleared.';
comment on column territory_flags.destination is 'A hash of the dealer and of where the order went: cleared is cleared until one of them changes.';
create index territory_flags_placed on territory_flags (project_id, placed_at, external_id);
create index territory_flags_dealer on territory_flags (project_id, dealer, placed_at, external_id);
select wall('territory_flags');

create index orders_dealer on orders (project_id, dealer, placed_at, external_id) where dealer is not null;
