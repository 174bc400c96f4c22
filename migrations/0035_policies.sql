-- What is done by itself when a campaign's figures pass a bound, and the log of what was done.
create table campaign_policies (
  project_id text not null,
  campaign text not null,
  key text collate "C" not null,
  version integer not null,
  document jsonb not null,
  due_at timestamptz,
  set_by text not null,
  request_id text not null,
  updated_at timestamptz not null,
  primary key (project_id, campaign, key),
  foreign key (project_id, campaign) references campaigns (project_id, key)
);
comment on column campaign_policies.due_at is 'When it is looked at next; null: not any more, or not as it stands.';
comment on column campaign_policies.set_by is 'The API key in whose name it acts, as far as that still may.';
create index campaign_policies_due on campaign_policies (due_at) where due_at is not null;
select wall('campaign_policies');
grant select (project_id, campaign, key, due_at) on campaign_policies to dealwright_lookout;
create function due_policies(at timestamptz, most integer) returns table (project_id text, campaign text, key text)
  language sql stable as $$
  select p.project_id, p.campaign, p.key from campaign_policies p
   where p.due_at is not null and p.due_at <= at order by p.due_at limit most
$$;
select over_walls('due_policies(timestamptz, integer)');

create table policy_actions (
  project_id text not null,
  id text not null,
  campaign text not null,
  policy text not null,
  channel text,
  at timestamptz not null,
  evidence jsonb not null,
  act jsonb not null,
  changes jsonb not null,
  failure text,
  undone_at timestamptz,
  undone_by text,
  primary key (project_id, id),
  foreign key (project_id, campaign) references campaigns (project_id, key)
);
comment on table policy_actions is 'Kept for good: what was changed, on what figures, and who took it back.';
create index policy_actions_of_campaign on policy_actions (project_id, campaign, id);
select wall('policy_actions');
