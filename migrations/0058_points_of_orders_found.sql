-- outside a transaction
drop index concurrently if exists points_lots_order;
--> statement-breakpoint
create unique index concurrently points_lots_order on points_lots (project_id, external_id, programme, position) where external_id is not null;
--> statement-breakpoint
drop index concurrently if exists points_lots_earned_by_orders;
--> statement-breakpoint
create index concurrently points_lots_earned_by_orders on points_lots (project_id, holder, programme) where external_id is not null;
