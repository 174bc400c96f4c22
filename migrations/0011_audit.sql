create table audit_entries (
  project_id text not null references projects (id),
  id text not null,
  at timestamptz not null default now(),
  operation text not null,
  resource text not null,
  resource_id text not null,
  api_key_id text not null,
  api_key_name text,
  role text not null,
  address text,
  request_id text not null,
  before json,
  after json,
  sequence bigint,
  hash bytea,
  primary key (project_id, id),
  unique (project_id, sequence),
  constraint audit_entries_sealed_whole check ((sequence is null) = (hash is null)),
  constraint audit_entries_hash_is_sha256 check (octet_length(hash) = 32)
);
comment on table audit_entries is 'Who changed what of the configuration: written in the transaction of the change, sealed into the chain of its project soon after (src/features/audit).';
comment on column audit_entries.address is 'The network of the caller, not the caller: IPv4 to /24, IPv6 to /48.';
comment on column audit_entries.before is 'json, not jsonb: the seal is over these very bytes. Null for what was not there.';
comment on column audit_entries.sequence is 'Its place in the chain, counted from 1 without a gap. Null until it is sealed.';
comment on column audit_entries.hash is 'SHA-256 over the hash before it and all the other columns.';
create index audit_entries_at on audit_entries (project_id, at, id);
create index audit_entries_subject on audit_entries (project_id, resource, resource_id, at, id);
create index audit_entries_to_seal on audit_entries (project_id, at, id) where sequence is null;

create table audit_heads (
  project_id text not null references projects (id),
  sequence bigint not null default 0,
  hash bytea not null,
  sealed_at timestamptz not null default now(),
  checkpoint_sequence bigint not null default 0,
  checkpoint_hash bytea not null,
  primary key (project_id),
  constraint audit_heads_checkpoint_within check (checkpoint_sequence between 0 and sequence)
);
comment on table audit_heads is 'The end of each chain. Whoever keeps an old head elsewhere can tell whether the chain was cut or written anew.';
comment on column audit_heads.checkpoint_sequence is 'Everything up to here was forgotten by retention, which wrote an entry about it; the chain goes on from checkpoint_hash.';

create function guard_audit_entries() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.sequence is null
     and to_jsonb(new) - '{sequence,hash}'::text[] = to_jsonb(old) - '{sequence,hash}'::text[] then
    return new;
  end if;
  if tg_op = 'DELETE' and old.sequence <= (select checkpoint_sequence from audit_heads where project_id = old.project_id) then
    return old;
  end if;
  raise exception 'the audit trail is never changed' using errcode = 'restrict_violation';
end
$$;
comment on function guard_audit_entries is 'Lets an entry be sealed once, and what lies before the checkpoint be forgotten. Keeps mistakes out; tampering is what the chain is for.';
create trigger audit_entries_guarded before update or delete on audit_entries
  for each row execute function guard_audit_entries();
create trigger audit_entries_never_emptied before truncate on audit_entries
  for each statement execute function refuse_change();

select wall('audit_entries');
-- It seals, and changes nothing else.
revoke update on audit_entries from dealwright_app;
grant update (sequence, hash) on audit_entries to dealwright_app;
select wall('audit_heads');

grant select (project_id, sequence, at) on audit_entries to dealwright_lookout;
grant select (project_id, checkpoint_sequence) on audit_heads to dealwright_lookout;
grant select (settings) on projects to dealwright_lookout;
create function projects_to_seal() returns setof text language sql stable as $$
  select distinct project_id from audit_entries where sequence is null
$$;
select over_walls('projects_to_seal()');
comment on function projects_to_seal is 'Projects with entries that are not in their chain yet.';

create function projects_to_forget() returns setof text language sql stable as $$
  select p.id from projects p
    join audit_heads h on h.project_id = p.id
    join audit_entries e on e.project_id = p.id and e.sequence = h.checkpoint_sequence + 1
   where e.at < now() - make_interval(days => (p.settings ->> 'auditRetentionDays')::int + 1)
$$;
select over_walls('projects_to_forget()');
comment on function projects_to_forget is 'Projects that keep their trail for a time only and whose oldest entry is more than a day beyond it.';
