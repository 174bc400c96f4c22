-- A deposit is a part of what is paid for an order that comes later: it is no order by itself, or everybody who paid one would be a
-- known customer who buys again, and the deposit would be counted with both.

-- By itself, for histories ask it of many redemptions, whose carts are long.
alter table redemptions add column is_deposit boolean not null default false;
update redemptions set is_deposit = true where request -> 'deposit' is not null;
comment on column redemptions.is_deposit is 'It pays a deposit and nothing else; the promotion and the units are in the request.';

create or replace view order_history with (security_invoker = true) as
select o.project_id, o.customer_id, o.placed_at as at, o.currency,
       greatest(o.total - o.refunded - coalesce(r.refunded, 0), 0) as total, o.external_id, r.source, r.order_ref
  from orders o left join lateral (select state, source, order_ref, refunded, is_deposit from redemptions
    where project_id = o.project_id and id = o.redemption_id offset 0) r on true
 where o.customer_id is not null and o.status not in ('cancelled', 'returned') and r.is_deposit is not true
   and r.state is distinct from 'returned' and not (o.refunded > 0 and o.refunded >= o.total)
union all
select r.project_id, r.customer_id, r.committed_at, r.currency, greatest(r.total - r.refunded, 0), null, r.source, r.order_ref
  from redemptions r
 where r.customer_id is not null and r.state in ('committed', 'partially_returned') and not r.is_deposit
   and not exists (select from orders o where o.project_id = r.project_id and o.redemption_id = r.id offset 0)
   and not exists (
     select from orders o
      where o.project_id = r.project_id and o.external_id = r.order_ref and o.redemption_id is null
        and (o.customer_id = r.customer_id or o.customer_id is null and o.status in ('cancelled', 'returned')) offset 0);
comment on view order_history is 'What customers bought and kept: orders of the ERP, and redemptions that no stored order stands for, less what was refunded. Deposits are part of the orders that use them.';
