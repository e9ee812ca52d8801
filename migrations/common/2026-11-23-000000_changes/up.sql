-- One row. Updating it takes the lock that makes `changes.seq` gapless and ordered by commit, on both databases.
-- `publication` is the last seq of the last publication, `published_at` its time: it never goes back.
CREATE TABLE changes_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL,
    published_at TIMESTAMP NOT NULL
);

INSERT INTO changes_head (id, seq, published_at) VALUES (1, 0, '1970-01-01 00:00:00');

-- Append-only: everything that was ever made public, one row for each revision of each record.
-- `channels`, `document` and `by_office` are JSON. `body` is the record's JSON and `salt` its 32 random bytes in hex;
-- both become NULL when the revision is erased, `body_digest` = hex SHA-256(salt || canonical JSON of body) stays.
CREATE TABLE changes (
    seq BIGINT NOT NULL PRIMARY KEY,
    publication BIGINT NOT NULL,
    kind TEXT NOT NULL,
    record_key TEXT NOT NULL,
    revision BIGINT NOT NULL,
    action TEXT NOT NULL,
    published_at TIMESTAMP NOT NULL,
    by_office TEXT NOT NULL,
    channels TEXT NOT NULL,
    reason TEXT,
    document TEXT,
    successor TEXT,
    body_digest TEXT NOT NULL,
    body TEXT,
    salt TEXT,
    CHECK (publication >= seq),
    CHECK ((body IS NULL) = (salt IS NULL))
);

CREATE INDEX changes_of_record ON changes (kind, record_key, revision);
