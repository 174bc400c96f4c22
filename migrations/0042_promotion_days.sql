-- On how many days of a year a SKU was on promotion, for projects that cap them.
create table promotion_days (
  project_id text not null references projects (id),
  year smallint not null,
  sku text not null collate "C",
  days smallint not null,
  last_day date not null,
  primary key (project_id, year, sku)
);
comment on table promotion_days is 'Days, in the zone of the project, on which a SKU was sold below its price by a promotion on goods that needs no code. Noted while the project has a cap; the events of the redemptions bring it, day after day.';
create index promotion_days_by_count on promotion_days (project_id, year, days);
select wall('promotion_days');
-- Which orders were quoted before.
create index quotes_redemption on quotes (project_id, redemption_id) where redemption_id is not null;
