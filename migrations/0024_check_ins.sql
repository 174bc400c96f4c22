create table check_in_streaks (
  project_id text not null,
  programme text not null,
  holder text collate "C" not null,
  customer_id text not null,
  day date not null,
  streak integer not null,
  best integer not null,
  total integer not null,
  primary key (project_id, programme, holder)
);
comment on table check_in_streaks is 'How many days in a row a customer has checked in; locked while they do.';
comment on column check_in_streaks.holder is 'The keyed hash by which counters know the customer.';
comment on column check_in_streaks.customer_id is 'As the shop calls them; once erased, the pseudonym.';
comment on column check_in_streaks.day is 'The last day, in the project''s zone.';
create index check_in_streaks_customer on check_in_streaks (customer_id, project_id);
select wall('check_in_streaks');

create table check_ins (
  project_id text not null,
  programme text not null,
  holder text collate "C" not null,
  day date not null,
  at timestamptz not null,
  streak integer not null,
  primary key (project_id, programme, holder, day)
);
comment on table check_ins is 'One a customer and day.';
select wall('check_ins');

create table challenge_progress (
  project_id text not null,
  challenge text collate "C" not null,
  holder text collate "C" not null,
  customer_id text not null,
  done integer not null default 0,
  completed_at timestamptz,
  due_at timestamptz,
  primary key (project_id, challenge, holder)
);
comment on column challenge_progress.done is 'As it was counted last.';
comment on column challenge_progress.due_at is 'When it is to be counted: something happened. Null: nothing to do.';
create index challenge_progress_due on challenge_progress (project_id, due_at) where due_at is not null;
create index challenge_progress_customer on challenge_progress (customer_id, project_id);
select wall('challenge_progress');

grant select (project_id, challenge, holder, due_at) on challenge_progress to dealwright_lookout;
create function due_challenges(at timestamptz, most integer) returns table (project_id text, challenge text, holder text) language sql stable as $$
  with recursive waiting as (
    (select c.project_id from challenge_progress c where c.due_at is not null order by c.project_id limit 1)
    union all
    select later.project_id from waiting, lateral (
      select c.project_id from challenge_progress c
       where c.due_at is not null and c.project_id > waiting.project_id order by c.project_id limit 1) as later
  )
  select due.project_id, due.challenge, due.holder from waiting, lateral (
    select c.project_id, c.challenge, c.holder, c.due_at from challenge_progress c
     where c.project_id = waiting.project_id and c.due_at is not null and c.due_at <= at
     order by c.due_at limit most) as due
$$;
select over_walls('due_challenges(timestamptz, integer)');
comment on function due_challenges is 'Whose progress is to be counted, up to so many of each project, the longest waiting first. From one project to the next, however many wait in each.';
