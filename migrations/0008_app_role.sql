-- Walls between projects, kept by PostgreSQL itself. The service works as dealwright_app, which owns nothing and sees the rows
-- of the project that its transaction names, and no others. What must look at all projects (whose key is this, which
-- reservations are over) does so through functions that belong to dealwright_lookout and answer little more than ids.
-- "How to" for tables and functions that come later: migrations/README.md.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['dealwright_app', 'dealwright_lookout'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      begin
        execute format('create role %I nologin', wanted);
      exception
        -- The migration of another database of the same server was first.
        when duplicate_object or unique_violation then null;
        when insufficient_privilege then
          raise exception 'the role % is missing, and % may not create roles', wanted, current_user
            using hint = format('As an administrator: create role %I nologin; grant %I to %I;', wanted, wanted, current_user);
      end;
    end if;
    if not pg_has_role(current_user, wanted, 'member') then
      execute format('grant %I to %I', wanted, current_user);
    end if;
  end loop;
end
$$;

create function wall(relation regclass, append_only boolean default false, project_column name default 'project_id')
returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', relation);
  -- Forced: the owner of the table stays behind the wall as well.
  execute format('alter table %s force row level security', relation);
  execute format('create policy project on %s using (%I = nullif(current_setting(''app.project'', true), ''''))', relation, project_column);
  execute format('create policy lookout on %s for select to dealwright_lookout using (true)', relation);
  execute format('grant select, insert%s on %s to dealwright_app', case when append_only then '' else ', update, delete' end, relation);
end
$$;
comment on function wall is 'For migrations: puts a table of a project''s data behind the walls and gives the service what it needs. append_only: it can add rows and never change one.';

create function over_walls(function regprocedure) returns void language plpgsql as $$
begin
  execute format('alter function %s security definer', function);
  execute format('alter function %s set search_path = pg_catalog, public, pg_temp', function);
  execute format('revoke all on function %s from public', function);
  execute format('grant execute on function %s to dealwright_app', function);
  -- Only somebody who may create in the schema can be given a function of it.
  grant create on schema public to dealwright_lookout;
  execute format('alter function %s owner to dealwright_lookout', function);
  revoke create on schema public from dealwright_lookout;
end
$$;
comment on function over_walls is 'For migrations: lets a function look over the walls, at the columns granted to dealwright_lookout. It should answer ids and nothing else.';

revoke all on function wall, over_walls from public;
grant usage on schema public to dealwright_app, dealwright_lookout;

-- What test keys do stays in a project of its own beside the live one, behind the same walls: prj_1 and prj_1:test.
alter table projects
  add column environment text not null default 'live',
  drop constraint projects_key_key,
  add constraint projects_key_key unique (key, environment),
  add constraint projects_environment_known check (environment in ('live', 'test')),
  add constraint projects_environment_is_in_the_id check ((environment = 'test') = (id like '%:test'));
insert into projects (id, key, name, settings, environment, created_at)
select id || ':test', key, name, settings, 'test', created_at from projects;

select wall('projects', project_column => 'id');
select wall('api_keys');
select wall('api_key_secrets');
select wall('promotions');
select wall('promotion_versions', append_only => true);
select wall('evaluations', append_only => true);
select wall('coupon_pools');
select wall('coupons');
select wall('jobs');
select wall('redemptions');
select wall('counters');
select wall('ledger_entries', append_only => true);
grant select on ledger_postings to dealwright_app;
select wall('idempotency_records');
select wall('outbox_events');
select wall('orders');
select wall('order_returns', append_only => true);
select wall('offline_keys');
select wall('offline_vouchers');
select wall('offline_flags');

grant select (id, revision) on projects to dealwright_lookout;
create function project_ids() returns setof text language sql stable as $$
  select id from projects order by id
$$;
select over_walls('project_ids()');
comment on function project_ids is 'For work that goes through all projects, one after the other.';

create function project_revisions(ids text[]) returns table (id text, revision bigint) language sql stable as $$
  select p.id, p.revision from unnest(ids) as asked (id), lateral (select projects.id, projects.revision from projects where projects.id = asked.id offset 0) as p
$$;
select over_walls('project_revisions(text[])');
comment on function project_revisions is 'How a process notices that rulebooks it has in memory have changed.';

grant select on api_keys to dealwright_lookout;
grant select (project_id, api_key_id, hash, expires_at) on api_key_secrets to dealwright_lookout;
create function keys_of_secret(secret_hash bytea, at timestamptz) returns table (key api_keys, until timestamptz) language sql stable as $$
  select k, least(k.expires_at, s.expires_at)
    from api_key_secrets s
    join api_keys k on k.project_id = s.project_id and k.id = s.api_key_id
   where s.hash = secret_hash and k.revoked_at is null
     and (k.expires_at is null or k.expires_at > at) and (s.expires_at is null or s.expires_at > at)
   limit 2
$$;
select over_walls('keys_of_secret(bytea, timestamptz)');
comment on function keys_of_secret is 'Whoever knows a secret may know whose it is: that is how a request finds its project. Two, if two projects were set up with the same one.';

grant select (project_id, id, kind, state, heartbeat_at, created_at) on jobs to dealwright_lookout;
create function waiting_jobs(kinds text[], stale_after interval, most integer)
returns table (project_id text, id text) language sql stable as $$
  select j.project_id, j.id from jobs j
   where j.state in ('queued', 'running', 'cancelling') and j.kind = any (kinds)
     and (j.state = 'queued' or j.heartbeat_at < now() - stale_after)
   order by j.created_at limit most
$$;
select over_walls('waiting_jobs(text[], interval, integer)');
comment on function waiting_jobs is 'The oldest jobs that wait, or whose runner is dead. Whoever wants one takes it inside its project.';

grant select (project_id, id, order_ref, state, expires_at) on redemptions to dealwright_lookout;
create function lapsed_reservations(most integer)
returns table (project_id text, id text, order_ref text) language sql stable as $$
  select r.project_id, r.id, r.order_ref from redemptions r
   where r.state = 'reserved' and r.expires_at <= now() order by r.expires_at limit most
$$;
select over_walls('lapsed_reservations(integer)');
comment on function lapsed_reservations is 'What the sweep of expired reservations has to do, in all projects.';

grant select (project_id, external_id, settlement, updated_at) on orders to dealwright_lookout;
create function unsettled_orders(before timestamptz, most integer)
returns table (project_id text, external_id text) language sql stable as $$
  select o.project_id, o.external_id from orders o
   where o.settlement = 'pending' and o.updated_at < before order by o.updated_at limit most
$$;
select over_walls('unsettled_orders(timestamptz, integer)');
comment on function unsettled_orders is 'Orders whose cancellation or return was cut off, the longest waiting first.';
