create table promotions (
  project_id text not null references projects (id),
  id text not null,
  key text not null,
  status text not null,
  version integer not null,
  revision bigint not null,
  document jsonb not null,
  starts_at timestamptz,
  ends_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (project_id, id),
  unique (project_id, key),
  constraint promotions_status_known check (status in ('draft', 'active', 'paused', 'ended', 'archived')),
  constraint promotions_version_counts check (version >= 1),
  constraint promotions_document_is_its_own check (jsonb_typeof(document) = 'object' and document ->> 'key' = key),
  constraint promotions_window_is_open check (ends_at > starts_at)
);
comment on column promotions.status is 'As the merchant set it. An active one is shown as scheduled before starts_at and as ended from ends_at on.';
comment on column promotions.revision is 'The project revision at its last change. Changes of what is not active count none, so several may share one.';
comment on column promotions.document is 'The promotion document with its defaults filled in, parsed on read as on write.';
comment on column promotions.starts_at is 'The instant the schedule named when it was saved, for lists. Evaluations read the document.';

-- What changed since a revision: how a running process brings its rulebook up to date.
create index promotions_revision on promotions (project_id, revision);

create table promotion_versions (
  project_id text not null,
  promotion_id text not null,
  version integer not null,
  revision bigint not null,
  status text not null,
  document jsonb not null,
  change text not null,
  changed_by text not null,
  created_at timestamptz not null,
  primary key (project_id, promotion_id, version),
  foreign key (project_id, promotion_id) references promotions (project_id, id),
  constraint promotion_versions_status_known check (status in ('draft', 'active', 'paused', 'ended', 'archived')),
  constraint promotion_versions_change_known
    check (change in ('created', 'updated', 'activated', 'paused', 'ended', 'archived', 'reverted'))
);
comment on table promotion_versions is 'Append-only. The rules of a revision are, of each promotion, its latest version up to there, where that was active.';
comment on column promotion_versions.changed_by is 'The API key; not a foreign key, because history outlives keys.';

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never changed', tg_table_name using errcode = 'restrict_violation';
end
$$;

create trigger promotion_versions_append_only before update or delete on promotion_versions
  for each row execute function refuse_change();
