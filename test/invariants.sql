-- One row for every way in which the books of a database do not balance; none, if they do (G07).
-- Each part is a sentence that must hold between two batches, whatever happened before.

-- A counter is the sum of its entries.
select 'counter-is-not-the-sum-of-its-entries' as violation, project_id,
       concat_ws(' ', measure, 'of', rule_id, holder, period) as subject,
       format('says %s used, %s reserved; its entries %s, %s', c.used, c.reserved, coalesce(e.used, 0), coalesce(e.reserved, 0)) as detail
  from counters c
  full join (select project_id, rule_id, measure, holder, period, sum(used)::bigint as used, sum(reserved)::bigint as reserved
               from ledger_postings where measure <> 'coupon' group by 1, 2, 3, 4, 5) e
       using (project_id, rule_id, measure, holder, period)
 where coalesce(c.used, 0) <> coalesce(e.used, 0) or coalesce(c.reserved, 0) <> coalesce(e.reserved, 0)

union all
-- So are a coupon's uses.
select 'coupon-is-not-the-sum-of-its-entries', project_id, code,
       format('says %s used, %s reserved; its entries %s, %s', c.used, c.reserved, coalesce(e.used, 0), coalesce(e.reserved, 0))
  from coupons c
  full join (select project_id, substr(holder, 6) as code, sum(used)::bigint as used, sum(reserved)::bigint as reserved
               from ledger_postings where measure = 'coupon' group by 1, 2) e
       using (project_id, code)
 where coalesce(c.used, 0) <> coalesce(e.used, 0) or coalesce(c.reserved, 0) <> coalesce(e.reserved, 0)

union all
-- What a redemption says it holds is what its entries come to: reserved while it is a reservation, used from then on.
select 'holds-are-not-the-sum-of-the-entries', project_id, id,
       format('%s of %s %s %s: holds %s, entries %s used, %s reserved', measure, rule_id, holder, period,
              coalesce(h.amount, 0), coalesce(e.used, 0), coalesce(e.reserved, 0))
  from (select r.project_id, r.id, hold ->> 0 as rule_id, hold ->> 1 as measure, (hold ->> 2) collate "C" as holder, hold ->> 3 as period,
               sum((hold ->> 4)::bigint) as amount
          from redemptions r, json_array_elements(r.holds) as hold group by 1, 2, 3, 4, 5, 6) h
  full join (select project_id, redemption_id as id, rule_id, measure, holder, period, sum(used) as used, sum(reserved) as reserved
               from ledger_postings where cause <> 'claim' group by 1, 2, 3, 4, 5, 6) e
       using (project_id, id, rule_id, measure, holder, period)
  left join redemptions r using (project_id, id)
 where coalesce(h.amount, 0) <> case when r.state = 'reserved' then coalesce(e.reserved, 0) else coalesce(e.used, 0) end
    or case when r.state = 'reserved' then coalesce(e.used, 0) else coalesce(e.reserved, 0) end <> 0

union all
select 'over-and-still-holding', project_id, id, state
  from redemptions where state in ('cancelled', 'expired') and json_array_length(holds) > 0

union all
-- A claim has its entry at once; everything else in the ledger belongs to a redemption.
select 'entry-of-nothing', e.project_id, e.redemption_id, e.cause
  from ledger_postings e
 where cause <> 'claim'
   and not exists (select 1 from redemptions r where r.project_id = e.project_id and r.id = e.redemption_id)

union all
-- Steps count the entries. A return that gave no counter anything back is a step without one.
select 'steps-do-not-count-the-entries', r.project_id, r.id,
       format('%s: %s steps, %s entries, the last %s', r.state, r.steps, count(e.step), max(e.step))
  from redemptions r
  left join ledger_postings e on e.project_id = r.project_id and e.redemption_id = r.id
 group by r.project_id, r.id, r.state, r.steps
having count(e.step) > r.steps or max(e.step) >= r.steps
    or (count(e.step) < r.steps and r.state not in ('partially_returned', 'returned'))

union all
select 'order-redeemed-twice', project_id, concat_ws(' ', source, order_ref), string_agg(id, ', ' order by id)
  from redemptions where state not in ('cancelled', 'expired')
 group by project_id, source, order_ref having count(*) > 1

