-- The grants, as JSON, by which the caller was let do what was answered: who has lost one is not given the answer again.
ALTER TABLE idempotency ADD COLUMN grants TEXT NOT NULL DEFAULT '[]';
