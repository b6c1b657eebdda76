-- Once, on the primary: psql -h 10.20.0.11 -U postgres -f manyi.sql
CREATE ROLE manyi LOGIN PASSWORD 'CHANGE-ME-4' CONNECTION LIMIT 80;
CREATE DATABASE manyi OWNER manyi ENCODING 'UTF8' TEMPLATE template0;