union all
select 'refunded-more-than-paid', project_id, id, format('%s of %s', refunded, total)
  from redemptions where refunded > greatest(total, 0) or refunded < 0

union all
-- What was refunded is what its returns say, one after the other, and so are the units that are back.
select 'refunded-is-not-the-sum-of-the-returns', r.project_id, r.id, format('%s; returns %s, the last says %s', r.refunded, back.refund, back.refunded)
  from redemptions r
 cross join lateral (select coalesce(sum(refund), 0)::bigint as refund, coalesce((array_agg(refunded order by step desc))[1], 0) as refunded
                       from redemption_returns b where b.project_id = r.project_id and b.redemption_id = r.id) back
 where r.refunded <> back.refund or r.refunded <> back.refunded

union all
select 'return-does-not-add-up', project_id, redemption_id, format('step %s: %s', step, refund)
  from redemption_returns b
 where json_array_length(lines) > 0
   and refund <> shipping + (select coalesce(sum((line ->> 'refund')::bigint), 0) from json_array_elements(lines) as line)

union all
select 'units-back-are-not-the-sum-of-the-returns', project_id, id, format('line %s: %s; returns %s', line, b.units, s.units)
  from (select r.project_id, r.id, back.key as line, back.value::bigint as units
          from redemptions r, json_each_text(r.returned -> 'lines') as back where back.value::bigint > 0) b
  full join (select project_id, redemption_id as id, line ->> 'id' as line, sum((line ->> 'quantity')::bigint)::bigint as units
               from redemption_returns, json_array_elements(lines) as line group by 1, 2, 3) s using (project_id, id, line)
 where coalesce(b.units, 0) <> coalesce(s.units, 0)

union all
select 'return-of-nothing', b.project_id, b.redemption_id, format('step %s', b.step)
  from redemption_returns b
 where not exists (select from redemptions r where r.project_id = b.project_id and r.id = b.redemption_id and r.steps > b.step)

union all
select 'refunded-without-a-return', project_id, id, state
  from redemptions where refunded > 0 and state not in ('partially_returned', 'returned')

union all
select 'returned-more-than-sold', r.project_id, r.id, format('%s of line %s, sold %s', back.value, back.key, coalesce(sold.quantity, 0))
  from redemptions r
 cross join lateral json_each_text(r.returned -> 'lines') as back
  left join lateral (select (line ->> 'quantity')::bigint as quantity from json_array_elements(r.request -> 'lines') as line
                      where line ->> 'id' = back.key) sold on true
 where back.value::bigint > coalesce(sold.quantity, 0)

union all
-- A returned order has everything back, any other order has something left.
select 'wholly-returned-is-not-said', r.project_id, r.id, format('%s: %s of %s units', r.state, back.units, sold.units)
  from redemptions r
 cross join lateral (select coalesce(sum((line ->> 'quantity')::bigint), 0) as units from json_array_elements(r.request -> 'lines') as line) sold
 cross join lateral (select coalesce(sum(value::bigint), 0) as units from json_each_text(coalesce(r.returned -> 'lines', '{}'))) back
 where r.state in ('partially_returned', 'returned') and (r.state = 'returned') <> (back.units = sold.units)

union all
-- The goods of an order come back in its own book or in that of its redemption.
select 'refunded-in-two-books', o.project_id, o.external_id, format('%s, and %s of %s', o.refunded, r.refunded, r.id)
  from orders o join redemptions r on r.project_id = o.project_id
   and (r.id = o.redemption_id or o.redemption_id is null and r.order_ref = o.external_id and r.currency = o.currency and r.customer_id = o.customer_id
        and not exists (select from orders named where named.project_id = r.project_id and named.redemption_id = r.id))
 where o.refunded > 0 and r.refunded > 0

union all
select 'code-issued-twice', project_id, code, string_agg(redemption_id, ', ' order by redemption_id)
  from reward_grants where code is not null group by project_id, code having count(*) > 1

