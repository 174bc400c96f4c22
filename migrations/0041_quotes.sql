-- Quotes that hold: a saved evaluation that an order may be redeemed by until an instant.
create table quotes (
  project_id text not null references projects (id),
  id text collate "C" not null,
  evaluation_id text not null,
  customer_id text,
  currency text not null,
  total bigint not null,
  valid_until timestamptz not null,
  redemption_id text,
  created_by text not null,
  created_at timestamptz not null,
  primary key (project_id, id)
);
comment on column quotes.redemption_id is 'The last redemption by it. Whether it counts says the counter of the quote, which takes one redemption at a time.';
create index quotes_customer on quotes (project_id, customer_id, id) where customer_id is not null;
select wall('quotes');
