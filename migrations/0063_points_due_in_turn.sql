-- Projects take turns: an import of one, however large, keeps no other's points waiting.
create or replace function due_points_of_orders(at timestamptz, most integer) returns table (project_id text, seq bigint) language sql stable as $$
  with recursive projects as (
    select min(d.project_id) as id from points_due d
    union all
    select (select min(d.project_id) from points_due d where d.project_id > p.id) from projects p where p.id is not null
  )
  select p.id, due.seq from projects p
    cross join lateral (
      select d.seq, row_number() over (order by d.seq) as turn from points_due d
       where d.project_id = p.id and d.due_at <= at order by d.seq limit most) as due
   order by due.turn, p.id limit most
$$;
select over_walls('due_points_of_orders(timestamptz, integer)');
comment on function due_points_of_orders is 'Asked every second, of a table that is empty while nothing is due. Of each project the first, then the second, and so on.';
