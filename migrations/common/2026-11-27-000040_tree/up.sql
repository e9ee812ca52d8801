-- The right edge of the Merkle tree over the lines up to `seq`: the roots of its complete subtrees in hex, the largest first.
-- Empty where the lines were written before there was a tree: it is then made from them.
ALTER TABLE changes_head ADD COLUMN tree TEXT NOT NULL DEFAULT '';

-- What a mirror keeps of the trees of its sources: the edge after the last line, in the place of the chain; the last signed
-- checkpoint of exactly these lines; the public keys of the log, one a line.
ALTER TABLE mirror_sources DROP COLUMN chain;
ALTER TABLE mirror_sources ADD COLUMN edge TEXT NOT NULL DEFAULT '';
ALTER TABLE mirror_sources ADD COLUMN checkpoint TEXT;
ALTER TABLE mirror_sources ADD COLUMN log_keys TEXT NOT NULL DEFAULT '';
