create table evaluations (
  project_id text not null references projects (id),
  id text not null,
  revision bigint not null,
  evaluated_at timestamptz not null,
  request jsonb not null,
  facts jsonb not null,
  settings jsonb not null,
  quote jsonb not null,
  created_by text not null,
  created_at timestamptz not null,
  primary key (project_id, id)
);
comment on table evaluations is 'Evaluations that were saved on request, with all that went in, so that they can be computed again.';
comment on column evaluations.revision is 'Of the rules it was priced by.';
comment on column evaluations.evaluated_at is 'The instant it was priced for, which the request may choose.';
comment on column evaluations.facts is 'What was known beside the request: customer facts, coupons, deposits, use counters.';

create trigger evaluations_append_only before update on evaluations
  for each row execute function refuse_change();
