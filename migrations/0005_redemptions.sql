create table redemptions (
  project_id text not null,
  id text not null,
  source text not null,
  order_ref text not null,
  state text not null,
  mode text not null,
  customer_id text,
  currency text not null,
  total bigint not null,
  discount bigint not null,
  refunded bigint not null default 0,
  steps integer not null,
  holds json not null,
  returned json,
  expires_at timestamptz,
  created_at timestamptz not null,
  committed_at timestamptz,
  ended_at timestamptz,
  request_hash bytea not null,
  revision bigint not null,
  evaluated_at timestamptz not null,
  request json not null,
  facts json not null,
  settings json not null,
  quote json not null,
  created_by text not null,
  primary key (project_id, id),
  constraint redemptions_state_known
    check (state in ('reserved', 'committed', 'cancelled', 'expired', 'partially_returned', 'returned')),
  constraint redemptions_mode_known check (mode in ('reserve', 'commit')),
  constraint redemptions_reservations_expire check (state <> 'reserved' or expires_at is not null),
  constraint redemptions_refund_no_more_than_paid check (refunded >= 0 and refunded <= greatest(total, 0))
) with (toast_tuple_target = 8160);
-- Documents of a usual order stay in the row: compressing and storing them apart took longer than everything else.
comment on table redemptions is 'What an order took: codes, uses, budget, stock. No foreign keys, and no reads before writing: every row is written in a batch (see features/redemptions/committer-service.ts).';
comment on column redemptions.source is 'Which system names its orders by order_ref: two tills may both have an order 17.';
comment on column redemptions.steps is 'How many ledger entries it has; the next one continues the count.';
comment on column redemptions.holds is 'What it holds of each counter at the moment: rule, measure, holder, period, amount.';
comment on column redemptions.returned is 'Units returned so far, by line id; and gifts.';
comment on column redemptions.expires_at is 'A reservation not committed by then no longer counts against limits. Null once committed.';
comment on column redemptions.request_hash is 'SHA-256 of the request: the same order with another cart is a conflict, with the same cart a repetition.';
comment on column redemptions.revision is 'With evaluated_at, request, facts and settings all that is needed to price the order again, as a return may have to.';

-- The permanent natural key: one live redemption an order, however often and late a till repeats itself.
create unique index redemptions_order on redemptions (project_id, source, order_ref) where state not in ('cancelled', 'expired');
create index redemptions_customer on redemptions (project_id, customer_id, created_at) where customer_id is not null;
create index redemptions_to_expire on redemptions (expires_at) where state = 'reserved';

create table counters (
  project_id text not null,
  rule_id text not null,
  measure text not null,
  holder text collate "C" not null,
  period text not null,
  used bigint not null default 0,
  reserved bigint not null default 0,
  lim bigint,
  primary key (project_id, rule_id, measure, holder, period),
  constraint counters_hold check (used >= 0 and reserved >= 0 and (lim is null or used + reserved <= lim))
) with (fillfactor = 70);
comment on table counters is 'How much of a limit, a budget or a stock is taken. Caches of the ledger: scripts/rebuild-counters.ts makes them again, test/invariants.sql compares.';
comment on column counters.rule_id is 'The promotion, or the coupon pool for claims.';
comment on column counters.measure is 'uses, amount:CNY (what it took off), stock:2 (of its third benefit), deposit, claims.';
comment on column counters.holder is 'Whose: empty for all, or customer:…, code:…, device:…, phone:…, ip:… (the last three as keyed hashes).';
comment on column counters.period is 'Empty, or the day, week or month in the promotion''s zone: 2026-11-11, 2026-W46, 2026-11.';
comment on column counters.lim is 'The limit when it was last taken from. Null: counted, not limited.';
create index counters_holder on counters (project_id, holder) where holder <> '';

create table ledger_entries (
  project_id text not null,
  redemption_id text not null,
  step integer not null,
  cause text not null,
  code text collate "C",
  postings json not null,
  created_at timestamptz not null default now(),
  primary key (project_id, redemption_id, step),
  constraint ledger_entries_cause_known check (cause in ('reserve', 'commit', 'cancel', 'expire', 'return', 'claim', 'release'))
);
comment on table ledger_entries is 'Append-only: every use and every cent of a budget with its cause. A counter is the sum of its postings. One row for all postings of one command: a row for each took longer than all other tables together.';
comment on column ledger_entries.redemption_id is 'The redemption, or for claims the claim.';
comment on column ledger_entries.step is 'That of its first posting; the others follow it.';
comment on column ledger_entries.code is 'The one code that its postings name, if any. A second one has a row of its own.';
comment on column ledger_entries.postings is 'In the order of their steps: [[rule, measure, holder, period, reserved, used]].';
create index ledger_entries_code on ledger_entries (project_id, code, redemption_id) where code is not null;

create view ledger_postings with (security_invoker = true) as
select project_id, redemption_id, step + place::int - 1 as step, cause, posting ->> 0 as rule_id, posting ->> 1 as measure,
       (posting ->> 2) collate "C" as holder, posting ->> 3 as period, (posting ->> 4)::bigint as reserved,
       (posting ->> 5)::bigint as used, created_at
  from ledger_entries, json_array_elements(postings) with ordinality as p (posting, place);
comment on view ledger_postings is 'The ledger as accountants read it: one row for each counter that an entry changed.';

create trigger ledger_entries_append_only before update or delete on ledger_entries
  for each row execute function refuse_change();
create trigger ledger_entries_never_emptied before truncate on ledger_entries
  for each statement execute function refuse_change();

create table idempotency_records (
  project_id text not null,
  key text collate "C" not null,
  operation text not null,
  request_hash bytea not null,
  resource_id text not null,
  answer json,
  created_at timestamptz not null default now(),
  primary key (project_id, key)
);
comment on table idempotency_records is 'Final answers by Idempotency-Key, written in the transaction of what they answer. Refusals change nothing and are not kept.';
comment on column idempotency_records.answer is 'Null where it follows from the resource, as that of a new redemption does.';

create table outbox_events (
  project_id text not null,
  id text not null,
  type text not null,
  subject text not null,
  data json not null,
  created_at timestamptz not null default now(),
  primary key (project_id, id)
);
comment on table outbox_events is 'Events to be delivered, written in the transaction of the change they tell of.';

-- The identifiers of a buyer (device, phone, IP) are counted by a keyed hash; this is the key.
alter table projects add column identifier_key bytea not null default (sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));
