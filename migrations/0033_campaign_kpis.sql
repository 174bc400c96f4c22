-- What campaigns bring, by quarter hour and channel. Everything here follows from redemptions, orders and tracked events, and can be
-- made anew from them at any time (scripts/rebuild-campaign-kpis.ts).
create table campaign_sales (
  project_id text not null,
  redemption_id text not null,
  campaign text not null,
  promotion text not null,
  order_ref text not null,
  currency text not null,
  quarter timestamptz not null,
  channel text not null,
  orders bigint not null,
  returned_orders bigint not null,
  revenue bigint not null,
  refunded bigint not null,
  units bigint not null,
  returned_units bigint not null,
  goods bigint not null,
  costed_goods bigint not null,
  goods_cost bigint not null,
  discount bigint not null,
  gift_value bigint not null,
  promoted_units bigint not null,
  new_customers bigint not null,
  win_backs bigint not null,
  primary key (project_id, redemption_id, campaign, promotion)
);
comment on table campaign_sales is 'What each sale adds to the figures of campaigns: worked out anew whenever something happened to it, and put in the place of what it added before. Zeros: it counts no more, or not yet.';
comment on column campaign_sales.promotion is 'The key of the promotion; empty for the campaign as a whole, in which an order counts once however many promotions applied.';
comment on column campaign_sales.order_ref is 'By which an ERP''s order that names no redemption is found to stand for it.';
create index campaign_sales_order on campaign_sales (project_id, order_ref) where promotion = '';
select wall('campaign_sales');

create table campaign_kpis (
  project_id text not null,
  campaign text not null,
  promotion text not null,
  currency text not null,
  quarter timestamptz not null,
  channel text not null,
  orders bigint not null,
  returned_orders bigint not null,
  revenue bigint not null,
  refunded bigint not null,
  units bigint not null,
  returned_units bigint not null,
  goods bigint not null,
  costed_goods bigint not null,
  goods_cost bigint not null,
  discount bigint not null,
  gift_value bigint not null,
  promoted_units bigint not null,
  new_customers bigint not null,
  win_backs bigint not null,
  primary key (project_id, campaign, promotion, currency, quarter, channel)
);
comment on table campaign_kpis is 'The sums of campaign_sales. Returns are taken off where the goods were sold: a row says what its quarter hour brought in the end. Rows of promotions overlap, and add up to nothing.';
comment on column campaign_kpis.quarter is 'When the quarter of an hour begins. Every zone''s days and hours are made of whole ones, so that a campaign may be read in any.';
comment on column campaign_kpis.revenue is 'Paid, shipping and taxes included, less deposits, which count with the redemption that they were paid by.';
comment on column campaign_kpis.goods is 'What was paid for goods that were kept; costed_goods those of them of which the cost is known, goods_cost that cost.';
select wall('campaign_kpis');

create table campaign_event_counts (
  project_id text not null,
  campaign text not null,
  type text not null,
  quarter timestamptz not null,
  channel text not null,
  lane smallint not null,
  events bigint not null,
  primary key (project_id, campaign, type, quarter, channel, lane)
);
comment on table campaign_event_counts is 'Tracked events that name a campaign.';
comment on column campaign_event_counts.lane is 'Whoever counts takes any of several rows, so that many who count at once do not wait for each other.';
select wall('campaign_event_counts');

-- An order that turns out to be somebody else's, or of another time: who bought next may be a new customer, or none.
create table campaign_moved_orders (
  project_id text not null,
  customer_id text not null,
  placed_at timestamptz not null,
  primary key (project_id, customer_id, placed_at)
);
comment on table campaign_moved_orders is 'Where orders stood before they were moved; gone as soon as their events are numbered.';
select wall('campaign_moved_orders');
create function note_moved_order() returns trigger language plpgsql as $$
begin
  insert into campaign_moved_orders (project_id, customer_id, placed_at) values (old.project_id, old.customer_id, old.placed_at)
  on conflict do nothing;
  return null;
end
$$;
create trigger orders_moved after update on orders for each row
  when (old.customer_id is not null and old.customer_id not like 'erased:%' and coalesce(new.customer_id, '') not like 'erased:%'
        and (old.customer_id is distinct from new.customer_id or old.placed_at <> new.placed_at))
  execute function note_moved_order();

-- For whoever asks which campaign a promotion was in when it priced an order.
create index promotion_versions_campaign on promotion_versions (project_id, promotion_id, version) where document ? 'campaign';
