create table orders (
  project_id text not null references projects (id),
  external_id text not null,
  version bigint not null,
  status text not null,
  customer_id text,
  redemption_id text,
  currency text not null,
  total bigint not null,
  placed_at timestamptz not null,
  document jsonb not null,
  request_hash bytea not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (project_id, external_id),
  constraint orders_status_known check (status in ('placed', 'paid', 'fulfilled', 'cancelled', 'returned'))
);
comment on table orders is 'Orders as the ERP told of them, the latest version of each. They need no redemption.';
create index orders_customer on orders (project_id, customer_id, placed_at) where customer_id is not null;
create index orders_redemption on orders (project_id, redemption_id) where redemption_id is not null;