union all
-- Once the events of a redemption are numbered, its rewards are settled or due.
select 'reward-forgotten', g.project_id, g.redemption_id, format('%s of %s', g.kind, g.promotion)
  from reward_grants g join redemptions r on r.project_id = g.project_id and r.id = g.redemption_id
 where g.due_at is null
   and (g.state = 'promised' and r.state <> 'reserved' or g.state in ('granted', 'owed') and r.state in ('cancelled', 'expired', 'returned'))
   and not exists (select from outbox_events e where e.project_id = r.project_id and e.subject = r.id and e.position is null)

union all
-- What a customer has of a programme is the sum of its entries, account by account.
select 'points-are-not-the-sum-of-their-entries', project_id, concat_ws(' ', programme, holder),
       format('says %s pending, %s available, %s reserved, %s owed; its entries %s, %s, %s, %s', a.pending, a.available, a.reserved, a.debt,
              e.pending, e.available, e.reserved, e.debt)
  from points_accounts a
  full join (select project_id, holder, programme,
                    sum(case 'pending' when to_account then amount when from_account then -amount else 0 end)::bigint as pending,
                    sum(case 'available' when to_account then amount when from_account then -amount else 0 end)::bigint as available,
                    sum(case 'reserved' when to_account then amount when from_account then -amount else 0 end)::bigint as reserved,
                    sum(case 'debt' when to_account then -amount when from_account then amount else 0 end)::bigint as debt
               from points_entries group by 1, 2, 3) e using (project_id, holder, programme)
 where (coalesce(a.pending, 0), coalesce(a.available, 0), coalesce(a.reserved, 0), coalesce(a.debt, 0))
       <> (coalesce(e.pending, 0), coalesce(e.available, 0), coalesce(e.reserved, 0), coalesce(e.debt, 0))

union all
-- So is what is left of a lot, and all lots of a customer are what they have.
select 'lot-is-not-the-sum-of-its-entries', l.project_id, l.id, format('says %s; its entries %s', l.remaining, coalesce(e.remaining, 0))
  from points_lots l
  left join (select project_id, lot_id,
                    sum(amount * ((to_account in ('pending', 'available'))::int - (from_account in ('pending', 'available'))::int))::bigint as remaining
               from points_entries where lot_id is not null group by 1, 2) e on e.project_id = l.project_id and e.lot_id = l.id
 where l.remaining <> coalesce(e.remaining, 0)

union all
select 'points-are-not-the-sum-of-their-lots', a.project_id, concat_ws(' ', a.programme, a.holder),
       format('%s pending, %s available; in lots %s, %s', a.pending, a.available, l.pending, l.available)
  from points_accounts a
 cross join lateral (select coalesce(sum(remaining) filter (where is_pending), 0)::bigint as pending,
                            coalesce(sum(remaining) filter (where not is_pending), 0)::bigint as available
                       from points_lots l where l.project_id = a.project_id and l.holder = a.holder and l.programme = a.programme) l
 where (a.pending, a.available) <> (l.pending, l.available)

union all
-- What is reserved is what reservations hold.
select 'reserved-points-of-nobody', a.project_id, concat_ws(' ', a.programme, a.holder), format('%s reserved; held %s', a.reserved, s.held)
  from points_accounts a
 cross join lateral (select coalesce(sum(points - refunded), 0)::bigint as held from points_spends s
                      where s.project_id = a.project_id and s.holder = a.holder and s.programme = a.programme and s.state = 'reserved') s
 where a.reserved <> s.held

union all
-- A reward that is granted has its points in the books, once.
select 'points-of-a-reward-are-missing', g.project_id, g.redemption_id, format('%s points of %s: %s', g.points, g.promotion, l.amount)
  from reward_grants g
  left join points_lots l on l.project_id = g.project_id and l.redemption_id = g.redemption_id and l.position = g.position
 where g.kind = 'points' and g.points > 0 and ((g.state in ('granted', 'recovered')) <> (l.id is not null) or l.amount <> g.points)

