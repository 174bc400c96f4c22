-- Contracts of customers and their renewals: each term is a row, which the term that follows it names.
create table contracts (
  project_id text not null,
  id text collate "C" not null,
  customer_id text not null,
  kind text,
  name text,
  value bigint not null,
  currency text not null,
  starts_on text collate "C" not null,
  ends_on text collate "C" not null,
  auto_renew boolean not null,
  state text not null,
  renews text,
  renewed_by text,
  renewal text,
  version integer not null,
  due_at timestamptz,
  closed_at timestamptz,
  updated_at timestamptz not null,
  primary key (project_id, id),
  constraint contracts_state_known check (state in ('active', 'renewed', 'ended', 'cancelled')),
  constraint contracts_days_known check (starts_on ~ '^\d{4}-\d\d-\d\d$' and ends_on ~ '^\d{4}-\d\d-\d\d$' and ends_on >= starts_on)
);
comment on column contracts.ends_on is 'The last day of the term, by the calendar of the project''s zone.';
comment on column contracts.renewal is 'Of a term that follows another: the order or redemption by which it was bought. It renews one contract, once.';
comment on column contracts.due_at is 'When its last day is over, and it renews itself or ends; null: that is settled.';
create unique index contracts_renewal on contracts (project_id, renewal) where renewal is not null;
create unique index contracts_renewed_once on contracts (project_id, renews) where renews is not null;
create index contracts_of_customer on contracts (project_id, customer_id, ends_on);
create index contracts_ends on contracts (project_id, ends_on, customer_id);
create index contracts_due on contracts (due_at) where due_at is not null;
select wall('contracts');
grant select (project_id, id, due_at) on contracts to dealwright_lookout;
create function due_contracts(at timestamptz, most integer) returns table (project_id text, id text)
  language sql stable as $$
  select c.project_id, c.id from contracts c where c.due_at is not null and c.due_at <= at order by c.due_at limit most
$$;
select over_walls('due_contracts(timestamptz, integer)');
