create table draws (
  project_id text not null,
  key text collate "C" not null,
  document jsonb not null,
  seed bytea not null,
  declaration text not null,
  commitment text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  drawn integer not null default 0,
  revealed_at timestamptz,
  created_at timestamptz not null,
  primary key (project_id, key),
  constraint draws_are_as_committed check (commitment = encode(sha256(convert_to(declaration, 'UTF8')), 'hex')),
  constraint draws_seed_is_as_declared check (declaration::jsonb ->> 'seedSha256' = encode(sha256(seed), 'hex')),
  constraint draws_end_after_they_start check (starts_at < ends_at)
);
comment on table draws is 'Lucky draws. A document never changes: it is what was declared.';
comment on column draws.seed is 'Secret until the end; its SHA-256 is published from the beginning.';
comment on column draws.revealed_at is 'The seed was told: from now on nothing is drawn.';
comment on column draws.declaration is 'The text whose SHA-256 the commitment is: the document, and the SHA-256 of the seed.';
comment on column draws.drawn is 'The number of the last ticket. Locked while one is drawn, so that numbers have no gaps.';
create function refuse_other_draw() returns trigger language plpgsql as $$
begin
  if to_jsonb(new) - 'drawn' - 'revealed_at' is distinct from to_jsonb(old) - 'drawn' - 'revealed_at'
     or new.drawn not in (old.drawn, old.drawn + 1)
     or old.revealed_at is not null and (new.drawn, new.revealed_at) is distinct from (old.drawn, old.revealed_at) then
    raise exception 'a draw stays as it was declared' using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger draws_stay_as_declared before update on draws for each row execute function refuse_other_draw();
create trigger draws_are_kept before delete on draws for each row execute function refuse_change();
create trigger draws_never_emptied before truncate on draws for each statement execute function refuse_change();
select wall('draws');

create table draw_prizes (
  project_id text not null,
  draw text not null,
  prize text collate "C" not null,
  given integer not null default 0,
  primary key (project_id, draw, prize),
  foreign key (project_id, draw) references draws (project_id, key)
);
comment on table draw_prizes is 'How often each prize of a draw was given.';
create function refuse_other_count() returns trigger language plpgsql as $$
begin
  if to_jsonb(new) - 'given' is distinct from to_jsonb(old) - 'given' or new.given <> old.given + 1 then
    raise exception 'prizes of a draw are counted one by one' using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger draw_prizes_are_counted before update on draw_prizes for each row execute function refuse_other_count();
create trigger draw_prizes_are_kept before delete on draw_prizes for each row execute function refuse_change();
create trigger draw_prizes_never_emptied before truncate on draw_prizes for each statement execute function refuse_change();
select wall('draw_prizes');

create table draw_tickets (
  project_id text not null,
  draw text not null,
  number integer not null,
  ticket text collate "C" not null,
  holder text collate "C" not null,
  customer_id text not null,
  nonce text not null,
  day date not null,
  value bigint not null,
  drawn text not null,
  prize text not null,
  spend_id text,
  drawn_at timestamptz not null,
  primary key (project_id, draw, number),
  unique (project_id, draw, ticket),
  foreign key (project_id, draw) references draws (project_id, key)
);
comment on table draw_tickets is 'Every draw, for whoever wants to check it.';
comment on column draw_tickets.nonce is 'The customer''s own part of the randomness.';
comment on column draw_tickets.value is 'What the seed, the number, the nonce and the ticket come to, below the total of the odds.';
comment on column draw_tickets.spend_id is 'The points that it cost.';
comment on column draw_tickets.drawn is 'The prize that the value stands for; prize is what was given, which is the consolation where the drawn one was gone.';
create index draw_tickets_holder on draw_tickets (holder, draw, project_id, day);
create index draw_tickets_customer on draw_tickets (customer_id, project_id);
create function refuse_other_ticket() returns trigger language plpgsql as $$
begin
  if to_jsonb(new) - 'customer_id' is distinct from to_jsonb(old) - 'customer_id' then
    raise exception 'a ticket stays as it was drawn' using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
comment on function refuse_other_ticket is 'An erasure may put a pseudonym in the place of the customer.';
create trigger draw_tickets_stay_as_drawn before update on draw_tickets for each row execute function refuse_other_ticket();
create trigger draw_tickets_are_kept before delete on draw_tickets for each row execute function refuse_change();
create trigger draw_tickets_never_emptied before truncate on draw_tickets for each statement execute function refuse_change();
select wall('draw_tickets');

alter table points_spends add column is_final boolean not null default false;
comment on column points_spends.is_final is 'What it paid for stays, such as a ticket that was drawn: it is neither cancelled nor refunded.';
