DROP INDEX drafts_of_office;
DROP INDEX imports_of_office;
ALTER TABLE imports DROP COLUMN kept;
ALTER TABLE imports DROP COLUMN office;
