DROP TABLE mirror_disputes;
DROP TABLE mirror_aside;
DROP TABLE mirror_sources;
DROP TABLE mirror;
ALTER TABLE changes DROP COLUMN source_seq;
ALTER TABLE changes DROP COLUMN source;
