-- outside a transaction
drop index concurrently if exists redemption_returns_created;
--> statement-breakpoint
create index concurrently redemption_returns_created on redemption_returns using brin (created_at);
--> statement-breakpoint
drop index concurrently if exists redemptions_ended;
--> statement-breakpoint
create index concurrently redemptions_ended on redemptions using brin (ended_at);
