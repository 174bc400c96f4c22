-- outside a transaction
drop index concurrently if exists redemptions_committed;
--> statement-breakpoint
create index concurrently redemptions_committed on redemptions using brin (committed_at);
