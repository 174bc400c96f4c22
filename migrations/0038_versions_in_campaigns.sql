-- Each batch of sales asks which of its promotions ever were in a campaign, and whether any of the project was.
create index promotion_versions_in_campaigns on promotion_versions (project_id, promotion_id) where document ? 'campaign';
