-- In a log that is gathered from others, the line that each of its lines repeats: the address of its register, and its
-- place in the log there.
ALTER TABLE changes ADD COLUMN source TEXT;
ALTER TABLE changes ADD COLUMN source_seq BIGINT;

-- One row where the store is a mirror's: `gathers` when its log is its own, gathered from a part of a register or from
-- several; else the log is the source's, line by line. `division` limits it.
CREATE TABLE mirror (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    gathers BOOLEAN NOT NULL,
    division TEXT
);

-- How far each source has been taken, always to the end of a publication. `before` is the end of the publication before the
-- last; `published_at` and `leaf` (hex SHA-256) are of the last line, `chain` is the hash of the chain before followed by
-- `leaf`, line by line from 64 zeros.
CREATE TABLE mirror_sources (
    source TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    before BIGINT NOT NULL,
    published_at TIMESTAMP NOT NULL,
    leaf TEXT NOT NULL,
    chain TEXT NOT NULL
);

-- Lines of records outside the mirror's division, kept until a record inside refers to theirs. `record_key` is the record's
-- key now, `line_key` the one in the line, `organisation` the one that it belongs to, `line` the JSON of the change.
CREATE TABLE mirror_aside (
    source TEXT NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    record_key TEXT NOT NULL,
    line_key TEXT NOT NULL,
    organisation TEXT,
    body_digest TEXT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (source, seq)
);

CREATE INDEX mirror_aside_record ON mirror_aside (source, kind, record_key);
CREATE INDEX mirror_aside_line ON mirror_aside (source, kind, line_key);
CREATE INDEX mirror_aside_organisation ON mirror_aside (source, organisation);

-- Records that a source claims although they are another's: the first such line there, and how many were left out.
CREATE TABLE mirror_disputes (
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    record_key TEXT NOT NULL,
    owner TEXT NOT NULL,
    seq BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    PRIMARY KEY (source, kind, record_key)
);
