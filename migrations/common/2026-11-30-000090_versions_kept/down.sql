DROP INDEX draft_versions_of_office;
ALTER TABLE draft_versions DROP COLUMN bytes;
ALTER TABLE draft_versions DROP COLUMN office;
