ALTER TABLE idempotency DROP COLUMN grants;
