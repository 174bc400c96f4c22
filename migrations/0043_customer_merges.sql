-- Guests become customers: what they had is moved, and their id stands for the customer from then on.
create table customer_aliases (
  project_id text not null references projects (id),
  alias text collate "C" not null,
  customer_id text collate "C" not null,
  merged_at timestamptz not null,
  settle_at timestamptz,
  primary key (project_id, alias),
  constraint customer_aliases_name_another check (alias <> customer_id)
);
comment on table customer_aliases is 'Ids that stand for a customer since they were merged into them. One step each: no alias names another.';
comment on column customer_aliases.settle_at is 'When what requests stored that were under way at the merge is moved as well. Null: done.';
create index customer_aliases_customer on customer_aliases (project_id, customer_id);
create index customer_aliases_to_settle on customer_aliases (settle_at) where settle_at is not null;
select wall('customer_aliases');

grant select (project_id, alias, customer_id, settle_at) on customer_aliases to dealwright_lookout;
create function due_customer_merges(at timestamptz, most integer) returns table (project_id text, alias text, customer_id text)
language sql stable as $$
  select a.project_id, a.alias, a.customer_id from customer_aliases a
   where a.settle_at is not null and a.settle_at <= at order by a.settle_at limit most
$$;
select over_walls('due_customer_merges(timestamptz, integer)');

-- What a redemption holds of a guest's counters is posted over to the customer's.
alter table ledger_entries
  drop constraint ledger_entries_cause_known,
  add constraint ledger_entries_cause_known
    check (cause in ('reserve', 'commit', 'cancel', 'expire', 'return', 'claim', 'release', 'merge')) not valid;
alter table ledger_entries validate constraint ledger_entries_cause_known;

alter table points_entries
  drop constraint points_entries_cause_known,
  add constraint points_entries_cause_known
    check (cause in ('earn', 'adjust', 'mature', 'expire', 'reserve', 'spend', 'release', 'refund', 'reverse', 'repay', 'merge')) not valid;
alter table points_entries validate constraint points_entries_cause_known;

create or replace function refuse_other_ticket() returns trigger language plpgsql as $$
begin
  if to_jsonb(new) - '{customer_id,holder}'::text[] is distinct from to_jsonb(old) - '{customer_id,holder}'::text[]
     or (new.holder <> old.holder and new.customer_id is not distinct from old.customer_id) then
    raise exception 'a ticket stays as it was drawn' using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
comment on function refuse_other_ticket is 'An erasure may put a pseudonym in the place of the customer, a merge the customer in that of the guest: neither decides what is drawn.';
