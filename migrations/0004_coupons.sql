create table coupon_pools (
  project_id text not null references projects (id),
  id text not null,
  key text not null,
  version integer not null,
  document jsonb not null,
  codes bigint not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (project_id, id),
  unique (project_id, key),
  constraint coupon_pools_codes_count check (codes >= 0),
  constraint coupon_pools_version_counts check (version >= 1),
  constraint coupon_pools_document_is_its_own check (jsonb_typeof(document) = 'object' and document ->> 'key' = key)
);
comment on table coupon_pools is 'Coupons generated or imported together. A pool is never deleted: its codes and the ledger name it.';

comment on column coupon_pools.codes is 'How many coupons it has, counted up in the transactions that add them: counting ten million would take a second.';

create table coupons (
  project_id text not null,
  code text collate "C" not null,
  pool_id text not null,
  status text not null default 'active',
  max_uses integer not null,
  used integer not null default 0,
  reserved integer not null default 0,
  expires_at timestamptz,
  customer_id text,
  claimed_at timestamptz,
  created_at timestamptz not null,
  primary key (project_id, code),
  constraint coupons_status_known check (status in ('active', 'void')),
  constraint coupons_claims_have_a_time check ((customer_id is null) = (claimed_at is null)),
  constraint coupons_uses_hold check (used >= 0 and reserved >= 0 and used + reserved <= max_uses)
) with (fillfactor = 85);
-- The room on each page is for the use of a code: a row that stays on its page needs no new index entries.
comment on table coupons is 'One redeemable code a row. No foreign key to its pool: COPY would check it a million times, and pools are never deleted.';
comment on column coupons.code is 'Normalised, look-alikes folded where the pool does: what a typed code is looked up by. How it is printed follows from the pool.';
comment on column coupons.used is 'Committed uses; like reserved, a cache of the ledger entries of measure ''coupon'' with this code.';
comment on column coupons.customer_id is 'Who claimed it or got it. Null: nobody''s, anyone may use it and a claim may take it.';

-- Free codes for claims, and all codes of a pool for exports.
create index coupons_pool on coupons (project_id, pool_id, customer_id, code);
create index coupons_customer on coupons (project_id, customer_id, claimed_at, code) where customer_id is not null;

create table jobs (
  project_id text not null references projects (id),
  id text not null,
  kind text not null,
  state text not null,
  input jsonb not null,
  total bigint,
  done bigint not null default 0,
  result jsonb,
  failure text,
  runner text,
  attempts integer not null default 0,
  created_by text not null,
  created_at timestamptz not null,
  started_at timestamptz,
  heartbeat_at timestamptz,
  finished_at timestamptz,
  primary key (project_id, id),
  constraint jobs_state_known check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelling', 'cancelled'))
);
comment on table jobs is 'Long work done in the background by whichever process takes it. One that stops beating is taken over by another.';
comment on column jobs.done is 'Counted up in the transactions that do the work, so that whoever takes over knows exactly what is left.';
comment on column jobs.runner is 'Who works on it. Whoever was taken over finds another name here and writes nothing more.';
comment on column jobs.attempts is 'Times it was begun since it last got on: work that ends its process must not be tried for ever.';
create index jobs_to_do on jobs (created_at) where state in ('queued', 'running', 'cancelling');
