-- From here on no project forgets its audit trail sooner than after 30 days: what was set lower is raised.
alter table projects no force row level security;
update projects set settings = settings || '{"auditRetentionDays": 30}', settings_version = settings_version + 1
 where (settings ->> 'auditRetentionDays')::int < 30;
alter table projects force row level security;
