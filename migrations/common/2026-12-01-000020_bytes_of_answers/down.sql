DROP INDEX idempotency_bytes;
ALTER TABLE idempotency DROP COLUMN bytes;
