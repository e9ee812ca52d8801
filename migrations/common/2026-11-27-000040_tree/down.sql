ALTER TABLE mirror_sources DROP COLUMN log_keys;
ALTER TABLE mirror_sources DROP COLUMN checkpoint;
ALTER TABLE mirror_sources DROP COLUMN edge;
ALTER TABLE mirror_sources ADD COLUMN chain TEXT NOT NULL DEFAULT '';
ALTER TABLE changes_head DROP COLUMN tree;
