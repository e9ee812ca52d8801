-- How much of the answers that are kept for repeated requests is whose. Those from before count as nothing and go within a day.
ALTER TABLE idempotency ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
CREATE INDEX idempotency_bytes ON idempotency (caller, at, idempotency_key, bytes) WHERE bytes > 0;
