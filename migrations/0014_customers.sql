-- What the shop says of its customers. Evaluations read it in the one statement that reads all they need.
create table customers (
  project_id text not null references projects (id),
  id text not null,
  version bigint not null,
  document jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (project_id, id),
  constraint customers_are_not_erased check (id not like 'erased:%')
);
comment on table customers is 'Customers by the shop''s own id. Deleted when they are erased.';
comment on column customers.document is 'Groups, tags, attributes, birthday, locale, consents, createdAt: what is not known is left out.';
comment on column customers.version is 'Counts up with every change; the ETag.';
create index customers_updated on customers (project_id, updated_at);
select wall('customers');
