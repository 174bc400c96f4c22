-- Keys are kept with the project, and what test keys do with its test environment, behind a wall of its own: from there the
-- row of the key is not to be seen. Who acts in its name later (a scheduled change, a policy), and who writes its name down
-- (the audit trail), asks for that one key here, and only of the project whose space the transaction has entered.
create function key_of_space(key_id text) returns table (name text, role text, environment text, is_valid boolean)
  language sql stable as $$
  select k.name, k.role, k.environment, k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
    from api_keys k
   where k.project_id = regexp_replace(current_setting('app.project', true), ':test$', '') and k.id = key_id
$$;
select over_walls('key_of_space(text)');
comment on function key_of_space is 'What a key of the project is called and may do, from the live space and the test space alike. Nothing of its secrets, nothing of another project''s.';
