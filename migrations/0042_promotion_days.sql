-- On which days a SKU was on promotion, for projects that cap them.
create table promotion_days (
  project_id text not null references projects (id),
  sku text not null collate "C",
  day date not null,
  primary key (project_id, sku, day)
);
comment on table promotion_days is 'Days, in the zone of the project, on which a SKU was sold below its price by a promotion on goods that needs no code. Noted while the project has a cap; the events of the redemptions bring it.';
select wall('promotion_days');
