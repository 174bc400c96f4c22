create table draws (
  project_id text not null,
  key text collate "C" not null,
  document jsonb not null,
  seed bytea not null,
  commitment text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  drawn integer not null default 0,
  created_at timestamptz not null,
  primary key (project_id, key),
  constraint draws_seed_is_as_committed check (commitment = encode(sha256(seed), 'hex')),
  constraint draws_end_after_they_start check (starts_at < ends_at)
);
comment on table draws is 'Lucky draws. A document never changes: it is what was declared.';
comment on column draws.seed is 'Secret until the end; its SHA-256 is published from the beginning.';
comment on column draws.drawn is 'The number of the last ticket. Locked while one is drawn, so that numbers have no gaps.';
create function refuse_other_draw() returns trigger language plpgsql as $$
begin
  if (new.document, new.seed, new.commitment, new.starts_at, new.ends_at, new.created_at)
     is distinct from (old.document, old.seed, old.commitment, old.starts_at, old.ends_at, old.created_at) then
    raise exception 'a draw stays as it was declared' using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger draws_stay_as_declared before update on draws for each row execute function refuse_other_draw();
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
comment on column draw_tickets.value is 'What the seed, the number and the nonce come to, below the total of the odds.';
comment on column draw_tickets.spend_id is 'The points that it cost.';
comment on column draw_tickets.drawn is 'The prize that the value stands for; prize is what was given, which is the consolation where the drawn one was gone.';
create index draw_tickets_holder on draw_tickets (holder, draw, project_id, day);
create index draw_tickets_customer on draw_tickets (customer_id, project_id);
select wall('draw_tickets');

alter table points_spends add column is_final boolean not null default false;
comment on column points_spends.is_final is 'What it paid for stays, such as a ticket that was drawn: it is neither cancelled nor refunded.';
