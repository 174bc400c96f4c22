-- outside a transaction
drop index concurrently if exists campaign_sales_campaign;
--> statement-breakpoint
create index concurrently campaign_sales_campaign on campaign_sales (project_id, campaign) where promotion = '';
