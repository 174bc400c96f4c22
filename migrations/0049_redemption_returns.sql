-- Each return as it was answered. A return that gives nothing back to a counter has no ledger entry, and left no trace to read.
create table redemption_returns (
  project_id text not null,
  redemption_id text not null,
  step integer not null,
  refund bigint not null,
  refunded bigint not null,
  shipping bigint not null,
  withheld bigint not null,
  lines json not null,
  gifts json not null,
  restored json not null,
  created_at timestamptz not null,
  primary key (project_id, redemption_id, step),
  constraint redemption_returns_hold check (refund >= 0 and refunded >= refund and withheld >= 0)
);
comment on table redemption_returns is 'Append-only: what came back of a redemption and what was refunded for it, return by return. Their refunds are redemptions.refunded. Written in a batch, like redemptions.';
comment on column redemption_returns.step is 'The step of the redemption that it was: that of its first ledger entry, if it has one.';
comment on column redemption_returns.refunded is 'In all returns until then, this one included.';
comment on column redemption_returns.shipping is 'The part of the refund that was for shipping.';
comment on column redemption_returns.withheld is 'Paid for everything that was back then, and not refunded.';
create trigger redemption_returns_append_only before update or delete on redemption_returns
  for each row execute function refuse_change();
create trigger redemption_returns_never_emptied before truncate on redemption_returns
  for each statement execute function refuse_change();
select wall('redemption_returns', append_only => true);
