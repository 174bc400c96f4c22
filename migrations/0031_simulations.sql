-- Simulations: past orders replayed with drafts, and what came of it.
create table simulations (
  project_id text not null,
  id text not null,
  job_id text not null,
  request jsonb not null,
  revision bigint not null,
  settings jsonb not null,
  checkpoint text,
  reached_at timestamptz,
  reached_id text,
  report jsonb,
  created_by text not null,
  created_at timestamptz not null,
  primary key (project_id, id),
  foreign key (project_id, job_id) references jobs (project_id, id),
  constraint simulations_checkpoint_whole check ((checkpoint is null) = (reached_at is null) and (checkpoint is null) = (reached_id is null))
);
comment on column simulations.revision is 'Of the rules that are the baseline, whatever changes meanwhile.';
comment on column simulations.settings is 'The project''s when it was made.';
comment on column simulations.checkpoint is 'What the orders up to reached_at, reached_id came to, as the threads wrote it. Text: nobody asks for parts of it.';
comment on column simulations.report is 'Written with the last step of the job.';
select wall('simulations');
