-- What the schedules of promotions in force are still to bring: it is told when it comes.
create table promotion_turns (
  project_id text not null,
  promotion_id text not null,
  turn text not null,
  at timestamptz not null,
  primary key (project_id, promotion_id, turn),
  constraint promotion_turns_turn check (turn in ('started', 'expired'))
);
comment on table promotion_turns is 'When promotions in force start and expire by their schedules, as far as that is ahead. Written anew with each change of the promotion; a row is taken in the transaction that tells of it.';
create index promotion_turns_at on promotion_turns (at);
alter table promotions no force row level security;
insert into promotion_turns (project_id, promotion_id, turn, at)
select p.project_id, p.id, ahead.turn, ahead.at from promotions p
 cross join lateral (values ('started', p.starts_at), ('expired', p.ends_at)) as ahead (turn, at)
 where p.status = 'active' and ahead.at > now();
alter table promotions force row level security;
select wall('promotion_turns');

grant select (project_id, promotion_id, turn, at) on promotion_turns to dealwright_lookout;
create function due_promotion_turns(until timestamptz, most integer) returns table (project_id text, promotion_id text) language sql stable as $$
  select due.project_id, due.promotion_id
    from (select t.project_id, t.promotion_id, t.at, row_number() over (partition by t.project_id order by t.at, t.promotion_id) as place
            from promotion_turns t where t.at <= until) as due
   group by 1, 2 order by min(due.place), min(due.at), 2 limit most
$$;
select over_walls('due_promotion_turns(timestamptz, integer)');
comment on function due_promotion_turns is 'Promotions of all projects that have started or expired and of which that was not told yet; projects take turns.';
