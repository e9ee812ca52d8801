DROP INDEX drafts_of_import;
ALTER TABLE drafts DROP COLUMN sought;
ALTER TABLE drafts DROP COLUMN name;
ALTER TABLE drafts DROP COLUMN import;
