-- Points as double-entry books. See src/ledger/points.ts for what moves and why.
create table points_programmes (
  project_id text not null,
  key text not null,
  version integer not null,
  document jsonb not null,
  updated_at timestamptz not null,
  primary key (project_id, key),
  constraint points_programmes_version_counts check (version >= 1)
);
comment on table points_programmes is 'The rules of a currency of points. One without a row has the usual ones.';
select wall('points_programmes');

create table points_accounts (
  project_id text not null,
  holder text collate "C" not null,
  programme text not null,
  customer_id text not null,
  pending bigint not null default 0,
  available bigint not null default 0,
  reserved bigint not null default 0,
  debt bigint not null default 0,
  retry_at timestamptz,
  primary key (project_id, holder, programme),
  constraint points_accounts_never_negative check (pending >= 0 and available >= 0 and reserved >= 0 and debt >= 0),
  constraint points_accounts_debts_are_paid_first check (debt = 0 or available = 0)
) with (fillfactor = 85);
comment on table points_accounts is 'What a customer has of one programme: caches of the entries, and what is locked while they are booked.';
comment on column points_accounts.holder is 'The keyed hash by which counters know the customer.';
comment on column points_accounts.customer_id is 'As the shop calls them, for events; once erased, the pseudonym.';
comment on column points_accounts.retry_at is 'What is due could not be booked: background rounds pass over it until then.';
create index points_accounts_customer on points_accounts (project_id, customer_id);
select wall('points_accounts');

create table points_lots (
  project_id text not null,
  id text collate "C" not null,
  holder text collate "C" not null,
  programme text not null,
  redemption_id text,
  position integer,
  amount bigint not null,
  remaining bigint not null,
  reversed bigint not null default 0,
  lapsed bigint not null default 0,
  is_pending boolean not null,
  earned_at timestamptz not null,
  available_at timestamptz not null,
  expires_at timestamptz,
  remind_at timestamptz,
  primary key (project_id, id),
  constraint points_lots_amounts_hold check (amount > 0 and remaining between 0 and amount and reversed between 0 and amount and lapsed between 0 and amount)
);
comment on table points_lots is 'Points earned at once. They are spent first in, first out, and lapse together.';
comment on column points_lots.redemption_id is 'The order that earned them, by the reward at this position; null for what was given by hand.';
comment on column points_lots.remind_at is 'When it is told that they are about to lapse. Null: told, or never.';
-- One lot a reward, whoever books it how often.
create unique index points_lots_reward on points_lots (project_id, redemption_id, position) where redemption_id is not null;
-- Partial indexes serve only statements that say their condition literally: plans are made before any parameter is known.
create index points_lots_open on points_lots (project_id, holder, programme, expires_at, id) where remaining > 0 or is_pending;
create index points_lots_to_mature on points_lots (available_at) where is_pending;
create index points_lots_to_lapse on points_lots (expires_at) where remaining > 0 and not is_pending;
create index points_lots_to_remind on points_lots (remind_at) where remaining > 0 and remind_at is not null;
select wall('points_lots');

create table points_spends (
  project_id text not null,
  id text collate "C" not null,
  holder text collate "C" not null,
  programme text not null,
  points bigint not null,
  refunded bigint not null default 0,
  state text not null,
  takes jsonb not null,
  order_ref text,
  currency text,
  value bigint,
  coupon text collate "C",
  expires_at timestamptz,
  created_at timestamptz not null,
  primary key (project_id, id),
  constraint points_spends_state_known check (state in ('reserved', 'committed', 'cancelled', 'expired')),
  constraint points_spends_refund_no_more_than_spent check (points > 0 and refunded between 0 and points),
  constraint points_spends_reservations_expire check (state <> 'reserved' or expires_at is not null)
);
comment on table points_spends is 'Points paid with, or held for that.';
comment on column points_spends.takes is 'What it still has, by lot: [[lot, points]].';
create index points_spends_holder on points_spends (project_id, holder, programme, id);
create index points_spends_reserved on points_spends (project_id, holder, programme) where state = 'reserved';
-- The second half keeps those who ask for one account's from walking it.
create index points_spends_to_expire on points_spends (expires_at) where state = 'reserved' and expires_at is not null;
select wall('points_spends');

create table points_entries (
  project_id text not null,
  id text collate "C" not null,
  holder text collate "C" not null,
  programme text not null,
  cause text not null,
  lot_id text collate "C",
  from_account text not null,
  to_account text not null,
  amount bigint not null,
  redemption_id text,
  spend_id text,
  reason text,
  created_by text,
  created_at timestamptz not null,
  primary key (project_id, id),
  constraint points_entries_move_something check (amount > 0 and from_account <> to_account),
  constraint points_entries_accounts_known check (
    from_account in ('issued', 'pending', 'available', 'reserved', 'redeemed', 'expired', 'debt')
    and to_account in ('issued', 'pending', 'available', 'reserved', 'redeemed', 'expired', 'debt')),
  constraint points_entries_cause_known check (
    cause in ('earn', 'adjust', 'mature', 'expire', 'reserve', 'spend', 'release', 'refund', 'reverse', 'repay'))
);
comment on table points_entries is 'Append-only: each takes from one account what it gives to another, so all of them together always come to zero.';
create index points_entries_holder on points_entries (project_id, holder, programme, id);
create index points_entries_lot on points_entries (project_id, lot_id) where lot_id is not null;
create trigger points_entries_append_only before update or delete on points_entries
  for each row execute function refuse_change();
create trigger points_entries_never_emptied before truncate on points_entries
  for each statement execute function refuse_change();
select wall('points_entries', append_only => true);

grant select (project_id, holder, programme, retry_at) on points_accounts to dealwright_lookout;
grant select (project_id, holder, programme, remaining, is_pending, available_at, expires_at, remind_at) on points_lots to dealwright_lookout;
grant select (project_id, holder, programme, state, expires_at) on points_spends to dealwright_lookout;
create function due_points(at timestamptz, most integer) returns table (project_id text, holder text, programme text) language sql stable as $$
  select distinct due.project_id, due.holder, due.programme from (
    (select l.project_id, l.holder, l.programme from points_lots l
      where l.is_pending and l.available_at <= at and not exists (select from points_accounts a
                       where a.project_id = l.project_id and a.holder = l.holder and a.programme = l.programme and a.retry_at > at)
      order by l.available_at limit most)
    union all
    (select l.project_id, l.holder, l.programme from points_lots l
      where l.remaining > 0 and not l.is_pending and l.expires_at <= at and not exists (select from points_accounts a
                       where a.project_id = l.project_id and a.holder = l.holder and a.programme = l.programme and a.retry_at > at)
      order by l.expires_at limit most)
    union all
    (select l.project_id, l.holder, l.programme from points_lots l
      where l.remaining > 0 and l.remind_at is not null and l.remind_at <= at and not exists (select from points_accounts a
                       where a.project_id = l.project_id and a.holder = l.holder and a.programme = l.programme and a.retry_at > at)
      order by l.remind_at limit most)
    union all
    (select s.project_id, s.holder, s.programme from points_spends s
      where s.state = 'reserved' and s.expires_at <= at and not exists (select from points_accounts a
                       where a.project_id = s.project_id and a.holder = s.holder and a.programme = s.programme and a.retry_at > at)
      order by s.expires_at limit most)
  ) as due
$$;
select over_walls('due_points(timestamptz, integer)');
comment on function due_points is 'Accounts in which points mature or lapse, in which that is to be told, or whose reservations are over. No more are asked for at once than `most` lots are due: whoever asks, asks again.';
