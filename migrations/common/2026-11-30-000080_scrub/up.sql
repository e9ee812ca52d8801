-- One row: how many erasures asked that nothing of them stays on the disk, for how many of them that is certain, and since when the
-- oldest of the others waits. Those of earlier versions wait once more: nobody wrote down what became of them.
CREATE TABLE scrub (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    asked BIGINT NOT NULL,
    done BIGINT NOT NULL,
    since TIMESTAMP
);

INSERT INTO scrub (id, asked, done, since)
SELECT 1, COUNT(*), 0, MIN(published_at) FROM changes WHERE action = 'erase';
