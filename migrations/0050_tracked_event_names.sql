-- Source and id name an event. Its time is in the key of its partition, so that a sender who stamped a retry anew was counted twice.
create table tracked_event_names (
  project_id text not null,
  source text not null,
  id text not null,
  occurred_at timestamptz not null,
  primary key (project_id, source, id)
);
comment on table tracked_event_names is 'Every event that was told, by the name that its sender gave it, with the time it was given first. Whoever detaches a quarter of tracked_events deletes the names of its time.';
create index tracked_event_names_time on tracked_event_names using brin (occurred_at);
comment on column tracked_events.occurred_at is 'The time of the event, not of its arrival. Part of the key only because it says the partition: tracked_event_names tells whether an event is known.';

select wall('tracked_event_names', append_only => true);

-- Of events that were told twice the first time stands. Project by project: the wall stands for the owner as well, and taking it down would keep everybody waiting who tells of events.
do $$
declare of_project text;
begin
  for of_project in select project_ids() loop
    perform set_config('app.project', of_project, true);
    insert into tracked_event_names (project_id, source, id, occurred_at)
    select distinct on (source, id) project_id, source, id, occurred_at from tracked_events
     where project_id = of_project order by source, id, received_at, occurred_at
        on conflict do nothing;
  end loop;
  perform set_config('app.project', '', true);
end $$;
