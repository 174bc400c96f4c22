create table projects (
  id text primary key,
  key text not null unique,
  name text not null,
  settings jsonb not null,
  settings_version bigint not null default 1,
  revision bigint not null default 1,
  created_at timestamptz not null,
  constraint projects_key_form check (key ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  constraint projects_settings_are_an_object check (jsonb_typeof(settings) = 'object')
);
comment on table projects is 'A tenant. Every other table of its data starts its primary key with project_id.';
comment on column projects.settings_version is 'The ETag of the settings: counts their changes only.';
comment on column projects.revision is 'Counts every change of what evaluations depend on: settings and promotions. Processes reload when it moves.';

create table api_keys (
  project_id text not null references projects (id),
  id text not null,
  name text not null,
  role text not null,
  environment text not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  primary key (project_id, id),
  constraint api_keys_role_known check (role in ('checkout', 'pos', 'erp', 'marketing', 'viewer', 'admin')),
  constraint api_keys_environment_known check (environment in ('live', 'test'))
);
comment on column api_keys.last_used_at is 'To the minute: written at most once a minute per key and process, off the request path.';

create table api_key_secrets (
  project_id text not null,
  api_key_id text not null,
  hash bytea not null,
  hint text not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  primary key (project_id, api_key_id, hash),
  foreign key (project_id, api_key_id) references api_keys (project_id, id) on delete cascade,
  constraint api_key_secrets_hash_is_sha256 check (octet_length(hash) = 32)
);
comment on table api_key_secrets is 'One key has two while it is rotated: the new one, and the old one until expires_at.';
comment on column api_key_secrets.hash is 'SHA-256 of the whole secret. The secret has 160 random bits, so that a slow hash would add nothing but time.';
comment on column api_key_secrets.hint is 'The beginning of the secret, by which its owner recognizes it.';

-- Not unique: whose key it is, is what the look-up finds out. A secret found twice is refused.
create index api_key_secrets_hash on api_key_secrets (hash);
