-- What automations cost beside coupons: the points they awarded, by programme. A run that is forgotten leaves its points.
alter table automation_runs add column points jsonb;
comment on column automation_runs.points is 'Awarded by it, by programme. Null: none.';

create table automation_past_points (
  project_id text not null,
  automation_id text not null,
  programme text not null,
  points bigint not null,
  primary key (project_id, automation_id, programme),
  foreign key (project_id, automation_id) references automations (project_id, id)
);
comment on table automation_past_points is 'Of runs that are forgotten, how many points they awarded. Nobody is known by it.';
select wall('automation_past_points');
