ALTER TABLE drafts DROP COLUMN writers;
