-- outside a transaction
drop index concurrently if exists segment_touches_customer;
--> statement-breakpoint
create index concurrently segment_touches_customer on segment_touches (project_id, customer_id);
