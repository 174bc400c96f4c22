create table promotion_approvals (
  project_id text not null,
  id text not null,
  promotion_id text not null,
  version integer not null,
  decision text not null,
  note text,
  decided_by text not null,
  created_at timestamptz not null default now(),
  primary key (project_id, id),
  foreign key (project_id, promotion_id) references promotions (project_id, id),
  constraint promotion_approvals_decision_known check (decision in ('approved', 'rejected'))
);
comment on table promotion_approvals is 'Append-only: what others said of a version of a promotion. The latest word counts, until the document changes.';
create index promotion_approvals_promotion on promotion_approvals (project_id, promotion_id, id);
create trigger promotion_approvals_append_only before update or delete on promotion_approvals
  for each row execute function refuse_change();
select wall('promotion_approvals', append_only => true);

create table promotion_comments (
  project_id text not null,
  id text not null,
  promotion_id text not null,
  version integer not null,
  body text not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  primary key (project_id, id),
  foreign key (project_id, promotion_id) references promotions (project_id, id)
);
comment on column promotion_comments.version is 'The version that was commented.';
create index promotion_comments_promotion on promotion_comments (project_id, promotion_id, id);
create trigger promotion_comments_append_only before update or delete on promotion_comments
  for each row execute function refuse_change();
select wall('promotion_comments', append_only => true);

create table promotion_scheduled_changes (
  project_id text not null,
  id text not null,
  promotion_id text not null,
  at timestamptz not null,
  base_version integer not null,
  change jsonb not null,
  state text not null default 'waiting',
  failure text,
  created_by text not null,
  request_id text not null,
  created_at timestamptz not null default now(),
  settled_at timestamptz,
  primary key (project_id, id),
  foreign key (project_id, promotion_id) references promotions (project_id, id),
  constraint promotion_scheduled_changes_state_known check (state in ('waiting', 'applied', 'failed', 'cancelled')),
  constraint promotion_scheduled_changes_settled_once check ((state = 'waiting') = (settled_at is null)),
  constraint promotion_scheduled_changes_failure_said check ((state = 'failed') = (failure is not null))
);
comment on table promotion_scheduled_changes is 'What is to happen to a promotion at an instant, by itself, once.';
comment on column promotion_scheduled_changes.base_version is 'The version it was made for. A new document is not put over one that somebody changed since.';
comment on column promotion_scheduled_changes.change is 'One of {"document": …}, {"patch": …} and {"action": "activate"}.';
comment on column promotion_scheduled_changes.failure is 'The code of the problem that kept it from being applied.';
create index promotion_scheduled_changes_promotion on promotion_scheduled_changes (project_id, promotion_id, id);
-- The first finds the projects where something is due, the second what is next in one of them.
create index promotion_scheduled_changes_due on promotion_scheduled_changes (at, project_id) where state = 'waiting';
create index promotion_scheduled_changes_next on promotion_scheduled_changes (project_id, at, id) where state = 'waiting';
select wall('promotion_scheduled_changes');

grant select (project_id, id, promotion_id, state, at) on promotion_scheduled_changes to dealwright_lookout;
create function due_promotion_changes(most_of_all integer, most_of_project integer)
returns table (project_id text, id text, promotion_id text) language sql stable as $$
  select due.project_id, due.id, due.promotion_id
    from (select distinct c.project_id from promotion_scheduled_changes c where c.state = 'waiting' and c.at <= now()) as project,
         lateral (select c.project_id, c.id, c.promotion_id, c.at from promotion_scheduled_changes c
                   where c.project_id = project.project_id and c.state = 'waiting' and c.at <= now()
                   order by c.at, c.id limit most_of_project) as due
   order by due.at, due.id limit most_of_all
$$;
select over_walls('due_promotion_changes(integer, integer)');
comment on function due_promotion_changes is 'Scheduled changes whose instant has come, in all projects, the longest waiting first.';
