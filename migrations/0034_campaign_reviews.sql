-- What people write of a campaign when it is over, and what the next one may learn from it.
create table campaign_reviews (
  project_id text not null,
  campaign text not null,
  version bigint not null,
  notes jsonb not null,
  key_figures jsonb not null,
  words tsvector not null,
  updated_at timestamptz not null,
  primary key (project_id, campaign),
  foreign key (project_id, campaign) references campaigns (project_id, key)
);
comment on column campaign_reviews.key_figures is 'As they were when the notes were written.';
comment on column campaign_reviews.words is 'Of the knowledge-base entry: English words by their stems, Chinese by single characters and pairs of neighbours (src/features/campaigns/campaign-words.ts). Empty without an entry.';
create index campaign_reviews_words on campaign_reviews using gin (words);
select wall('campaign_reviews');
