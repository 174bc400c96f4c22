-- What was found before campaigns were launched.
create table launch_checks (
  project_id text not null,
  campaign text not null,
  id text not null,
  passed boolean not null,
  lines jsonb not null,
  promotions jsonb not null,
  created_by text not null,
  created_at timestamptz not null,
  primary key (project_id, campaign, id),
  foreign key (project_id, campaign) references campaigns (project_id, key)
);
comment on table launch_checks is 'Append-only: each check of a campaign, with its evidence.';
comment on column launch_checks.promotions is 'As they were looked at: [{"id", "key", "fingerprint"}], the fingerprint being the SHA-256 of the document.';
select wall('launch_checks', append_only => true);
