-- What whoever watches over the service asks: is what is to be done in the background being done? Sums over all projects, of
-- which none is named.
grant select (failing_since) on webhooks to dealwright_lookout;

create function job_backlog() returns table (kind text, waiting bigint, oldest_seconds double precision)
  language sql stable as $$
  select j.kind, count(*), extract(epoch from now() - min(j.created_at))
    from jobs j where j.state = 'queued' group by j.kind
$$;
select over_walls('job_backlog()');
comment on function job_backlog is 'For Prometheus: the jobs that wait for a process, by kind.';

create function webhook_backlog(most integer)
  returns table (undelivered bigint, overdue_seconds double precision, failing_seconds double precision)
  language sql stable as $$
  select (select count(*) from (select from webhook_deliveries d where d.status = 'pending' limit most) as counted),
         greatest(0, extract(epoch from now() - min(due.due_at))),
         greatest(0, extract(epoch from now() - min(w.failing_since)))
    from webhooks w
    left join lateral (
      select d.due_at from webhook_deliveries d
       where (w.not_before is null or w.not_before <= now()) and d.project_id = w.project_id and d.webhook_id = w.id and d.status = 'pending'
       order by d.due_at limit 1) as due on true
   where w.enabled
$$;
select over_walls('webhook_backlog(integer)');
comment on function webhook_backlog is 'For Prometheus: events that a webhook is still to get (counted up to a number), for how long the longest overdue attempt has been due, and for how long a webhook has been failing.';
