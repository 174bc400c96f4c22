-- What a customer's erasure has to find. Redemptions, orders and coupons have their indexes already.
-- Columns, not indexes on expressions: behind the walls only what cannot leak may be looked up in an index, and -> may.
alter table evaluations add column customer_id text generated always as (request -> 'customer' ->> 'id') stored;
create index evaluations_customer on evaluations (project_id, customer_id) where customer_id is not null;
alter table outbox_events add column customer_id text generated always as (data ->> 'customer') stored;
create index outbox_events_customer on outbox_events (project_id, customer_id) where customer_id is not null;
create index offline_vouchers_customer on offline_vouchers (project_id, customer_id) where customer_id is not null;
create index idempotency_records_personal on idempotency_records (project_id, resource_id)
  where operation in ('claimCoupon', 'issueOfflineVoucher');
grant delete on evaluations to dealwright_app;
comment on table evaluations is 'Evaluations that were saved on request, with all that went in, so that they can be computed again. Deleted when their customer is erased.';
comment on column redemptions.customer_id is 'As the shop calls them; once erased, erased: and the keyed hash by which counters know them.';
