create table measurement_looks (
  project_id text not null references projects (id),
  kind text not null check (kind in ('campaign', 'experiment')),
  name text not null,
  day date not null,
  primary key (project_id, kind, name, day)
);
comment on table measurement_looks is 'Days on which somebody looked at a measurement while it ran: the more often, the stricter its level, as whoever looks often and stops when it suits is wrong more often.';
select wall('measurement_looks');
