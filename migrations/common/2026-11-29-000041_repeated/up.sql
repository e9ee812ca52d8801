-- The checkpoint that a mirror gives out: the latest of lines that it has, where it knows of longer ones.
ALTER TABLE mirror_sources ADD COLUMN repeated TEXT;
