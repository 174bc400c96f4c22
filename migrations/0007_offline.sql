create table offline_keys (
  project_id text not null references projects (id),
  id text not null,
  public_key bytea not null,
  private_key bytea,
  created_at timestamptz not null,
  retired_at timestamptz,
  published_until timestamptz,
  primary key (project_id, id),
  constraint offline_keys_of_ed25519 check (octet_length(public_key) = 32 and octet_length(private_key) = 32),
  constraint offline_keys_retired_keys_sign_nothing check ((retired_at is null) = (private_key is not null))
);
comment on table offline_keys is 'What vouchers are signed with (Ed25519). Retired keys stay: a till may report for days what it accepted.';
comment on column offline_keys.private_key is 'A SECRET: whoever reads it can make vouchers that tills believe. Destroyed when the key is retired.';
comment on column offline_keys.published_until is 'Of a retired key: until when tills are told of it. Null: always.';
create unique index offline_keys_signing on offline_keys (project_id) where retired_at is null;

create table offline_vouchers (
  project_id text not null,
  id text not null,
  key_id text not null,
  rule_id text not null,
  promotion text not null,
  code text,
  pool text,
  customer_id text,
  currency text not null,
  max_amount bigint not null,
  min_subtotal bigint,
  valid_from timestamptz not null,
  expires_at timestamptz not null,
  revision bigint not null,
  holds json not null,
  issued_by text not null,
  created_at timestamptz not null,
  primary key (project_id, id),
  foreign key (project_id, key_id) references offline_keys (project_id, id),
  constraint offline_vouchers_window check (valid_from < expires_at),
  constraint offline_vouchers_amount check (max_amount > 0)
);
comment on table offline_vouchers is 'What was promised without a network. What each sets aside is the reservation of the same id in redemptions.';
comment on column offline_vouchers.code is 'As the engine compares it, if a code was promised.';
comment on column offline_vouchers.holds is 'What it set aside: rule, measure, holder, period, amount, and the limit as it then was.';

create table offline_flags (
  project_id text not null,
  id text not null,
  redemption_id text not null,
  kind text not null,
  voucher_id text not null,
  promotion text not null,
  source text not null,
  order_ref text not null,
  till text,
  accepted_at timestamptz not null,
  currency text not null,
  discount bigint not null,
  amount bigint,
  created_at timestamptz not null,
  resolved_at timestamptz,
  resolved_by text,
  note text,
  primary key (project_id, id),
  unique (project_id, redemption_id, kind),
  foreign key (project_id, voucher_id) references offline_vouchers (project_id, id),
  constraint offline_flags_resolved_by_somebody check ((resolved_at is null) = (resolved_by is null) and (resolved_at is null) = (note is null))
);
comment on table offline_flags is 'What is not as it should be with something a till gave away without a network. Written with its redemption, so none is ever silent.';
comment on column offline_flags.accepted_at is 'When the till says that it accepted the voucher.';
comment on column offline_flags.amount is 'By how much, in minor units, where that can be said.';
create index offline_flags_open on offline_flags (project_id, id) where resolved_at is null;
