-- What the ERP says is on the shelves.
create table stock_feeds (
  project_id text primary key references projects (id),
  revision bigint not null,
  received_at timestamptz not null,
  alarm_at timestamptz
);
comment on table stock_feeds is 'One row for each project that is told of stock. Every write locks it first, so that revisions are committed in their order.';
comment on column stock_feeds.received_at is 'When something was told last, whether or not it was new.';
comment on column stock_feeds.alarm_at is 'When the silence is too long and told of. Null once it was: until something comes.';
create index stock_feeds_alarm on stock_feeds (alarm_at) where alarm_at is not null;
select wall('stock_feeds');

create table stock_levels (
  project_id text not null references projects (id),
  sku text collate "C" not null,
  store text collate "C" not null,
  quantity bigint not null,
  as_of timestamptz not null,
  received_at timestamptz not null,
  revision bigint not null,
  primary key (project_id, sku, store),
  constraint stock_levels_not_negative check (quantity >= 0)
);
comment on column stock_levels.store is 'Empty: of the SKU at large.';
comment on column stock_levels.as_of is 'When it was counted; what was counted before is not stored any more.';
comment on column stock_levels.revision is 'That of the write. Processes read what came after the last one they have seen.';
create index stock_levels_changed on stock_levels (project_id, revision, sku, store);
select wall('stock_levels');

grant select (project_id, alarm_at) on stock_feeds to dealwright_lookout;
create function silent_stock_feeds(at timestamptz, most integer) returns table (project_id text) language sql stable as $$
  select f.project_id from stock_feeds f where f.alarm_at is not null and f.alarm_at <= at order by f.alarm_at limit most
$$;
select over_walls('silent_stock_feeds(timestamptz, integer)');
