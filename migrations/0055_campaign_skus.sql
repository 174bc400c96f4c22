-- What campaigns bring by SKU, and what their gifts cost. Sales from before have neither until scripts/rebuild-campaign-kpis.ts was run.
alter table campaign_sales
  add column gift_cost bigint not null default 0,
  add column uncosted_gifts bigint not null default 0,
  add column skus jsonb not null default '[]';
alter table campaign_kpis
  add column gift_cost bigint not null default 0,
  add column uncosted_gifts bigint not null default 0;
comment on column campaign_sales.skus is 'Of the campaign as a whole: what each SKU of the sale adds to campaign_sku_kpis, so that exactly that may be taken off again.';
comment on column campaign_kpis.uncosted_gifts is 'Units of gifts and services of which neither the promotion nor the order says what they cost.';

create table campaign_sku_kpis (
  project_id text not null,
  campaign text not null,
  currency text not null,
  sku text not null,
  orders bigint not null,
  units bigint not null,
  goods bigint not null,
  costed_goods bigint not null,
  goods_cost bigint not null,
  discount bigint not null,
  gifts bigint not null,
  gift_cost bigint not null,
  uncosted_gifts bigint not null,
  primary key (project_id, campaign, currency, sku)
);
comment on table campaign_sku_kpis is 'The sums of the SKUs of campaign_sales, for all time. What belongs to no SKU (shipping, taxes, services) is in campaign_kpis alone: their difference.';
comment on column campaign_sku_kpis.orders is 'In which some of it was sold and kept. An order of several SKUs is in each.';
comment on column campaign_sku_kpis.goods_cost is 'Without that of gifts, which is gift_cost.';
select wall('campaign_sku_kpis');
