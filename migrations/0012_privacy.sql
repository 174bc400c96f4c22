-- What a customer's erasure has to find. Redemptions, orders and coupons have their indexes already.
create index evaluations_customer on evaluations (project_id, (request -> 'customer' ->> 'id'))
  where request -> 'customer' ->> 'id' is not null;
create index offline_vouchers_customer on offline_vouchers (project_id, customer_id) where customer_id is not null;
create index idempotency_records_personal on idempotency_records (project_id, resource_id)
  where operation in ('claimCoupon', 'issueOfflineVoucher');
grant delete on evaluations to dealwright_app;
comment on table evaluations is 'Evaluations that were saved on request, with all that went in, so that they can be computed again. Deleted when their customer is erased.';
comment on column redemptions.customer_id is 'As the shop calls them; once erased, erased: and the keyed hash by which counters know them.';
