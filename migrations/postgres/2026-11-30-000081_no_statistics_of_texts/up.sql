-- ANALYZE keeps samples of a column's values in a table of the system, where no erasure reaches them. Nothing is searched by these
-- texts. A new type, though it is the same, drops the samples that there are.
ALTER TABLE changes ALTER COLUMN body TYPE TEXT, ALTER COLUMN body SET STATISTICS 0;
ALTER TABLE drafts ALTER COLUMN body TYPE TEXT, ALTER COLUMN body SET STATISTICS 0;
ALTER TABLE draft_versions ALTER COLUMN content TYPE TEXT, ALTER COLUMN content SET STATISTICS 0;
ALTER TABLE idempotency ALTER COLUMN body TYPE TEXT, ALTER COLUMN body SET STATISTICS 0;
ALTER TABLE import_parts ALTER COLUMN content TYPE TEXT, ALTER COLUMN content SET STATISTICS 0;
ALTER TABLE file_parts ALTER COLUMN content TYPE TEXT, ALTER COLUMN content SET STATISTICS 0;
ALTER TABLE mirror_aside ALTER COLUMN line TYPE TEXT, ALTER COLUMN line SET STATISTICS 0;
