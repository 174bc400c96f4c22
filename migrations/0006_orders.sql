create table orders (
  project_id text not null references projects (id),
  external_id text not null,
  version bigint not null,
  status text not null,
  customer_id text,
  redemption_id text,
  channel text,
  store text,
  dealer text,
  currency text not null,
  total bigint not null,
  placed_at timestamptz not null,
  document jsonb not null,
  returned jsonb not null default '[]',
  refunded bigint not null default 0,
  settlement text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (project_id, external_id),
  constraint orders_status_known check (status in ('placed', 'paid', 'fulfilled', 'cancelled', 'returned')),
  constraint orders_settlement_known check (settlement in ('pending', 'released', 'returned', 'refused')),
  constraint orders_amounts_not_negative check (total >= 0 and refunded >= 0)
);
comment on table orders is 'Orders as the ERP told of them, the latest version of each. They need no redemption.';
comment on column orders.customer_id is 'As told, or where the ERP names none that of the redemption.';
comment on column orders.document is 'What the ERP said, whole; the columns before it are copies to look it up by.';
comment on column orders.returned is 'Units and their refund so far by line: [{"id": "1", "quantity": 1, "refund": 500}]. Only of orders without a redemption, whose returns are the redemption''s.';
comment on column orders.settlement is 'What became of the goods or the redemption once the order was cancelled or returned; pending until that is done, so that a crash between is made good.';

create index orders_placed on orders (project_id, placed_at, external_id);
create index orders_customer on orders (project_id, customer_id, placed_at) where customer_id is not null;
create index orders_to_settle on orders (updated_at) where settlement = 'pending';
-- One redemption stands for one order: otherwise cancelling the one would take the discount of the other.
create unique index orders_redemption on orders (project_id, redemption_id) where redemption_id is not null;

create table order_returns (
  project_id text not null,
  id text not null,
  external_id text not null,
  lines jsonb not null,
  refund bigint not null,
  created_by text not null,
  created_at timestamptz not null,
  primary key (project_id, id),
  foreign key (project_id, external_id) references orders (project_id, external_id),
  constraint order_returns_refund_not_negative check (refund >= 0)
);
comment on table order_returns is 'Append-only: each return of goods of an order without a redemption. orders.refunded is their sum.';
create index order_returns_order on order_returns (project_id, external_id);

create trigger order_returns_append_only before update or delete on order_returns
  for each row execute function refuse_change();
create trigger order_returns_never_emptied before truncate on order_returns
  for each statement execute function refuse_change();
