#!/bin/bash
# For the postgres image of compose.yaml, run once over a new volume: lets replicas in, and makes the user that the service needs
# behind a pooler, who owns nothing and brings the settings that a pooler's sessions cannot keep.
set -euo pipefail
echo "host replication all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set password="$POSTGRES_PASSWORD" <<'SQL'
create role dealwright_app nologin;
create role dealwright_service login password :'password' in role dealwright_app;
alter role dealwright_service set statement_timeout = '10s';
alter role dealwright_service set idle_in_transaction_session_timeout = '30s';
alter role dealwright_service set jit = off;
alter role dealwright_service set enable_seqscan = off;
alter role dealwright_service set plan_cache_mode = force_generic_plan;
SQL