union all
-- What is booked for an order by the rates of a programme is what its lots are, less what came back.
select 'points-of-an-order-are-not-its-lots', coalesce(o.project_id, l.project_id), concat_ws(' ', coalesce(o.programme, l.programme), coalesce(o.external_id, l.external_id)),
       format('%s points; in lots %s', o.points, l.points)
  from points_orders o
  full join (select project_id, external_id, programme, sum(amount - reversed)::bigint as points
               from points_lots where external_id is not null group by 1, 2, 3) l using (project_id, external_id, programme)
 where o.points is distinct from coalesce(l.points, 0)

union all
-- A spend that stands and pays for an order is the one that stands for it.
select 'tender-is-not-its-spend', coalesce(t.project_id, s.project_id), coalesce(t.spend_id, s.id), coalesce(s.state, 'none')
  from points_tenders t
  full join (select * from points_spends where coalesce(redemption_id, external_id) is not null and state in ('reserved', 'committed')) s
    on s.project_id = t.project_id and s.id = t.spend_id
 where (t.programme, t.redemption_id, t.external_id) is distinct from (s.programme, s.redemption_id, s.external_id)

union all
-- A dealer's rebates in a period are what their orders contribute, and what the entries of the books come to.
select 'rebate-account-is-not-its-contributions', a.project_id, concat_ws(' ', a.agreement, a.period, a.dealer),
       format('%s; contributions %s', a.measures[1:2], array[c.amount, c.quantity])
  from rebate_accounts a
  full join (select project_id, agreement, period, dealer collate "C" as dealer, sum(measures[1])::bigint as amount, sum(measures[2])::bigint as quantity
               from rebate_contributions group by 1, 2, 3, 4) c using (project_id, agreement, period, dealer)
 where (coalesce(a.measures[1], 0), coalesce(a.measures[2], 0)) <> (coalesce(c.amount, 0), coalesce(c.quantity, 0))

union all
select 'rebate-account-is-not-its-entries', a.project_id, concat_ws(' ', a.agreement, a.period, a.dealer),
       format('%s accrued, %s payable, %s paid; entries %s, %s, %s', a.accrued, a.payable, a.paid, e.accrued, e.payable, e.paid)
  from rebate_accounts a
  full join (select project_id, agreement, period, dealer,
                    sum(amount * ((to_account = 'accrued')::int - (from_account = 'accrued')::int))::bigint as accrued,
                    sum(amount * ((to_account = 'payable')::int - (from_account = 'payable')::int))::bigint as payable,
                    sum(amount * ((to_account = 'paid')::int - (from_account = 'paid')::int))::bigint as paid
               from rebate_entries group by 1, 2, 3, 4) e
    on (e.project_id, e.agreement, e.period, e.dealer) = (a.project_id, a.agreement, a.period, a.dealer)
 where (coalesce(a.accrued, 0), coalesce(a.payable, 0), coalesce(a.paid, 0)) <> (coalesce(e.accrued, 0), coalesce(e.payable, 0), coalesce(e.paid, 0))

union all
select 'rebate-reward-is-not-booked', a.project_id, concat_ws(' ', a.agreement, a.period, a.dealer), format('%s; booked %s', a.reward, e.booked)
  from rebate_accounts a
  left join (select project_id, agreement, of_period, dealer,
                    sum(amount * ((to_account = 'accrued')::int - (from_account = 'accrued')::int))::bigint as booked
               from rebate_entries where cause in ('accrue', 'adjust') group by 1, 2, 3, 4) e
    on (e.project_id, e.agreement, e.of_period, e.dealer) = (a.project_id, a.agreement, a.period, a.dealer)
 where a.reward <> coalesce(e.booked, 0)

union all
select 'rebate-statement-does-not-add-up', s.project_id, s.id, format('%s; lines %s, closed with %s', s.total, l.sum, e.closed)
  from rebate_statements s
 cross join lateral (select coalesce(sum((line ->> 'amount')::bigint), 0)::bigint as sum from jsonb_array_elements(s.document -> 'lines') as line) l
 cross join lateral (select coalesce(sum(amount * (case to_account when 'payable' then 1 else -1 end)), 0)::bigint as closed from rebate_entries e
                      where e.project_id = s.project_id and e.agreement = s.agreement and e.period = s.period and e.dealer = s.dealer and e.cause = 'close') e
 where s.total <> l.sum or s.total <> e.closed

order by 1, 2, 3, 4;
