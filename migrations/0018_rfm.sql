-- By what customers are scored: how lately, how often and for how much they bought.
create table rfm_settings (
  project_id text primary key references projects (id),
  version bigint not null,
  document jsonb not null,
  borders jsonb,
  computed_version bigint not null default 0,
  computed_at timestamptz
);
comment on column rfm_settings.borders is 'Those in force: told, or worked out of customer_activity. Scores are read from them and the activity whenever they are wanted, so that they never age.';
comment on column rfm_settings.computed_version is 'The version whose borders these are. Lower than version: they are to be worked out.';
select wall('rfm_settings');
