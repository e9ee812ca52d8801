ALTER TABLE mirror_sources DROP COLUMN repeated;
